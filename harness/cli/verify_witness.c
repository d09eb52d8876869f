// SPDX-License-Identifier: GPL-2.0-only
#include "verify.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "textfile.h"

/* As many as a --caps file may have, and some: the platform reader says what is wrong with more. */
#define MAX_CAPS_WORDS 64

static char **copy_words(const struct pvp_words_list *list)
{
	char **copy;

	if (!list->nr)
		return NULL;
	copy = pvp_calloc(list->nr + 1, sizeof(*copy));
	for (size_t i = 0; i < list->nr; i++)
		copy[i] = pvp_strdup(list->v[i]);
	return copy;
}

/* The words of the --caps file: a witness must not depend on a file that may change. */
static struct pvp_error *read_caps(const char *path, char ***ret)
{
	struct pvp_error *err;
	char **words, *line = NULL;
	size_t nr = 0, room = 0;
	FILE *in;

	err = pvp_textfile_open(path, &in);
	if (err)
		return err;
	words = pvp_calloc(MAX_CAPS_WORDS + 1, sizeof(*words));
	while (nr < MAX_CAPS_WORDS && getline(&line, &room, in) >= 0) {
		char *word = line + strspn(line, " \t");

		size_t end = strcspn(word, "\r\n#");

		/* A line may have two words: `model amd:15:107`. */
		while (end && isspace((unsigned char)word[end - 1]))
			end--;
		word[end] = '\0';
		if (*word)
			words[nr++] = pvp_strdup(word);
	}
	free(line);
	fclose(in);
	*ret = words;
	return NULL;
}

/*
 * Of the rows that make the prediction the text of --patched, the witness keeps those at pv sites
 * and at its own; the others are the same on both sides, and a dump of a booted machine has tens of
 * thousands.
 */
#define MAX_OTHER_ROWS 256

struct rows {
	const struct pvp_patched *given; /* NULL: there was no --patched */
	bool *at_pv;			 /* owned, one a row: it is at a pv site */
	size_t nr_pv;
};

static void rows_init(struct rows *rows, const struct pvp_subject *subject,
		      const struct pvp_patched *given)
{
	*rows = (struct rows){.given = given};
	if (!given)
		return;
	rows->at_pv = pvp_calloc(given->nr, sizeof(*rows->at_pv));
	for (size_t i = 0; i < given->nr; i++) {
		for (uint32_t k = 0; k < given->v[i].len && !rows->at_pv[i]; k++)
			rows->at_pv[i] = pvp_sites_find(&subject->sites, given->v[i].addr + k);
		rows->nr_pv += rows->at_pv[i];
	}
}

static bool is_wanted(const struct rows *rows, size_t i, const struct pvp_site *site)
{
	const struct pvp_patch *row = &rows->given->v[i];

	return rows->given->nr - rows->nr_pv <= MAX_OTHER_ROWS || rows->at_pv[i] ||
	       (row->addr < site->addr + site->len && site->addr < row->addr + row->len);
}

/* How many rows were left out. */
static unsigned add_rows(const struct rows *rows, const struct pvp_site *site,
			 struct pvp_patched *ret)
{
	unsigned left_out = 0;

	for (size_t i = 0; i < rows->given->nr; i++) {
		const struct pvp_patch *from = &rows->given->v[i];

		if (!is_wanted(rows, i, site)) {
			left_out++;
			continue;
		}
		for (uint32_t start = 0; start < from->len; start += PVP_WITNESS_MAX_ROW) {
			struct pvp_patch *row = pvp_push(&ret->v, &ret->nr, &ret->cap);
			uint32_t left = from->len - start;

			row->addr = from->addr + start;
			row->len = left < PVP_WITNESS_MAX_ROW ? left : PVP_WITNESS_MAX_ROW;
			row->pass = PVP_PASS_GIVEN;
			row->old = memcpy(pvp_calloc(row->len, 1), from->old + start, row->len);
			row->new = memcpy(pvp_calloc(row->len, 1), from->new + start, row->len);
		}
	}
	return left_out;
}

static struct pvp_error *make(const struct pvp_verify_options *options,
			      const struct pvp_subject *subject, const struct pvp_boot *boot,
			      const struct rows *rows, const struct pvp_cell *cell,
			      struct pvp_witness_file *ret)
{
	const struct pvp_options *common = &options->common;
	const struct pvp_site *site = cell->site;
	struct pvp_witness_file file = {0};
	struct pvp_error *err = NULL;
	char symbol[256];

	if (common->caps)
		err = read_caps(common->caps, &file.overrides.caps);
	if (err)
		return err;
	file.image = pvp_strdup(subject->path);
	file.sha256 = pvp_strdup(pvp_image_sha256(subject->image));
	file.symbols = common->symbols ? pvp_strdup(common->symbols) : NULL;
	file.platform = pvp_strdup(boot->name);
	file.overrides.features = copy_words(&common->features);
	file.overrides.pv_ops = copy_words(&common->pv_ops);
	file.overrides.static_calls = copy_words(&common->static_calls);
	file.overrides.static_keys = copy_words(&common->static_keys);
	file.overrides.return_thunk =
		common->return_thunk ? pvp_strdup(common->return_thunk) : NULL;
	file.overrides.cpu_model = common->cpu_model ? pvp_strdup(common->cpu_model) : NULL;
	file.overrides.cpus = common->cpus;
	file.overrides.initcalls = common->initcalls;
	file.addr = site->addr;
	file.op = pvp_strdup(site->op);
	file.symbol =
		pvp_strdup(pvp_image_describe(subject->image, site->addr, symbol, sizeof(symbol)));
	file.len = site->len < PVP_WITNESS_MAX_SITE ? site->len : PVP_WITNESS_MAX_SITE;
	memcpy(file.k0, site->linked, file.len);
	if (!pvp_patched_bytes(&boot->patched, subject->image, site->addr, file.len, file.k1))
		memcpy(file.k1, site->linked, file.len);
	if (rows->given) {
		pvp_patched_lay(rows->given, site->addr, file.len, file.k1);
		file.left_out = add_rows(rows, site, &file.given);
	}
	file.states = options->states;
	pvp_witness_copy(cell->witness, &file.seen);
	*ret = file;
	return NULL;
}

struct pvp_error *pvp_verify_add_witnesses(struct pvp_verify_witnesses *witnesses,
					   const struct pvp_verify_options *options,
					   const struct pvp_subject *subject,
					   const struct pvp_boot *boot,
					   const struct pvp_patched *given,
					   const struct pvp_results_image *image,
					   const struct pvp_check_result *result)
{
	const struct {
		const struct pvp_cell *v;
		size_t nr;
	} lists[] = {
		{result->cells, result->nr_cells},
		{result->entry_cells, result->nr_entry_cells},
		{result->transfer_cells, result->nr_transfer_cells},
	};

	struct pvp_error *err = NULL;
	struct rows rows;

	rows_init(&rows, subject, given);
	for (size_t k = 0; k < ARRAY_SIZE(lists) && !err; k++) {
		for (size_t i = 0; i < lists[k].nr && !err; i++) {
			struct pvp_verify_witness *witness;
			struct pvp_witness_file file;

			if (!lists[k].v[i].witness)
				continue;
			err = make(options, subject, boot, &rows, &lists[k].v[i], &file);
			if (err)
				break;
			witness = pvp_push(&witnesses->v, &witnesses->nr, &witnesses->cap);
			witness->name = pvp_results_witness_name(image, boot->platform->name,
								 file.addr);
			witness->platform = image->nr_platforms - 1;
			witness->file = file;
		}
	}
	free(rows.at_pv);
	return err;
}

static bool diverges(const struct pvp_results_platform *platform, uint64_t addr)
{
	for (size_t i = 0; i < platform->nr_cells; i++)
		if (platform->cells[i].addr == addr)
			return platform->cells[i].verdict == PVP_DIVERGENT;
	return false;
}

void pvp_verify_finish_witnesses(struct pvp_verify_witnesses *witnesses,
				 const struct pvp_results_image *image)
{
	for (size_t i = 0; i < witnesses->nr; i++) {
		struct pvp_verify_witness *witness = &witnesses->v[i];
		size_t nr = 0;

		if (witness->text) /* of an image before this one */
			continue;
		for (size_t k = 0; k < image->nr_platforms; k++) {
			const struct pvp_results_platform *platform = &image->platforms[k];

			if (k == witness->platform || !diverges(platform, witness->file.addr))
				continue;
			if (!nr)
				witness->file.also = pvp_calloc(image->nr_platforms + 1,
								sizeof(*witness->file.also));
			witness->file.also[nr++] = pvp_strdup(platform->name);
		}
		witness->text = pvp_witness_json(&witness->file);
		pvp_witness_deinit(&witness->file);
	}
}

void pvp_verify_witnesses_deinit(struct pvp_verify_witnesses *witnesses)
{
	for (size_t i = 0; i < witnesses->nr; i++) {
		free(witnesses->v[i].name);
		free(witnesses->v[i].text);
		pvp_witness_deinit(&witnesses->v[i].file);
	}
	free(witnesses->v);
	memset(witnesses, 0, sizeof(*witnesses));
}
