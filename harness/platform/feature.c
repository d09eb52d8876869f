// SPDX-License-Identifier: GPL-2.0-only
#include "feature.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

#define ABSENT UINT16_MAX
#define SAME(number)                                                                               \
	{                                                                                          \
		number, number, number, number                                                     \
	}

static const char *const generations[] = {"5.10", "6.1", "6.12", "7.2"};

struct feature {
	const char *name;
	uint16_t number[ARRAY_SIZE(generations)];
};

// clang-format off
/* Capability numbers a platform, a mitigation set or a patch table of these kernels names.
 * Source: asm/cpufeatures.h of each kernel, by way of notes on them.  Checked against an image:
 * XENPV, PVUNLOCK and VCPUPREEMPT of 6.1 only, by recorded boots.
 * Columns where generations differ: 5.10, 6.1, 6.12, 7.2. */
static const struct feature features[] = {
	{ "TSC",              SAME(4) },
	{ "MTRR",             SAME(12) },
	{ "ACPI",             SAME(22) },
	{ "XMM",              SAME(25) },
	{ "XMM2",             SAME(26) },
	{ "ACC",              SAME(29) },
	{ "NX",               SAME(52) },
	{ "CONSTANT_TSC",     SAME(104) },
	{ "UP",               SAME(105) },
	{ "SYSCALL32",        SAME(110) },
	{ "SYSENTER32",       { 111, 111, 111, ABSENT } },
	{ "SYSFAST32",        { ABSENT, ABSENT, ABSENT, 111 } },
	{ "REP_GOOD",         SAME(112) },
	{ "LFENCE_RDTSC",     { 114, 114, 642, 642 } },
	{ "CLEAR_CPU_BUF",    { 371, 370, 114, 114 } },
	{ "NOPL",             SAME(116) },
	{ "ALWAYS",           SAME(117) },
	{ "TSC_RELIABLE",     SAME(119) },
	{ "NONSTOP_TSC",      SAME(120) },
	{ "CPUID",            SAME(121) },
	{ "APERFMPERF",       SAME(124) },
	{ "TSC_KNOWN_FREQ",   SAME(127) },
	{ "MWAIT",            SAME(131) },
	{ "PCID",             SAME(145) },
	{ "DCA",              SAME(146) },
	{ "X2APIC",           SAME(149) },
	{ "POPCNT",           SAME(151) },
	{ "XSAVE",            SAME(154) },
	{ "OSXSAVE",          SAME(155) },
	{ "HYPERVISOR",       SAME(159) },
	{ "PTI",              SAME(235) },
	{ "KERNEL_IBRS",      SAME(236) },
	{ "RSB_VMEXIT",       SAME(237) },
	{ "RSB_CTXSW",        SAME(243) },
	{ "USE_IBRS_FW",      SAME(246) },
	{ "VMMCALL",          SAME(271) },
	{ "XENPV",            SAME(PVP_FEATURE_XENPV) },
	{ "VMCALL",           SAME(274) },
	{ "VMW_VMMCALL",      SAME(275) },
	{ "PVUNLOCK",         { ABSENT, 276, 276, 276 } },
	{ "VCPUPREEMPT",      { ABSENT, 277, 277, 277 } },
	{ "TDX_GUEST",        { ABSENT, 278, 278, 278 } },
	{ "FSGSBASE",         SAME(288) },
	{ "ERMS",             SAME(297) },
	{ "INVPCID",          SAME(298) },
	{ "SMAP",             SAME(308) },
	{ "XSAVEOPT",         SAME(320) },
	{ "XSAVEC",           SAME(321) },
	{ "XSAVES",           SAME(323) },
	{ "FENCE_SWAPGS_USER",   SAME(356) },
	{ "FENCE_SWAPGS_KERNEL", SAME(357) },
	{ "ENTRY_IBPB",       SAME(362) },
	{ "RETPOLINE",        SAME(364) },
	{ "RETPOLINE_LFENCE", SAME(365) },
	{ "RETHUNK",          SAME(366) },
	{ "UNRET",            SAME(367) },
	{ "RSB_VMEXIT_LITE",  SAME(369) },
	{ "CALL_DEPTH",       { ABSENT, ABSENT, 371, 371 } },
	{ "SRSO",             SAME(376) },
	{ "SRSO_ALIAS",       SAME(377) },
	{ "IBPB_ON_VMEXIT",   SAME(378) },
	{ "APIC_MSRS_FENCE",  { ABSENT, 379, 379, 379 } },
	{ "FSRS",             { ABSENT, ABSENT, 395, 395 } },
	{ "FRED",             { ABSENT, ABSENT, 401, 401 } },
	{ "LKGS",             { ABSENT, ABSENT, 402, 402 } },
	{ "WRMSRNS",          { ABSENT, ABSENT, 403, 403 } },
	{ "PKU",              SAME(515) },
	{ "LA57",             SAME(528) },
	{ "FSRM",             SAME(580) },
	{ "IBT",              SAME(596) },
	{ "SPEC_CTRL_SSBD",   SAME(607) },
	{ "SME",              SAME(608) },
	{ "SRSO_NO",          SAME(669) },
	{ "CLEAR_BHB_LOOP",   { ABSENT, 673, 673, 673 } },
	{ "CLEAR_BHB_HW",     { ABSENT, 675, 675, 675 } },
	{ "INDIRECT_THUNK_ITS", { ABSENT, 677, 678, 682 } },
	{ "MSR_IMM",          { ABSENT, ABSENT, ABSENT, 688 } },
};
// clang-format on

static bool number_in(const struct feature *feature, const char *generation, unsigned *ret)
{
	for (size_t i = 0; generation && i < ARRAY_SIZE(generations); i++)
		if (!strcmp(generations[i], generation)) {
			*ret = feature->number[i];
			return feature->number[i] != ABSENT;
		}
	for (size_t i = 1; i < ARRAY_SIZE(generations); i++)
		if (feature->number[i] != feature->number[0])
			return false;
	*ret = feature->number[0];
	return true;
}

struct pvp_error *pvp_feature_parse(const char *text, const char *generation, unsigned *ret)
{
	unsigned long number;
	char *end;

	if (isdigit((unsigned char)*text)) {
		errno = 0;
		number = strtoul(text, &end, 0);
		if (*end || errno || number >= PVP_CAP_WORDS * 32)
			return pvp_error_format(PVP_ERR_NOT_FOUND,
						"feature number '%s' is not one of 0 .. %d", text,
						PVP_CAP_WORDS * 32 - 1);
		*ret = number;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (strcmp(features[i].name, text))
			continue;
		if (number_in(&features[i], generation, ret))
			return NULL;
		return pvp_error_format(PVP_ERR_NOT_FOUND, "feature '%s' does not exist in %s",
					text, generation ? generation : "this kernel");
	}
	return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown feature '%s'", text);
}

const char *pvp_feature_name(unsigned number, const char *generation)
{
	unsigned is;

	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (number_in(&features[i], generation, &is) && is == number)
			return features[i].name;
	return NULL;
}
