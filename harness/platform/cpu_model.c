// SPDX-License-Identifier: GPL-2.0-only
#include "cpu_model.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

// clang-format off
/* Numbers: X86_VENDOR_* of asm/processor.h, the same in 5.10 to 7.2.  Strings: CPUID leaf 0, EBX EDX
 * ECX; two vendors have had two. */
static const struct {
	uint8_t number;
	const char *name, *strings[2];
} vendors[] = {
	{ 0,  "intel",     { "GenuineIntel" } },
	{ 1,  "cyrix",     { "CyrixInstead" } },
	{ 2,  "amd",       { "AuthenticAMD" } },
	{ 3,  "umc",       { "UMC UMC UMC " } },
	{ 5,  "centaur",   { "CentaurHauls" } },
	{ 7,  "transmeta", { "GenuineTMx86", "TransmetaCPU" } },
	{ 8,  "nsc",       { "Geode by NSC" } },
	{ 9,  "hygon",     { "HygonGenuine" } },
	{ 10, "zhaoxin",   { "  Shanghai  " } },
	{ 11, "vortex",    { "Vortex86 SoC" } },
	{ 255, "unknown",  { NULL } },
};
// clang-format on

static bool parse_byte(const char *text, uint8_t *ret)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	/* Not octal: families are printed with and without leading zeros. */
	value = strtoul(text, &end, strncasecmp(text, "0x", 2) ? 10 : 16);
	if (*end || errno || value > UINT8_MAX)
		return false;
	*ret = value;
	return true;
}

static bool parse_vendor(const char *text, uint8_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
		bool is = !strcasecmp(text, vendors[i].name);

		for (unsigned k = 0; k < 2 && vendors[i].strings[k]; k++)
			is |= !strcmp(text, vendors[i].strings[k]);
		if (is) {
			*ret = vendors[i].number;
			return true;
		}
	}
	return parse_byte(text, ret);
}

struct pvp_error *pvp_cpu_model_parse(const char *text, struct pvp_cpu_model *ret)
{
	char *words = pvp_strdup(text), *rest = words;
	char *vendor = strsep(&rest, ":"), *family = strsep(&rest, ":"), *model = rest;
	struct pvp_error *err = NULL;
	struct pvp_cpu_model cpu;

	if (!family || !model)
		err = pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not VENDOR:FAMILY:MODEL", text);
	else if (!parse_vendor(vendor, &cpu.vendor))
		err = pvp_error_format(PVP_ERR_BAD_DATA,
				       "'%s': unknown vendor '%s' (intel, amd, hygon, ..)", text,
				       vendor);
	else if (!parse_byte(family, &cpu.family))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "'%s': family '%s' is not 0 .. 255", text,
				       family);
	else if (!parse_byte(model, &cpu.model))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "'%s': model '%s' is not 0 .. 255", text,
				       model);
	free(words);
	if (!err)
		*ret = cpu;
	return err;
}
