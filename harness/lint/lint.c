// SPDX-License-Identifier: GPL-2.0-only
#include "lint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "look.h"

struct walk {
	const struct pvp_lint_input *input;
	struct pvp_x86_decoder *decoder;
	struct pvp_lint *lint;
	/* The section that is walked. */
	uint64_t addr, len;
	uint8_t *text;	/* as patched */
	uint8_t *marks; /* 1: code begins there, or goes on */
	/* The function. */
	const struct pvp_symbol *symbol;
};

static bool is_code(const struct pvp_section *section)
{
	return section->exec && section->alloc && section->data && !section->zero_based &&
	       section->len;
}

/*
 * Replacements of alternatives are bytes to copy from, never run where they lie.  What is writable
 * is data, with code in it that is copied before it runs (kexec's, 7.2): the kernel maps it without
 * the right to execute.
 */
static bool is_walked(const struct pvp_section *section)
{
	return is_code(section) && !section->write &&
	       strcmp(section->name, ".altinstr_replacement");
}

static void mark(struct walk *walk, uint64_t addr)
{
	if (addr - walk->addr < walk->len)
		walk->marks[addr - walk->addr] = 1;
}

/* Where tables say that an instruction begins. */
static void mark_tables(struct walk *walk)
{
	const struct pvp_tables *t = walk->input->tables;
	const struct {
		const struct pvp_addr_entry *v;
		size_t nr;
	} lists[] = {
		{t->retpolines, t->nr_retpolines}, {t->returns, t->nr_returns},
		{t->calls, t->nr_calls},	   {t->smp_locks, t->nr_smp_locks},
		{t->mcounts, t->nr_mcounts},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t k = 0; k < lists[i].nr; k++)
			mark(walk, lists[i].v[k].addr);
	for (size_t i = 0; i < t->nr_alts; i++) {
		mark(walk, t->alts[i].addr);
		mark(walk, t->alts[i].addr + t->alts[i].len);
	}
	for (size_t i = 0; i < t->nr_bugs; i++)
		mark(walk, t->bugs[i].addr);
	for (size_t i = 0; i < t->nr_extable; i++) {
		mark(walk, t->extable[i].addr);
		mark(walk, t->extable[i].fixup);
	}
	for (size_t i = 0; i < t->nr_jumps; i++) {
		mark(walk, t->jumps[i].addr);
		mark(walk, t->jumps[i].target);
	}
	for (size_t i = 0; i < t->nr_static_calls; i++)
		mark(walk, t->static_calls[i].addr);
	for (size_t i = 0; i < walk->input->sites->nr; i++)
		mark(walk, walk->input->sites->v[i].addr);
	for (size_t i = 0; i < walk->input->entry->nr; i++)
		mark(walk, walk->input->entry->v[i].addr);
}

static const struct pvp_site *site_at(const struct walk *walk, uint64_t addr)
{
	const struct pvp_site *site = pvp_sites_find(walk->input->sites, addr);

	if (!site)
		site = pvp_sites_find(walk->input->entry, addr);
	return site;
}

static void add_place(struct walk *walk, uint64_t addr, uint64_t len,
		      const struct pvp_sensitive *what, enum pvp_harm harm, const char *text)
{
	const struct pvp_symbol *symbol = walk->symbol;
	struct pvp_lint_place *place = pvp_push(&walk->lint->v, &walk->lint->nr, &walk->lint->cap);
	const char *generation = walk->input->tables->generation;
	const struct pvp_allow_row *row;
	size_t end;

	*place = (struct pvp_lint_place){
		.addr = addr,
		.len = len,
		.symbol = symbol ? symbol->name : NULL,
		.offset = symbol ? addr - symbol->addr : 0,
		.what = what,
		.harm = harm,
	};
	snprintf(place->text, sizeof(place->text), "%s", text);
	end = strlen(place->text);
	while (end && place->text[end - 1] == ' ')
		place->text[--end] = '\0';
	row = pvp_allow_find(walk->input->allow, generation ? generation : "",
			     symbol ? symbol->name : "", what->name);
	if (row && row->is_finding)
		place->known = row;
	else
		place->allowed = row;
}

/* Up to the next address that something leads to. */
static uint64_t add_undecoded(struct walk *walk, uint64_t addr, uint64_t end)
{
	const struct pvp_sensitive *what = pvp_sensitive_undecoded();
	const uint8_t *bytes = walk->text + (addr - walk->addr);
	uint64_t next = addr + 1;
	char text[48] = "";
	size_t at = 0;

	while (next < end && !walk->marks[next - walk->addr] && !site_at(walk, next))
		next++;
	for (uint64_t i = 0; i < next - addr && i < 8; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%02x", i ? " " : "", bytes[i]);
	if (next - addr > 8)
		snprintf(text + at, sizeof(text) - at, " ..");
	add_place(walk, addr, next - addr, what, what->harm, text);
	walk->lint->undecoded_len += next - addr;
	return next;
}

static void walk_function(struct walk *walk, uint64_t addr, uint64_t end)
{
	struct pvp_look look;

	while (addr < end) {
		const struct pvp_site *site = site_at(walk, addr);

		if (site) {
			walk->lint->nr_sites++;
			addr = site->addr + site->len;
			continue;
		}
		pvp_look(walk->decoder, walk->input->platform, walk->text + (addr - walk->addr),
			 end - addr, addr, &look);
		if (!look.len) {
			addr = add_undecoded(walk, addr, end);
			continue;
		}
		walk->lint->nr_insns++;
		if (look.leads)
			mark(walk, look.target);
		if (look.what)
			add_place(walk, addr, look.len, look.what, look.harm, look.text);
		addr += look.len;
	}
}

/* A function ends where the next symbol begins. */
static void walk_section(struct walk *walk)
{
	const struct pvp_image *image = walk->input->image;
	const uint64_t end = walk->addr + walk->len;
	uint64_t from = walk->addr;
	size_t i = 0;

	while (i < image->nr_symbols && image->symbols[i].addr <= from)
		i++;
	while (from < end) {
		while (i < image->nr_symbols && image->symbols[i].addr <= from)
			i++;
		const uint64_t to = i < image->nr_symbols && image->symbols[i].addr < end
					    ? image->symbols[i].addr
					    : end;

		walk->symbol = pvp_image_symbol_at(image, from);
		walk->lint->nr_functions++;
		walk_function(walk, from, to);
		from = to;
	}
}

static int by_addr(const void *a, const void *b)
{
	const struct pvp_lint_place *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

struct pvp_error *pvp_lint(const struct pvp_lint_input *input, struct pvp_lint *ret)
{
	const struct pvp_image *image = input->image;
	struct pvp_lint lint = {0};
	struct walk walk = {.input = input, .lint = &lint};
	struct pvp_error *err;

	if (image->arch != PVP_ARCH_AMD64)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"lint is for kernels that can run on Xen PV, and this one "
					"is for %s",
					pvp_arch_name(image->arch));
	if (input->platform->ring == 0)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"lint is for platforms whose kernel is in ring 3, and on "
					"%s it is in ring 0",
					input->platform->name);
	err = pvp_x86_decoder_create(PVP_ISA_AMD64, &walk.decoder);
	if (err)
		return err;
	for (size_t i = 0; i < image->nr_sections; i++) {
		const struct pvp_section *section = &image->sections[i];

		lint.nr_left_out += is_code(section) && !is_walked(section);
		if (!is_walked(section))
			continue;
		walk.addr = section->addr;
		walk.len = section->len;
		walk.text = memcpy(pvp_calloc(section->len, 1), section->data, section->len);
		walk.marks = pvp_calloc(section->len, 1);
		pvp_patched_lay(input->patched, walk.addr, walk.len, walk.text);
		mark_tables(&walk);
		walk_section(&walk);
		lint.nr_sections++;
		lint.text_len += section->len;
		free(walk.text);
		free(walk.marks);
	}
	pvp_x86_decoder_destroy(walk.decoder);
	if (lint.nr)
		qsort(lint.v, lint.nr, sizeof(*lint.v), by_addr);
	*ret = lint;
	return NULL;
}

void pvp_lint_deinit(struct pvp_lint *lint)
{
	if (!lint)
		return;
	free(lint->v);
	memset(lint, 0, sizeof(*lint));
}
