// SPDX-License-Identifier: GPL-2.0-only
/*
 * others.c - text that boot rewrites and no patch table of ours describes: ftrace's calls, runtime
 * constants, the label that Xen PV turns into a jump.  It is listed and not predicted.
 */
#include "readers.h"

#include <inttypes.h>
#include <string.h>

#include "alloc.h"

// clang-format off
/*
 * Runtime constants: a section a symbol, of 32-bit words that are relative to their own address
 * and point at an immediate operand.  Source: asm/runtime-const.h, Linux 6.12 and 7.2.
 */
static const struct {
	const char *prefix;
	uint8_t len; /* bytes in the operand */
} constants[] = {
	{ "runtime_ptr_",   8 },
	{ "runtime_shift_", 1 },
};
// clang-format on

static struct pvp_error *read_constants(const struct pvp_image *image, const char *section,
					const char *name, uint8_t len, struct pvp_tables *ret,
					size_t *cap)
{
	struct pvp_span span;
	struct pvp_error *err;

	err = pvp_span_section(image, section, 4, &span);
	for (size_t i = 0; !err && i < span.nr; i++) {
		struct pvp_runtime_const *entry =
			pvp_push(&ret->runtime_consts, &ret->nr_runtime_consts, cap);

		entry->addr = pvp_span_rel32(&span, i, 0);
		entry->len = len;
		entry->name = name;
		entry->entry = pvp_span_entry(&span, i);
		err = pvp_span_text(&span, i, image, entry->addr, len, "operand");
	}
	return err;
}

struct pvp_error *pvp_read_runtime_consts(const struct pvp_image *image,
					  const struct pvp_layout *layout, struct pvp_tables *ret)
{
	size_t cap = 0;

	(void)layout;
	for (size_t i = 0; i < image->nr_sections; i++) {
		const char *section = image->sections[i].name;

		for (size_t k = 0; k < ARRAY_SIZE(constants); k++) {
			const size_t len = strlen(constants[k].prefix);
			struct pvp_error *err;

			if (strncmp(section, constants[k].prefix, len))
				continue;
			err = read_constants(image, section, section + len, constants[k].len, ret,
					     &cap);
			if (err)
				return err;
		}
	}
	return NULL;
}

/*
 * Addresses of the calls to ftrace, as pointers; zeros in front are functions that the linker
 * dropped.  Source: include/asm-generic/vmlinux.lds.h (MCOUNT_REC), scripts/sorttable.c of Linux
 * 5.10 to 7.2.
 */
struct pvp_error *pvp_read_mcount(const struct pvp_image *image, const struct pvp_layout *layout,
				  struct pvp_tables *ret)
{
	struct pvp_span span;
	struct pvp_error *err;

	(void)layout;
	err = pvp_span_symbols(image, "__start_mcount_loc", "__stop_mcount_loc", image->ptr_len,
			       &span);
	if (err)
		return err;
	ret->mcounts = pvp_calloc(span.nr, sizeof(*ret->mcounts));
	for (size_t i = 0; i < span.nr; i++) {
		struct pvp_addr_entry *entry = &ret->mcounts[ret->nr_mcounts];

		entry->addr = pvp_span_uint(&span, i, 0, image->ptr_len);
		entry->entry = pvp_span_entry(&span, i);
		if (!entry->addr)
			continue;
		err = pvp_span_text(&span, i, image, entry->addr, 5, "call");
		if (err)
			return err;
		ret->nr_mcounts++;
	}
	return NULL;
}

/*
 * In the file a jump to the next instruction.  Source: arch/x86/entry/entry_64.S of Linux 6.1 to
 * 7.2.
 */
struct pvp_error *pvp_read_early_iret(const struct pvp_image *image,
				      const struct pvp_layout *layout, struct pvp_tables *ret)
{
	static const uint8_t jump[] = {0xe9, 0, 0, 0, 0};
	const struct pvp_symbol *const *found;
	const uint8_t *text;
	size_t nr;

	(void)layout;
	found = pvp_image_symbols_named(image, "early_xen_iret_patch", &nr);
	if (!nr)
		return NULL;
	text = pvp_image_is_text(image, found[0]->addr, sizeof(jump))
		       ? pvp_image_bytes(image, found[0]->addr, sizeof(jump))
		       : NULL;
	if (!text || memcmp(text, jump, sizeof(jump)))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"early_xen_iret_patch at %#" PRIx64
					" does not hold e9 00 00 00 00",
					found[0]->addr);
	ret->early_iret = found[0]->addr;
	return NULL;
}
