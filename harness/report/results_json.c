// SPDX-License-Identifier: GPL-2.0-only
/*
 * results.json: one container a line where it holds no others (a cell, a finding, the capability
 * words), so that diff and grep work on it; keys sorted.
 */
#include "results.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* jansson fails only for want of memory or on text that is not UTF-8; ours is clean. */
static json_t *need(json_t *value)
{
	assert(value);
	return value;
}

static void set(json_t *object, const char *key, json_t *value)
{
	int failed = json_object_set_new(object, key, need(value));

	assert(!failed);
}

static void push(json_t *array, json_t *value)
{
	int failed = json_array_append_new(array, need(value));

	assert(!failed);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	set(object, key, text ? json_string(text) : json_null());
}

static void set_count(json_t *object, const char *key, uint64_t count)
{
	assert(count <= INT64_MAX);
	set(object, key, json_integer(count));
}

/* JSON's integers stop at 2^53 in many readers: 64-bit values are text. */
static void set_hex(json_t *object, const char *key, uint64_t value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%#" PRIx64, value);
	set_text(object, key, value ? buf : "0x0");
}

static json_t *counts_json(const struct pvp_results_counts *counts)
{
	json_t *object = need(json_object()), *part;

	set_count(object, "sites", counts->sites);
	part = need(json_object());
	for (unsigned i = 0; i < PVP_NR_VERDICTS; i++)
		set_count(part, pvp_verdict_name(i), counts->verdicts[i]);
	set(object, "verdicts", part);
	part = need(json_object());
	for (unsigned i = PVP_EVIDENCE_NONE + 1; i < PVP_NR_EVIDENCE; i++)
		set_count(part, pvp_evidence_name(i), counts->evidence[i]);
	set(object, "evidence", part);
	part = need(json_object());
	for (unsigned i = PVP_REASON_NONE + 1; i < PVP_NR_REASONS; i++)
		set_count(part, pvp_reason_name(i), counts->reasons[i]);
	set(object, "reasons", part);
	part = need(json_object());
	for (unsigned i = 0; i < PVP_NR_FORMS; i++)
		set_count(part, pvp_form_name(i), counts->forms[i]);
	set(object, "forms", part);
	part = need(json_object());
	for (unsigned i = 0; i < PVP_NR_CHANGES; i++)
		set_count(part, pvp_change_name(i), counts->changes[i]);
	set(object, "changes", part);
	set_count(object, "failed", counts->failed);
	set_count(object, "expected", counts->expected);
	set_count(object, "entry_states", counts->entry);
	set_count(object, "end_states", counts->end);
	set_count(object, "min_end_states", counts->min_end);
	return object;
}

static json_t *transfers_json(const struct pvp_results_transfers *transfers)
{
	json_t *object = need(json_object()), *part = need(json_object());

	set_count(object, "sites", transfers->tally.sites);
	set_count(object, "in_full", transfers->tally.in_full);
	set_count(object, "of_class", transfers->tally.of_class);
	set_count(object, "replaced", transfers->tally.replaced);
	set_count(object, "classes", transfers->tally.classes);
	for (unsigned i = 0; i < PVP_NR_VERDICTS; i++)
		set_count(part, pvp_verdict_name(i), transfers->tally.verdicts[i]);
	set(object, "verdicts", part);
	part = need(json_object());
	for (unsigned i = PVP_REASON_NONE + 1; i < PVP_NR_REASONS; i++)
		if (transfers->reasons[i])
			set_count(part, pvp_reason_name(i), transfers->reasons[i]);
	set(object, "reasons", part);
	set_count(object, "failed", transfers->failed);
	set_count(object, "expected", transfers->expected);
	return object;
}

static json_t *cell_json(const struct pvp_results_cell *cell)
{
	json_t *object = need(json_object());

	set_hex(object, "addr", cell->addr);
	set_count(object, "len", cell->len);
	set_text(object, "kind", pvp_site_kind_name(cell->kind));
	set_text(object, "op", cell->op);
	set_count(object, "ordinal", cell->ordinal);
	set_text(object, "symbol", cell->symbol);
	set_text(object, "verdict", pvp_verdict_name(cell->verdict));
	set_text(object, "evidence", pvp_evidence_name(cell->evidence));
	set_text(object, "reason", pvp_reason_name(cell->reason));
	set_text(object, "form", pvp_form_name(cell->form));
	set_text(object, "change", pvp_change_name(cell->change));
	set_count(object, "states", cell->states);
	set_count(object, "wild", cell->wild);
	set_count(object, "steered", cell->steered);
	set_count(object, "entry", cell->entry);
	set_count(object, "end", cell->end);
	set_count(object, "faulted", cell->faulted);
	set_count(object, "bugs", cell->bugs);
	set_count(object, "stray", cell->stray);
	set_text(object, "detail", cell->detail);
	if (cell->group)
		set_count(object, "group", cell->group);
	else
		set(object, "group", json_null());
	set_text(object, "witness", cell->witness);
	set_text(object, "expected", cell->expected);
	set(object, "failed", json_boolean(cell->failed));
	return object;
}

static json_t *finding_json(const struct pvp_results_finding *finding)
{
	json_t *object = need(json_object());

	set_text(object, "kind", finding->kind);
	set_text(object, "rule", finding->rule);
	set_text(object, "detail", finding->detail);
	set_text(object, "severity", finding->error ? "error" : "note");
	if (finding->has_addr)
		set_hex(object, "addr", finding->addr);
	else
		set(object, "addr", json_null());
	set_text(object, "op", finding->op);
	set_text(object, "symbol", finding->symbol);
	set_text(object, "expected", finding->expected);
	set(object, "failed", json_boolean(finding->failed));
	return object;
}

static json_t *inputs_json(const struct pvp_results_platform *platform)
{
	json_t *object = need(json_object()), *caps = need(json_array());
	json_t *overrides = need(json_array());
	char word[16];

	for (unsigned i = 0; i < PVP_CAP_WORDS; i++) {
		snprintf(word, sizeof(word), "%08" PRIx32, platform->caps[i]);
		push(caps, json_string(word));
	}
	for (size_t i = 0; i < platform->nr_overrides; i++)
		push(overrides, json_string(platform->overrides[i]));
	set(object, "caps", caps);
	set(object, "overrides", overrides);
	set_count(object, "ring", platform->ring);
	set_count(object, "cpus", platform->cpus);
	return object;
}

static json_t *platform_json(const struct pvp_results_platform *platform)
{
	json_t *object = need(json_object()), *part;

	set_text(object, "name", platform->name);
	set_text(object, "description", platform->description);
	set(object, "inputs", inputs_json(platform));
	set(object, "counts", counts_json(&platform->counts));
	part = need(json_object());
	for (unsigned i = 0; i < PVP_NR_SITE_KINDS; i++)
		if (platform->kinds[i].sites)
			set(part, pvp_site_kind_name(i), counts_json(&platform->kinds[i]));
	set(object, "kinds", part);
	part = need(json_object());
	for (unsigned i = 0; i < PVP_NR_TRANSFER_KINDS; i++)
		if (platform->transfers[i].tally.sites)
			set(part, pvp_site_kind_name(PVP_SITE_RETURN + i),
			    transfers_json(&platform->transfers[i]));
	set(object, "transfers", part);
	part = need(json_array());
	for (size_t i = 0; i < platform->nr_cells; i++)
		push(part, cell_json(&platform->cells[i]));
	set(object, "cells", part);
	part = need(json_array());
	for (size_t i = 0; i < platform->nr_findings; i++)
		push(part, finding_json(&platform->findings[i]));
	set(object, "findings", part);
	set_count(object, "failed_findings", platform->failed_findings);
	set(object, "branches", need(pvp_results_branches_json(&platform->branches)));
	set_count(object, "cases", platform->cases);
	set_count(object, "stray", platform->stray);
	return object;
}

static json_t *image_json(const struct pvp_results_image *image)
{
	json_t *object = need(json_object()), *part = need(json_object());

	set_text(object, "name", image->name);
	set_text(object, "sha256", image->sha256);
	set_text(object, "elf_sha256", image->elf_sha256);
	set_text(object, "arch", image->arch);
	set_text(object, "generation", image->generation);
	set_text(object, "container", image->container);
	set_text(object, "symbols", image->symbols);
	for (unsigned i = 0; i < PVP_NR_SITE_KINDS; i++)
		set_count(part, pvp_site_kind_name(i), image->sites[i]);
	set(object, "sites", part);
	part = need(json_array());
	for (size_t i = 0; i < image->nr_platforms; i++)
		push(part, platform_json(&image->platforms[i]));
	set(object, "platforms", part);
	return object;
}

static json_t *expectation_json(const struct pvp_results_expectation *e)
{
	json_t *object = need(json_object());

	set_count(object, "line", e->line);
	set_text(object, "op", e->op);
	set_text(object, "site", e->site);
	set_text(object, "platform", e->platform);
	set_text(object, "verdict", e->verdict);
	set_text(object, "reason", e->reason);
	set_text(object, "finding", e->finding);
	set_text(object, "rule", e->rule);
	set_text(object, "why", e->why);
	set_count(object, "matched", e->matched);
	set_count(object, "excused", e->excused);
	set(object, "unused", json_boolean(e->unused));
	return object;
}

static json_t *results_json(const struct pvp_results *results)
{
	json_t *object = need(json_object()), *part = need(json_object());

	set_count(object, "schema", PVP_RESULTS_SCHEMA);
	set_text(part, "name", "pvproof");
	set_text(part, "version", PVP_VERSION);
	set_text(part, "engine", results->engine);
	set(object, "tool", part);
	set_hex(object, "seed", results->seed);
	set_count(object, "states", results->states);
	part = need(json_array());
	for (unsigned i = 0; i < PVP_NR_FAILURES; i++)
		if (results->fail_on & PVP_FAIL_ON(i))
			push(part, json_string(pvp_failure_name(i)));
	set(object, "fail_on", part);
	part = need(json_array());
	for (size_t i = 0; i < results->nr_images; i++)
		push(part, image_json(&results->images[i]));
	set(object, "images", part);
	part = need(json_array());
	for (size_t i = 0; i < results->nr_expectations; i++)
		push(part, expectation_json(&results->expectations[i]));
	set(object, "expectations", part);
	part = counts_json(&results->counts);
	set(part, "transfers", transfers_json(&results->transfers));
	set_count(part, "failed_findings", results->failed_findings);
	set_count(part, "unused_expectations", results->unused_expectations);
	set(part, "pass", json_boolean(!results->failed));
	set(object, "summary", part);
	return object;
}

static bool holds_containers(const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key,
				    member) if (json_is_object(member) ||
						json_is_array(member)) return true;
	} else {
		json_array_foreach(value, i, member) if (json_is_object(member) ||
							 json_is_array(member)) return true;
	}
	return false;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print(FILE *out, const json_t *value, unsigned depth);

static void print_members(FILE *out, const json_t *value, unsigned depth)
{
	size_t nr = json_object_size(value), i = 0;
	const char **keys = pvp_calloc(nr, sizeof(*keys)), *key;
	json_t *member;

	json_object_foreach((json_t *)value, key, member) keys[i++] = key;
	qsort(keys, nr, sizeof(*keys), compare_keys);
	for (i = 0; i < nr; i++) {
		fprintf(out, "%s\n%*s\"%s\": ", i ? "," : "", depth + 1, "", keys[i]);
		print(out, json_object_get(value, keys[i]), depth + 1);
	}
	free(keys);
}

static void print(FILE *out, const json_t *value, unsigned depth)
{
	bool object = json_is_object(value);
	json_t *member;
	size_t i;

	if (!holds_containers(value)) {
		json_dumpf(value, out, JSON_ENCODE_ANY | JSON_SORT_KEYS);
		return;
	}
	fputc(object ? '{' : '[', out);
	if (object) {
		print_members(out, value, depth);
	} else {
		json_array_foreach(value, i, member)
		{
			fprintf(out, "%s\n%*s", i ? "," : "", depth + 1, "");
			print(out, member, depth + 1);
		}
	}
	fprintf(out, "\n%*s%c", depth, "", object ? '}' : ']');
}

char *pvp_results_json(const struct pvp_results *results)
{
	json_t *value = results_json(results);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert(out);
	print(out, value, 0);
	fputc('\n', out);
	fclose(out);
	json_decref(value);
	return text;
}
