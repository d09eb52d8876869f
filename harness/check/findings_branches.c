// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing leads into the middle of a pv site: what was an instruction of its own there may be half
 * of another once the site is patched.
 *
 * Text is not decoded as a whole.  Any byte that could begin a direct branch into a site is taken
 * for a suspect; then the function around it is decoded from its symbol on, and only a suspect that
 * begins an instruction is a branch.  Branches within one site are the site's own.
 */
#include "findings_rules.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdlib.h>

#include "alloc.h"

// clang-format off
#define RULE(name, text)                                                                           \
	static const struct pvp_finding_text name = { "branch-into-site", text, NULL, true }

RULE(branch,      "a direct branch leads into the middle of a pv site (the kernel rewrites the site whole)");
RULE(symbol,      "a symbol of text lies in the middle of a pv site (the kernel rewrites the site whole)");
RULE(jump_label,  "a jump label leads into the middle of a pv site (the kernel rewrites the site whole)");
RULE(fixup,       "an exception's fixup lies in the middle of a pv site (the kernel rewrites the site whole)");
RULE(static_call, "a static call leads into the middle of a pv site (the kernel rewrites the site whole)");
RULE(slot,        "a pv operation's function lies in the middle of a pv site (the kernel rewrites the site whole)");
RULE(replacement, "an alternative's replacement branches into the middle of a pv site (the kernel rewrites the "
		  "site whole)");
// clang-format on

struct branches {
	struct pvp_inspection *in;
	csh capstone;
	cs_insn *insn;
	/* Where decoding has got to: an instruction begins at addr, in the function from symbol on.
	 */
	const struct pvp_symbol *symbol;
	uint64_t addr;
};

static bool is_inside(const struct branches *b, uint64_t addr)
{
	const struct pvp_site *site = pvp_sites_find(b->in->input->sites, addr);

	return site && site->addr != addr;
}

/* The direct branch that these bytes would be; false: none. */
static bool target_of(const uint8_t *bytes, size_t len, uint64_t addr, uint64_t *ret)
{
	if (len >= 2 && (bytes[0] == 0xeb || (bytes[0] >= 0x70 && bytes[0] <= 0x7f) ||
			 (bytes[0] >= 0xe0 && bytes[0] <= 0xe3))) /* jmp, jcc, loop, jcxz rel8 */
		*ret = addr + 2 + (int8_t)bytes[1];
	else if (len >= 5 && (bytes[0] | 1) == 0xe9)
		*ret = pvp_rel32_target(bytes, addr, 1);
	else if (len >= 6 && bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80)
		*ret = pvp_rel32_target(bytes, addr, 2);
	else
		return false;
	return true;
}

/*
 * ud1 and ud0 (0f b9, 0f ff) have a ModRM byte, as kernels use them; Capstone 4.0.2 stops before
 * it. Their length, or 0 for other instructions.
 */
static size_t ud_len(const uint8_t *bytes, size_t avail)
{
	size_t i = 0, rest;

	while (i < avail && (bytes[i] == 0x66 || bytes[i] == 0x67))
		i++;
	i += i < avail && (bytes[i] & 0xf8) == 0x48;
	if (i + 2 > avail || bytes[i] != 0x0f || (bytes[i + 1] != 0xb9 && bytes[i + 1] != 0xff))
		return 0;
	i += 2;
	rest = pvp_modrm_len(bytes + i, avail - i);
	return rest ? i + rest : 0;
}

/* Whether an instruction begins at addr, or has it behind its prefixes. */
static bool begins(struct branches *b, uint64_t addr)
{
	const struct pvp_symbol *symbol = pvp_image_symbol_at(b->in->input->image, addr);

	if (!symbol)
		return false;
	if (symbol != b->symbol || b->addr > addr) {
		b->symbol = symbol;
		b->addr = symbol->addr;
	}
	while (b->addr < addr) {
		size_t avail;
		const uint8_t *bytes = pvp_laid_upto(&b->in->laid, b->addr, 15, &avail);
		uint64_t at = b->addr;
		size_t prefixes = 0, len = bytes ? ud_len(bytes, avail) : 0;

		if (len) {
			b->addr += len;
			continue;
		}
		if (!bytes || !cs_disasm_iter(b->capstone, &bytes, &avail, &at, b->insn))
			return false; /* nobody knows where the next one begins */
		while (prefixes < b->insn->size &&
		       (b->insn->bytes[prefixes] == 0x2e || b->insn->bytes[prefixes] == 0x3e))
			prefixes++;
		if (prefixes && b->addr + prefixes == addr)
			return true;
		b->addr = at;
	}
	return b->addr == addr;
}

static void add(struct branches *b, const struct pvp_finding_text *text, uint64_t to, uint64_t from,
		const char *what)
{
	const struct pvp_sites *sites = b->in->input->sites;
	const struct pvp_site *site = pvp_sites_find(sites, to);
	char name[256], origin[256];

	pvp_image_describe(b->in->input->image, to, name, sizeof(name));
	pvp_image_describe(b->in->input->image, from, origin, sizeof(origin));
	pvp_inspection_add(b->in, site->addr, text,
			   "to %s (%#" PRIx64 "), byte %u of %u; from %s %s (%#" PRIx64 ")", name,
			   to, (unsigned)(to - site->addr), site->len, what, origin, from);
}

static void scan(struct branches *b, const struct pvp_laid_section *section)
{
	const struct pvp_sites *sites = b->in->input->sites;

	for (uint64_t off = 0; off < section->len; off++) {
		uint64_t addr = section->addr + off, to;

		if (!target_of(section->bytes + off, section->len - off, addr, &to) ||
		    !is_inside(b, to) || pvp_sites_find(sites, to) == pvp_sites_find(sites, addr) ||
		    !begins(b, addr))
			continue;
		add(b, &branch, to, addr, "the branch at");
	}
}

static void judge_tables(struct branches *b)
{
	const struct pvp_check_input *input = b->in->input;
	const struct pvp_tables *tables = input->tables;
	const struct pvp_image *image = input->image;

	for (size_t i = 0; i < image->nr_symbols; i++)
		if (is_inside(b, image->symbols[i].addr) &&
		    (!i || image->symbols[i].addr != image->symbols[i - 1].addr))
			add(b, &symbol, image->symbols[i].addr, image->symbols[i].addr,
			    "the symbol at");
	for (size_t i = 0; i < tables->nr_jumps; i++)
		if (is_inside(b, tables->jumps[i].target))
			add(b, &jump_label, tables->jumps[i].target, tables->jumps[i].addr,
			    "the jump label at");
	for (size_t i = 0; i < tables->nr_extable; i++)
		if (is_inside(b, tables->extable[i].fixup))
			add(b, &fixup, tables->extable[i].fixup, tables->extable[i].addr,
			    "a fault at");
	for (size_t i = 0; i < tables->nr_static_call_keys; i++) {
		uint64_t func =
			pvp_platform_static_call(input->platform, &tables->static_call_keys[i]);

		if (is_inside(b, func))
			add(b, &static_call, func, tables->static_call_keys[i].key, "the key at");
	}
	for (size_t i = 0; i < input->platform->nr_pv_ops && i < tables->nr_fields; i++)
		if (is_inside(b, input->platform->pv_ops[i]))
			add(b, &slot, input->platform->pv_ops[i], tables->slots[i], "the slot at");
}

/* As it would branch once it is copied to its site; the first instruction only, as jumps and calls
 * are in replacements. */
static void judge_replacements(struct branches *b)
{
	const struct pvp_check_input *input = b->in->input;
	const struct pvp_tables *tables = input->tables;

	for (size_t i = 0; i < tables->nr_alts; i++) {
		const struct pvp_alt_entry *alt = &tables->alts[i];
		const uint8_t *bytes =
			pvp_image_bytes(input->image, alt->replacement, alt->replacement_len);
		uint64_t to;

		if (bytes && target_of(bytes, alt->replacement_len, alt->replacement, &to) &&
		    is_inside(b, to) &&
		    pvp_sites_find(input->sites, to) != pvp_sites_find(input->sites, alt->addr))
			add(b, &replacement, to, alt->addr, "the alternative at");
	}
}

struct pvp_error *pvp_find_branches(struct pvp_inspection *in)
{
	struct branches b = {.in = in};
	cs_err status;

	if (!in->input->sites->nr)
		return NULL;
	status = cs_open(CS_ARCH_X86,
			 in->input->image->arch == PVP_ARCH_I386 ? CS_MODE_32 : CS_MODE_64,
			 &b.capstone);
	if (status != CS_ERR_OK)
		return pvp_error_format(PVP_ERR_ENGINE, "capstone: %s", cs_strerror(status));
	b.insn = cs_malloc(b.capstone);
	if (!b.insn) {
		cs_close(&b.capstone);
		return pvp_error_format(PVP_ERR_ENGINE, "capstone: out of memory");
	}
	for (size_t i = 0; i < in->laid.nr; i++)
		scan(&b, &in->laid.sections[i]);
	judge_tables(&b);
	judge_replacements(&b);
	cs_free(b.insn, 1);
	cs_close(&b.capstone);
	return NULL;
}
