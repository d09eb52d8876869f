// SPDX-License-Identifier: GPL-2.0-only
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static void add_side(const struct pvp_names *names, struct pvp_disasm *disasm, uint64_t addr,
		     const uint8_t *bytes, size_t len, struct pvp_diff_side *side)
{
	struct pvp_disasm_insn insn;

	for (size_t i = 0; i < len; i += insn.len) {
		struct pvp_diff_insn *to = pvp_push(&side->v, &side->nr, &side->cap);

		pvp_disasm_one(disasm, bytes + i, len - i, addr + i, &insn);
		to->off = i;
		to->bytes = pvp_names_bytes(bytes + i, insn.len);
		to->text = pvp_strdup(insn.text);
		to->note = pvp_names_operand(names, &insn);
	}
}

static void side_deinit(struct pvp_diff_side *side)
{
	for (size_t i = 0; i < side->nr; i++) {
		free(side->v[i].bytes);
		free(side->v[i].text);
		free(side->v[i].note);
	}
	free(side->v);
}

struct pvp_error *pvp_diff_make(const struct pvp_names *names, const struct pvp_site *site,
				const struct pvp_patched *patched, struct pvp_diff *ret)
{
	struct pvp_disasm *disasm;
	struct pvp_error *err = pvp_disasm_create(names->image->arch, &disasm);
	struct pvp_diff diff = {0};
	uint8_t *bytes;

	if (err)
		return err;
	bytes = memcpy(pvp_calloc(site->len, 1), site->linked, site->len);
	pvp_patched_lay(patched, site->addr, site->len, bytes);
	diff.change = pvp_change_of(disasm, site->addr, site->linked, bytes, site->len,
				    names->platform->null_target);
	add_side(names, disasm, site->addr, site->linked, site->len, &diff.linked);
	add_side(names, disasm, site->addr, bytes, site->len, &diff.patched);
	free(bytes);
	pvp_disasm_destroy(disasm);
	*ret = diff;
	return NULL;
}

void pvp_diff_deinit(struct pvp_diff *diff)
{
	if (!diff)
		return;
	side_deinit(&diff->linked);
	side_deinit(&diff->patched);
	memset(diff, 0, sizeof(*diff));
}

/* Widths of a column of bytes and of the text and notes behind it. */
struct widths {
	int bytes, text;
};

static struct widths measure(const struct pvp_diff_side *side)
{
	struct widths widths = {0};

	for (size_t i = 0; i < side->nr; i++) {
		int bytes = strlen(side->v[i].bytes), text = strlen(side->v[i].text);
		int note = side->v[i].note ? strlen(side->v[i].note) + strlen("-> ") : 0;

		widths.bytes = bytes > widths.bytes ? bytes : widths.bytes;
		widths.text = text > widths.text ? text : widths.text;
		widths.text = note > widths.text ? note : widths.text;
	}
	return widths;
}

/* One printed line of one side: an instruction, its note, or neither. */
static char *cell(const struct pvp_diff_insn *insn, bool note, const struct widths *widths)
{
	if (!insn || (note && !insn->note))
		return pvp_strdup("");
	return pvp_asprintf("%-*s  %s%s", widths->bytes, note ? "" : insn->bytes, note ? "-> " : "",
			    note ? insn->note : insn->text);
}

static void print_line(const char *where, const struct pvp_diff_insn *left,
		       const struct pvp_diff_insn *right, bool note, const struct widths widths[2],
		       FILE *out)
{
	char *l = cell(left, note, &widths[0]), *r = cell(right, note, &widths[1]);

	fprintf(out, "%4s  %-*s  |%s%s\n", where, widths[0].bytes + 2 + widths[0].text, l,
		*r ? " " : "", r);
	free(l);
	free(r);
}

void pvp_diff_print(const struct pvp_diff *diff, const char *linked, const char *patched, FILE *out)
{
	const struct pvp_diff_side *left = &diff->linked, *right = &diff->patched;
	const struct widths widths[] = {measure(left), measure(right)};
	size_t l = 0, r = 0;

	fprintf(out, "%4s  %-*s  | %s\n", "", widths[0].bytes + 2 + widths[0].text, linked,
		patched);
	while (l < left->nr || r < right->nr) {
		const struct pvp_diff_insn *a = l < left->nr ? &left->v[l] : NULL;
		const struct pvp_diff_insn *b = r < right->nr ? &right->v[r] : NULL;
		char where[16];

		if (a && b && a->off < b->off)
			b = NULL;
		else if (a && b && b->off < a->off)
			a = NULL;
		l += a != NULL;
		r += b != NULL;
		snprintf(where, sizeof(where), "+%u", a ? a->off : b->off);
		print_line(where, a, b, false, widths, out);
		if ((a && a->note) || (b && b->note))
			print_line("", a, b, true, widths, out);
	}
}

char *pvp_diff_line(const struct pvp_names *names, struct pvp_disasm *disasm, uint64_t addr,
		    const uint8_t *bytes, size_t len)
{
	struct pvp_diff_side side = {0};
	char *text = pvp_strdup("");

	add_side(names, disasm, addr, bytes, len, &side);
	for (size_t i = 0; i < side.nr; i++) {
		const struct pvp_diff_insn *insn = &side.v[i];
		char *longer = pvp_asprintf("%s%s%s%s%s", text, i ? "; " : "", insn->text,
					    insn->note ? " -> " : "", insn->note ? insn->note : "");

		free(text);
		text = longer;
	}
	side_deinit(&side);
	return text;
}
