// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "plain_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* Absolute symbols are numbers of the build.  The kernel's own list (kallsyms) has none, and calls
 * per-CPU data that is numbered from 0 so. */
static bool is_place(const struct pvp_image *image, const struct pvp_symbol *symbol)
{
	return (symbol->type != 'A' && symbol->type != 'a') ||
	       !strncmp(image->symbol_source, "kallsyms", strlen("kallsyms"));
}

/* The last symbol in [from, addr], of several with the fewest underscores, or NULL. */
static const struct pvp_symbol *last_place(const struct pvp_image *image, uint64_t from,
					   uint64_t addr)
{
	const struct pvp_symbol *found = NULL;

	for (size_t i = 0; i < image->nr_symbols && image->symbols[i].addr <= addr; i++) {
		const struct pvp_symbol *symbol = &image->symbols[i];

		if (symbol->addr < from || !is_place(image, symbol))
			continue;
		if (!found || found->addr != symbol->addr ||
		    strspn(symbol->name, "_") < strspn(found->name, "_"))
			found = symbol;
	}
	return found;
}

static const struct pvp_symbol *symbol_at(const struct pvp_image *image, uint64_t addr)
{
	const struct pvp_symbol *symbol = pvp_image_symbol_at(image, addr);

	if (!symbol || is_place(image, symbol))
		return symbol;
	return last_place(image, pvp_image_section_at(image, addr)->addr, addr);
}

char *pvp_plain_name(const struct pvp_image *image, uint64_t addr)
{
	const struct pvp_symbol *symbol;
	uint64_t at = addr - pvp_image_on_cpu0(image, image->percpu_from) + image->percpu_from;
	bool percpu = at - image->percpu_from < image->percpu_len;

	/* CPU 0's area: its symbols are elsewhere, or numbered from 0. */
	if (!percpu)
		at = addr;
	if (!percpu && !pvp_image_section_at(image, addr))
		return NULL;
	symbol = percpu && !image->percpu_from ? last_place(image, 0, at) : symbol_at(image, at);
	if (!symbol)
		return NULL;
	return at == symbol->addr ? pvp_strdup(symbol->name)
				  : pvp_asprintf("%s+%#" PRIx64, symbol->name, at - symbol->addr);
}

/* The range that is being printed, and the instruction in it. */
struct place {
	const struct pvp_image *image;
	uint64_t addr;
	size_t len;
	const struct pvp_disasm_insn *insn;
};

static char *place_name(const struct place *place, uint64_t addr)
{
	if (addr - place->addr <= place->len)
		return pvp_asprintf("+%" PRIu64, addr - place->addr);
	return pvp_plain_name(place->image, addr);
}

/* The number at *text, which begins with 0x; *text is moved behind it. */
static uint64_t take_number(const char **text)
{
	char *end;
	uint64_t value = strtoull(*text, &end, 16);

	*text = end;
	return value;
}

static void print_insn(const struct place *place, FILE *out)
{
	static const char *const relative[] = { "rip + ", "rip - " };
	const struct pvp_disasm_insn *insn = place->insn;
	const char *text = insn->text;

	while (*text) {
		const char *from = text;
		bool is_memory = false;
		uint64_t value;
		char *name;

		for (size_t i = 0; insn->has_memory && i < ARRAY_SIZE(relative); i++)
			if (!strncmp(text, relative[i], strlen(relative[i]))) {
				is_memory = true;
				text += strlen(relative[i]);
			}
		if (strncmp(text, "0x", 2)) {
			text = from;
			fputc(*text++, out);
			continue;
		}
		value = take_number(&text);
		if (is_memory)
			value = insn->memory;
		name = place_name(place, value);
		if (name)
			fputs(name, out);
		else
			fwrite(from, 1, text - from, out);
		free(name);
	}
}

char *pvp_plain_text(const struct pvp_image *image, struct pvp_disasm *disasm, uint64_t addr,
		     const uint8_t *bytes, size_t len)
{
	struct pvp_disasm_insn insn;
	struct place place = { image, addr, len, &insn };
	char *text = NULL;
	size_t text_len;
	FILE *out = open_memstream(&text, &text_len);

	for (size_t i = 0; i < len; i += insn.len) {
		pvp_disasm_one(disasm, bytes + i, len - i, addr + i, &insn);
		if (i)
			fputs("; ", out);
		print_insn(&place, out);
	}
	fclose(out);
	return text;
}
