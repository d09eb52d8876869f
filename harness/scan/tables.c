// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
/* Generations by the shape of their tables.  An alternative's entry is 12 bytes up to 6.2 and 14
 * after; older kernels (before 5.13) had 13.  Rows without fields are recognised, not supported.
 * Source: struct paravirt_patch_site, alt_instr of each kernel; Debian's images. */
static const struct pvp_layout layouts[] = {
	/* generation  arch            para              alt  mark            fields                  nr  lock */
	{ "5.10",      PVP_ARCH_AMD64, PVP_PARA_ABS_SIB,  12, "native_usergs_sysret64", pvp_fields_amd64_5_10_first, 87, 0 },
	{ "5.10",      PVP_ARCH_AMD64, PVP_PARA_ABS_SIB,  12, NULL,           pvp_fields_amd64_5_10,  85,  0 },
	{ "5.10",      PVP_ARCH_AMD64, PVP_PARA_ABS_SIB,  13, NULL,           NULL,                    0,  0 },
	{ "6.1",       PVP_ARCH_AMD64, PVP_PARA_RIP,      12, NULL,           pvp_fields_amd64_6_1,   84,  0 },
	{ "7.2",       PVP_ARCH_AMD64, PVP_PARA_NONE,     14, "pv_ops_lock",  pvp_fields_amd64_7_2,   78,  5 },
	{ "6.12",      PVP_ARCH_AMD64, PVP_PARA_NONE,     14, NULL,           pvp_fields_amd64_6_12,  83,  0 },
	{ "5.10",      PVP_ARCH_I386,  PVP_PARA_ABS,      12, "native_patch", pvp_fields_i386_5_10,   15,  0 },
	{ "6.1",       PVP_ARCH_I386,  PVP_PARA_ABS,      12, NULL,           pvp_fields_i386_6_1,    13,  0 },
	{ "7.2",       PVP_ARCH_I386,  PVP_PARA_NONE,     14, "pv_ops_lock",  pvp_fields_i386_7_2,    11,  5 },
	{ "6.12",      PVP_ARCH_I386,  PVP_PARA_NONE,     14, NULL,           pvp_fields_i386_6_1,    13,  0 },
};

static const struct {
	enum pvp_para_form form;
	const char *what;
} forms[] = {
	{ PVP_PARA_NONE,    "direct-call alternatives" },
	{ PVP_PARA_ABS_SIB, ".parainstructions (ff 14 25)" },
	{ PVP_PARA_ABS,     ".parainstructions (ff 15 abs32)" },
	{ PVP_PARA_RIP,     ".parainstructions (ff 15 rel32)" },
};
// clang-format on

static const char *form_name(enum pvp_para_form form)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].form == form)
			return forms[i].what;
	return "?";
}

static bool section_bytes(const struct pvp_image *image, const char *name, struct pvp_bytes *ret)
{
	const struct pvp_section *section = pvp_image_section(image, name);

	if (!section || !section->data || !section->len)
		return false;
	*ret = (struct pvp_bytes){section->data, section->len};
	return true;
}

/* What the first entry's site holds; the reader then wants all others alike. */
static struct pvp_error *look_at_para(const struct pvp_image *image, enum pvp_para_form *ret)
{
	struct pvp_bytes bytes;
	const uint8_t *text;
	uint64_t addr;

	if (!section_bytes(image, ".parainstructions", &bytes)) {
		*ret = PVP_PARA_NONE;
		return NULL;
	}
	if (!pvp_bytes_uint(&bytes, 0, image->ptr_len, &addr))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					".parainstructions: %" PRIu64 " bytes hold no entry",
					bytes.len);
	if (!pvp_image_is_text(image, addr, 3) || !(text = pvp_image_bytes(image, addr, 3)))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					".parainstructions entry 0 (at %#" PRIx64
					"): site %#" PRIx64 " lies outside text",
					pvp_image_section(image, ".parainstructions")->addr, addr);
	if (text[0] == 0xff && text[1] == 0x14 && text[2] == 0x25)
		*ret = PVP_PARA_ABS_SIB;
	else if (text[0] == 0xff && text[1] == 0x15)
		*ret = image->arch == PVP_ARCH_AMD64 ? PVP_PARA_RIP : PVP_PARA_ABS;
	else
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					".parainstructions entry 0 (at %#" PRIx64
					"): site %#" PRIx64
					" begins with %02x %02x %02x: no such kernel is known",
					pvp_image_section(image, ".parainstructions")->addr, addr,
					text[0], text[1], text[2]);
	return NULL;
}

/* Entries of .altinstructions, read with this stride, whose site is text. */
static size_t sites_in_text(const struct pvp_image *image, const struct pvp_bytes *bytes,
			    unsigned stride)
{
	uint64_t base = pvp_image_section(image, ".altinstructions")->addr;
	size_t nr = 0;
	int32_t rel;

	for (uint64_t off = 0; pvp_bytes_s32(bytes, off, &rel); off += stride)
		nr += pvp_image_is_text(image, base + off + (int64_t)rel, 1);
	return nr;
}

/*
 * The entry size that divides the section and puts most sites into text: with a wrong one nearly
 * none are.  0: the section is not there, or none divides it.
 */
static unsigned look_at_alternatives(const struct pvp_image *image)
{
	static const unsigned strides[] = {12, 13, 14};
	struct pvp_bytes bytes;
	unsigned best = 0;
	double best_share = -1;

	if (!section_bytes(image, ".altinstructions", &bytes))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(strides); i++) {
		double share;

		if (bytes.len % strides[i])
			continue;
		share = (double)sites_in_text(image, &bytes, strides[i]) /
			(double)(bytes.len / strides[i]);
		if (share > best_share) {
			best = strides[i];
			best_share = share;
		}
	}
	return best;
}

/* Whether a table of 14-byte entries has one with the direct-call flag: 6.8 and later. */
static bool has_direct_calls(const struct pvp_image *image)
{
	struct pvp_bytes bytes;
	uint16_t flags;

	if (!section_bytes(image, ".altinstructions", &bytes))
		return false;
	for (uint64_t off = 10; pvp_bytes_u16(&bytes, off, &flags); off += 14)
		if (flags & 2)
			return true;
	return false;
}

static struct pvp_error *find_layout(const struct pvp_image *image, const struct pvp_layout **ret)
{
	unsigned alt_stride = look_at_alternatives(image);
	enum pvp_para_form para = PVP_PARA_NONE;
	struct pvp_error *err;
	struct pvp_bytes bytes;

	err = look_at_para(image, &para);
	if (err)
		return err;
	if (!alt_stride && section_bytes(image, ".altinstructions", &bytes))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					".altinstructions at %#" PRIx64 ": %" PRIu64
					" bytes are no multiple of an entry size (12, 13, 14)",
					pvp_image_section(image, ".altinstructions")->addr,
					bytes.len);
	if (para == PVP_PARA_NONE && !(alt_stride == 14 && has_direct_calls(image)))
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"no pv sites: neither .parainstructions nor direct-call "
					"alternatives");
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		const struct pvp_layout *layout = &layouts[i];

		if (layout->arch != image->arch || layout->para != para ||
		    (alt_stride && layout->alt_stride != alt_stride) ||
		    (layout->mark && !pvp_image_symbols_named(image, layout->mark, NULL)))
			continue;
		if (!layout->fields)
			return pvp_error_format(PVP_ERR_UNSUPPORTED,
						"%s-style %s with %u-byte alternatives: not "
						"supported",
						layout->generation, form_name(para),
						layout->alt_stride);
		*ret = layout;
		return NULL;
	}
	return pvp_error_format(PVP_ERR_UNSUPPORTED,
				"%s with %s and %u-byte alternatives: no such kernel is known",
				pvp_arch_name(image->arch), form_name(para), alt_stride);
}

/*
 * A kernel that exports symbols has kallsyms, too, as good as always.  Without them (cut off,
 * damaged) the tables that only symbols delimit would be missing, and nothing would say so.
 */
static struct pvp_error *check_symbols(const struct pvp_image *image)
{
	const struct pvp_section *exports = pvp_image_section(image, "__ksymtab");

	if (!exports || !exports->len ||
	    (strcmp(image->symbol_source, "ksymtab") && strcmp(image->symbol_source, "none")))
		return NULL;
	return pvp_error_format(PVP_ERR_BAD_DATA,
				"no symbols: its kallsyms are not there, or do not fit together "
				"(--symbols adds a System.map or an ELF)");
}

struct pvp_error *pvp_tables_parse(const struct pvp_image *image, struct pvp_tables *ret)
{
	static struct pvp_error *(*const readers[])(
		const struct pvp_image *, const struct pvp_layout *, struct pvp_tables *) = {
		pvp_read_para,		 pvp_read_slots,       pvp_read_alternatives,
		pvp_read_static_calls,	 pvp_read_lists,       pvp_read_bugs,
		pvp_read_extable,	 pvp_read_jump_labels, pvp_read_mcount,
		pvp_read_runtime_consts, pvp_read_early_iret,
	};
	struct pvp_tables tables = {0};
	const struct pvp_layout *layout = NULL;
	struct pvp_error *err;

	err = check_symbols(image);
	if (!err)
		err = find_layout(image, &layout);
	if (err)
		return err;
	tables.generation = layout->generation;
	tables.fields = layout->fields;
	tables.nr_fields = layout->nr_fields;
	for (size_t i = 0; i < ARRAY_SIZE(readers) && !err; i++)
		err = readers[i](image, layout, &tables);
	if (err)
		pvp_tables_deinit(&tables);
	else
		*ret = tables;
	return err;
}

static size_t room_in_list(const struct pvp_addr_entry *v, size_t nr, uint64_t addr, size_t len)
{
	for (size_t i = 0; i < nr; i++)
		if (v[i].addr == addr)
			return len;
	return 0;
}

size_t pvp_tables_room_at(const struct pvp_tables *t, uint64_t addr)
{
	const size_t lists[] = {
		room_in_list(t->retpolines, t->nr_retpolines, addr, 6),
		room_in_list(t->returns, t->nr_returns, addr, 5),
		room_in_list(t->calls, t->nr_calls, addr, 5),
		room_in_list(t->endbr_seals, t->nr_endbr_seals, addr, 4),
		room_in_list(t->smp_locks, t->nr_smp_locks, addr, 1),
	};
	size_t room = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		room = lists[i] > room ? lists[i] : room;
	for (size_t i = 0; i < t->nr_para; i++)
		if (t->para[i].addr == addr && t->para[i].len > room)
			room = t->para[i].len;
	for (size_t i = 0; i < t->nr_alts; i++)
		if (t->alts[i].addr == addr) {
			room = t->alts[i].len > room ? t->alts[i].len : room;
			room = t->alts[i].replacement_len > room ? t->alts[i].replacement_len
								 : room;
		}
	for (size_t i = 0; i < t->nr_static_calls; i++)
		if (t->static_calls[i].addr == addr && room < 5)
			room = 5;
	for (size_t i = 0; i < t->nr_static_call_keys; i++)
		if (t->static_call_keys[i].trampoline == addr && addr && room < 5)
			room = 5;
	return room;
}

size_t pvp_tables_field_at(const struct pvp_tables *tables, uint64_t addr)
{
	size_t field = 0;

	while (field < tables->nr_fields && tables->slots[field] != addr)
		field++;
	return field;
}

void pvp_tables_deinit(struct pvp_tables *tables)
{
	if (!tables)
		return;
	free(tables->slots);
	free(tables->para);
	free(tables->alts);
	free(tables->static_calls);
	free(tables->static_call_keys);
	free(tables->retpolines);
	free(tables->returns);
	free(tables->calls);
	free(tables->endbr_seals);
	free(tables->smp_locks);
	free(tables->bugs);
	free(tables->extable);
	free(tables->jumps);
	free(tables->mcounts);
	free(tables->runtime_consts);
	memset(tables, 0, sizeof(*tables));
}
