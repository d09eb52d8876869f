// SPDX-License-Identifier: GPL-2.0-only
#include "witness_asm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "compare.h"
#include "disasm.h"
#include "start.h"
#include "x86/regs.h"

/* Text in a comment, which it must not end. */
static void put_text(FILE *out, const char *text)
{
	char *clean = pvp_text_clean(text ? text : "");

	for (const char *c = clean; *c; c++) {
		fputc(*c, out);
		if ((*c == '*' && c[1] == '/') || (*c == '/' && c[1] == '*'))
			fputc(' ', out);
	}
	free(clean);
}

static void put_comment(FILE *out, const char *name, const char *text)
{
	fprintf(out, " * %-9s", name);
	put_text(out, text);
	fputc('\n', out);
}

/* A line each; the first one is named. */
static void put_lines(FILE *out, const char *name, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		char *line = pvp_strndup(text, len);

		put_comment(out, name, line);
		free(line);
		name = "";
		text += len + (text[len] == '\n');
	}
}

static void put_list(FILE *out, const char *name, char *const *list)
{
	for (size_t i = 0; list && list[i]; i++)
		put_comment(out, i ? "" : name, list[i]);
}

/* A row of Xen's trap table is addresses. */
static bool is_data(const struct pvp_witness_file *file)
{
	return file->seen.alone && !strncmp(file->op, "trap.", strlen("trap.")) &&
	       file->len == PVP_TRAP_ROW_LEN;
}

static void put_head(const struct pvp_witness_file *file, FILE *out)
{
	const struct pvp_witness *seen = &file->seen;
	char state[64];

	snprintf(state, sizeof(state), "%u, seed %#" PRIx64 "%s", seen->state,
		 seen->seed, seen->shrunk ? ", made plain" : "");
	fputs("/*\n", out);
	put_comment(out, "image", file->image);
	put_comment(out, "sha256", file->sha256);
	put_comment(out, "platform", file->platform);
	put_list(out, "also", file->also);
	put_comment(out, "op", file->op);
	put_comment(out, "in", file->symbol);
	put_comment(out, "state", state);
	put_lines(out, "matters", seen->matter);
	fputs(" *\n", out);
	if (seen->alone)
		put_comment(out, "means", seen->meaning);
	put_comment(out, seen->alone ? "wrong" : "differs", seen->what);
	if (!is_data(file))
		fprintf(out,
			" *\n * gcc -c; then objdump -d --adjust-vma=%#" PRIx64
			" shows the bytes at their place\n",
			file->addr);
	fputs(" */\n", out);
	fprintf(out, "\t.section .note.GNU-stack, \"\", @progbits\n");
}

/* What is behind an instruction: where its operand leads. */
static void put_operand(const struct pvp_image *image, const struct pvp_disasm_insn *insn,
			FILE *out)
{
	char where[128];

	if (!insn->has_target && !insn->has_memory)
		return;
	fputs("  ", out);
	put_text(out, pvp_image_describe(image, insn->has_target ? insn->target : insn->memory,
					 where, sizeof(where)));
}

static void put_words(const struct pvp_image *image, const uint8_t *bytes, uint32_t len, FILE *out)
{
	char where[128];
	uint64_t word;

	for (uint32_t at = 0; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		fprintf(out, "\t.quad 0x%016" PRIx64 "\t/* ", word);
		put_text(out, pvp_image_describe(image, word, where, sizeof(where)));
		fputs(" */\n", out);
	}
}

static void put_insns(const struct pvp_witness_file *file, const struct pvp_image *image,
		      struct pvp_disasm *disasm, const uint8_t *bytes, FILE *out)
{
	struct pvp_disasm_insn insn;

	for (uint32_t at = 0; at < file->len; at += insn.len) {
		pvp_disasm_one(disasm, bytes + at, file->len - at, file->addr + at, &insn);
		fputs("\t.byte ", out);
		for (unsigned i = 0; i < insn.len; i++)
			fprintf(out, "%s0x%02x", i ? ", " : "", bytes[at + i]);
		fprintf(out, "\t/* %" PRIx64 ":  ", file->addr + at);
		put_text(out, insn.text);
		put_operand(image, &insn, out);
		fputs(" */\n", out);
	}
}

static void put_side(const struct pvp_witness_file *file, const struct pvp_image *image,
		     struct pvp_disasm *disasm, unsigned side, FILE *out)
{
	const struct pvp_witness *seen = &file->seen;
	const uint8_t *bytes = side ? file->k1 : file->k0;
	const bool data = is_data(file);

	fprintf(out, "\n/*\n * %s, at %#" PRIx64 "%s\n",
		side	      ? "patched"
		: seen->alone ? "as linked"
			      : "unpatched",
		file->addr, !side && seen->alone ? ", and not run" : "");
	if (side || !seen->alone)
		put_comment(out, "stop", side ? seen->stop_k1 : seen->stop_k0);
	put_lines(out, "effects", side ? seen->effects_k1 : seen->effects_k0);
	put_lines(out, "way", side ? seen->prefix_k1 : seen->prefix_k0);
	fprintf(out, " */\n\t.section %s.k%u, \"a%s\", @progbits\n", data ? ".rodata" : ".text", side,
		data ? "" : "x");
	if (!data)
		fprintf(out, "\t%s\n", image->arch == PVP_ARCH_I386 ? ".code32" : ".code64");
	fprintf(out, "\t.globl k%u\n\t.type k%u, @%s\nk%u:\n", side, side,
		data ? "object" : "function", side);
	if (data)
		put_words(image, bytes, file->len, out);
	else
		put_insns(file, image, disasm, bytes, out);
	fprintf(out, "\t.size k%u, . - k%u\n", side, side);
}

static bool matters(const char *matter, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = matter; line && *line; line += strcspn(line, "\n")) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && (line[len] == '\n' || line[len] == '.'))
			return true;
	}
	return false;
}

static void begin_data(const char *name, FILE *out)
{
	fprintf(out, "\n\t.section .rodata.%s, \"a\", @progbits\n\t.globl %s\n%s:\n", name, name,
		name);
}

static void put_start(const struct pvp_witness *seen, FILE *out)
{
	const uint64_t *reg = seen->shrunk ? seen->shrunk->state.reg : seen->start;
	unsigned nr = seen->shrunk ? PVP_X86_NR_STATE : PVP_X86_NR_REGS;

	begin_data("start", out);
	for (unsigned i = 0; i < nr; i++)
		fprintf(out, "\t.quad 0x%016" PRIx64 "\t/* %s%s */\n", reg[i], pvp_x86_reg_name(i),
			matters(seen->matter, pvp_x86_reg_name(i)) ? ", matters" : "");
	if (!seen->shrunk)
		return;
	begin_data("memory", out);
	for (size_t i = 0; i < seen->shrunk->nr_pokes; i++)
		fprintf(out, "\t.quad 0x%" PRIx64 ", 0x%" PRIx64 ", %u\n",
			seen->shrunk->pokes[i].addr, seen->shrunk->pokes[i].value,
			seen->shrunk->pokes[i].size);
}

static void put_end(const char *name, const uint64_t *reg, const uint64_t *other, FILE *out)
{
	begin_data(name, out);
	for (unsigned i = 0; i < PVP_X86_NR_REGS; i++)
		fprintf(out, "\t.quad 0x%016" PRIx64 "\t/* %s%s */\n", reg[i],
			pvp_witness_register(i), reg[i] == other[i] ? "" : ", differs");
}

struct pvp_error *pvp_witness_asm(const struct pvp_witness_file *file,
				  const struct pvp_image *image, char **ret)
{
	struct pvp_disasm *disasm;
	struct pvp_error *err = pvp_disasm_create(image->arch, &disasm);
	size_t len;
	FILE *out;

	if (err)
		return err;
	out = open_memstream(ret, &len);
	put_head(file, out);
	put_side(file, image, disasm, 0, out);
	put_side(file, image, disasm, 1, out);
	put_start(&file->seen, out);
	if (!file->seen.alone)
		put_end("end_k0", file->seen.end_k0, file->seen.end_k1, out);
	put_end("end_k1", file->seen.end_k1,
		file->seen.alone ? file->seen.start : file->seen.end_k0, out);
	fclose(out);
	pvp_disasm_destroy(disasm);
	return NULL;
}
