// SPDX-License-Identifier: GPL-2.0-only
#include "sites_instructions.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "clean.h"
#include "corpus.h"
#include "disasm.h"
#include "x86/decode.h"

#define INSTRUCTIONS_SCHEMA 1
#define MAX_NAME	    256

/* One instruction at one site on one platform. */
struct use {
	char *text;
	const char *class;
	const struct pvp_site *site;
	size_t platform; /* in names */
};

struct collection {
	const struct pvp_subject *subject;
	struct pvp_disasm *disasm;
	struct pvp_x86_decoder *decoder;
	char **names; /* of all platforms, sorted */
	size_t nr_names;
	struct use *v;
	size_t nr, cap;
};

static char *operand(const struct collection *c, uint64_t addr)
{
	const struct pvp_tables *tables = &c->subject->tables;
	const size_t field = pvp_tables_field_at(tables, addr);
	char buf[MAX_NAME];

	if (field < tables->nr_fields)
		return pvp_strdup(tables->fields[field].name);
	return pvp_text_clean(pvp_image_describe(c->subject->image, addr, buf, sizeof(buf)));
}

/* The text with what depends on the site's own address named. */
static char *name_insn(const struct collection *c, const struct pvp_disasm_insn *insn,
		       bool symbolic)
{
	const char *bracket = strchr(insn->text, '[');
	const int mnemonic = strcspn(insn->text, " ");
	char buf[MAX_NAME], *name, *text;

	if (insn->has_target) {
		const struct pvp_symbol *symbol =
			symbolic ? NULL : pvp_image_symbol_at(c->subject->image, insn->target);

		if (!symbol)
			return pvp_asprintf("%.*s rel32", mnemonic, insn->text);
		name = pvp_text_clean(pvp_image_describe(c->subject->image, insn->target, buf,
							 sizeof(buf)));
		text = pvp_asprintf("%.*s %s", mnemonic, insn->text, name);
		free(name);
		return text;
	}
	if (!insn->has_memory || !bracket)
		return pvp_strdup(insn->text);
	name = operand(c, insn->memory);
	text = pvp_asprintf("%.*s[%s]%s", (int)(bracket - insn->text), insn->text, name,
			    strchr(bracket, ']') ? strchr(bracket, ']') + 1 : "");
	free(name);
	return text;
}

static void add_site(struct collection *c, const struct pvp_boot *boot, size_t platform,
		     const struct pvp_site *site)
{
	uint8_t *bytes = pvp_calloc(site->len, 1);
	struct pvp_disasm_insn insn;
	struct pvp_x86_insn decoded;

	if (site->kind == PVP_SITE_TRAP ||
	    !pvp_patched_bytes(&boot->patched, c->subject->image, site->addr, site->len, bytes)) {
		free(bytes);
		return;
	}
	for (uint32_t at = 0; at < site->len; at += insn.len) {
		const uint64_t addr = site->addr + at;

		pvp_disasm_one(c->disasm, bytes + at, site->len - at, addr, &insn);
		pvp_x86_decode(c->decoder, bytes + at, site->len - at, addr, &decoded);
		if (decoded.len > insn.len)
			insn.len = decoded.len;
		*pvp_push(&c->v, &c->nr, &c->cap) = (struct use){
			.text = decoded.len && insn.kind == PVP_KIND_BAD
					? pvp_strdup(decoded.text)
					: name_insn(c, &insn,
						    pvp_patched_is_symbolic(&boot->patched, addr,
									    insn.len)),
			.class = pvp_x86_class_name(decoded.class),
			.site = site,
			.platform = platform,
		};
	}
	free(bytes);
}

static struct pvp_error *collect(struct collection *c)
{
	const struct pvp_overrides none = {0};
	const struct pvp_subject *subject = c->subject;
	size_t nr_boots = 0;

	for (size_t i = 0; i < c->nr_names; i++) {
		struct pvp_boot boot;
		struct pvp_error *err;
		bool unfit;

		err = pvp_boot_open(subject, c->names[i], &none, &unfit, &boot);
		if (err && !unfit)
			return err;
		if (err) {
			pvp_error_destroy(err);
			continue;
		}
		for (size_t k = 0; k < subject->sites.nr; k++)
			add_site(c, &boot, i, &subject->sites.v[k]);
		for (size_t k = 0; k < subject->entry.sites.nr; k++)
			add_site(c, &boot, i, &subject->entry.sites.v[k]);
		pvp_boot_deinit(&boot);
		nr_boots++;
	}
	if (!nr_boots)
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"%s: no platform fits (`pvproof platforms' says why)",
					subject->path);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	if (!order)
		order = strcmp(x->class, y->class);
	if (!order)
		order = (x->site->addr > y->site->addr) - (x->site->addr < y->site->addr);
	if (!order)
		order = (x->platform > y->platform) - (x->platform < y->platform);
	return order;
}

static int by_word(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What one row says: uses of one instruction. */
struct row {
	const struct use *v;
	size_t nr, nr_sites;
	const char **ops, **platforms; /* owned arrays, sorted, each word once */
	size_t nr_ops, nr_platforms;
};

static size_t unique(const char **words, size_t nr)
{
	size_t kept = 0;

	qsort(words, nr, sizeof(*words), by_word);
	for (size_t i = 0; i < nr; i++)
		if (!kept || strcmp(words[kept - 1], words[i]))
			words[kept++] = words[i];
	return kept;
}

static struct row make_row(const struct collection *c, size_t from)
{
	struct row row = {.v = &c->v[from]};

	while (from + row.nr < c->nr && !strcmp(row.v[row.nr].text, row.v[0].text) &&
	       !strcmp(row.v[row.nr].class, row.v[0].class))
		row.nr++;
	row.ops = pvp_calloc(row.nr, sizeof(*row.ops));
	row.platforms = pvp_calloc(row.nr, sizeof(*row.platforms));
	for (size_t i = 0; i < row.nr; i++) {
		row.nr_sites += !i || row.v[i].site != row.v[i - 1].site;
		row.ops[i] = row.v[i].site->op;
		row.platforms[i] = c->names[row.v[i].platform];
	}
	row.nr_ops = unique(row.ops, row.nr);
	row.nr_platforms = unique(row.platforms, row.nr);
	return row;
}

static void row_deinit(struct row *row)
{
	free(row->ops);
	free(row->platforms);
}

static void print_words(const char *const *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		char *word = pvp_text_clean(words[i]);

		printf("%s%s", i ? "," : "\t", word);
		free(word);
	}
}

static void print_tsv(const struct collection *c)
{
	puts("instruction\tclass\tops\tplatforms\tsites");
	for (size_t i = 0; i < c->nr;) {
		struct row row = make_row(c, i);

		printf("%s\t%s", row.v->text, row.v->class);
		print_words(row.ops, row.nr_ops);
		print_words(row.platforms, row.nr_platforms);
		printf("\t%zu\n", row.nr_sites);
		i += row.nr;
		row_deinit(&row);
	}
}

static json_t *words_json(const char *const *words, size_t nr)
{
	json_t *array = json_array();

	for (size_t i = 0; i < nr; i++) {
		char *word = pvp_text_clean(words[i]);

		json_array_append_new(array, json_string(word));
		free(word);
	}
	return array;
}

/* One instruction a line. */
static void print_json(const struct collection *c)
{
	char *name = pvp_text_clean(c->subject->image->name);
	json_t *object = json_pack("{s:s, s:s}", "name", name, "sha256",
				   pvp_image_sha256(c->subject->image));

	printf("{\n \"schema\": %d,\n \"image\": ", INSTRUCTIONS_SCHEMA);
	json_dumpf(object, stdout, JSON_SORT_KEYS);
	json_decref(object);
	printf(",\n \"instructions\": [");
	for (size_t i = 0; i < c->nr;) {
		struct row row = make_row(c, i);

		printf("%s\n  ", i ? "," : "");
		object = json_pack("{s:s, s:s, s:o, s:o, s:i}", "instruction", row.v->text, "class",
				   row.v->class, "ops", words_json(row.ops, row.nr_ops),
				   "platforms", words_json(row.platforms, row.nr_platforms),
				   "sites", (int)row.nr_sites);
		json_dumpf(object, stdout, JSON_SORT_KEYS);
		json_decref(object);
		i += row.nr;
		row_deinit(&row);
	}
	printf("\n ]\n}\n");
	free(name);
}

struct pvp_error *pvp_sites_instructions(const struct pvp_subject *subject, bool json)
{
	struct collection c = {.subject = subject};
	struct pvp_error *err;
	char *dir = NULL;

	err = pvp_corpus_folder("platforms", &dir);
	if (!err)
		err = pvp_platform_names(dir, &c.names, &c.nr_names);
	if (!err)
		err = pvp_disasm_create(subject->image->arch, &c.disasm);
	if (!err)
		err = pvp_x86_decoder_create(subject->image->arch == PVP_ARCH_I386 ? PVP_ISA_I386
										   : PVP_ISA_AMD64,
					     &c.decoder);
	if (!err)
		err = collect(&c);
	if (!err) {
		if (c.nr)
			qsort(c.v, c.nr, sizeof(*c.v), by_text);
		if (json)
			print_json(&c);
		else
			print_tsv(&c);
	}
	for (size_t i = 0; i < c.nr; i++)
		free(c.v[i].text);
	free(c.v);
	pvp_x86_decoder_destroy(c.decoder);
	pvp_disasm_destroy(c.disasm);
	pvp_platform_names_free(c.names, c.nr_names);
	free(dir);
	return err;
}
