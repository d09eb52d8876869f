// SPDX-License-Identifier: GPL-2.0-only
#include "why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "diff.h"

/* Everything that asks the tables about one site. */
struct asker {
	const struct pvp_names *names;
	const struct pvp_site *site;
	struct pvp_disasm *disasm;
	const uint8_t *bytes; /* what the pass that is asked about leaves at the site */
	struct pvp_why why;
};

static bool touches(const struct pvp_site *site, uint64_t addr, uint64_t len)
{
	return addr - site->addr < site->len || site->addr - addr < len;
}

/* Takes fields and effect. */
static void add_entry(struct asker *asker, enum pvp_site_table table, uint64_t addr, char *fields,
		      char *effect)
{
	struct pvp_why *why = &asker->why;
	struct pvp_why_entry *entry = pvp_push(&why->entries, &why->nr_entries, &why->cap_entries);

	*entry = (struct pvp_why_entry){table, addr, fields, effect};
}

static uint64_t slot_value(const struct asker *asker, unsigned slot)
{
	const struct pvp_platform *platform = asker->names->platform;

	return slot < platform->nr_pv_ops ? platform->pv_ops[slot] : 0;
}

static void ask_para(struct asker *asker)
{
	const struct pvp_tables *tables = asker->names->tables;

	for (size_t i = 0; i < tables->nr_para; i++) {
		const struct pvp_para_entry *entry = &tables->para[i];
		char *func;

		if (!touches(asker->site, entry->addr, entry->len))
			continue;
		func = pvp_names_function(asker->names, slot_value(asker, entry->type));
		add_entry(asker, PVP_TABLE_PARA, entry->entry,
			  pvp_asprintf("type %u (%s), length %u, clobbers 0x%x", entry->type,
				       tables->fields[entry->type].name, entry->len,
				       entry->clobbers),
			  pvp_asprintf("applies: pv_ops slot %u holds %s", entry->type, func));
		free(func);
	}
}

/* "1 byte at ffffffff83901234: fa, cli" */
static char *replacement(const struct asker *asker, const struct pvp_alt_entry *alt)
{
	const uint8_t *bytes;
	char *hex, *line, *text;

	if (!alt->replacement_len)
		return pvp_strdup("0 bytes");
	bytes = pvp_image_bytes(asker->names->image, alt->replacement, alt->replacement_len);
	if (!bytes)
		return pvp_asprintf("%u bytes outside the image", alt->replacement_len);
	hex = pvp_names_bytes(bytes, alt->replacement_len);
	line = pvp_diff_line(asker->names, asker->disasm, alt->replacement, bytes,
			     alt->replacement_len);
	text = pvp_asprintf("%u byte%s at %" PRIx64 ": %s (%s)", alt->replacement_len,
			    alt->replacement_len == 1 ? "" : "s", alt->replacement, hex, line);
	free(hex);
	free(line);
	return text;
}

static bool applies(const struct asker *asker, const struct pvp_alt_entry *alt)
{
	return pvp_platform_has_feature(asker->names->platform, alt->feature) != alt->negated;
}

static const char *state(const struct asker *asker, const struct pvp_alt_entry *alt)
{
	return pvp_platform_has_feature(asker->names->platform, alt->feature) ? "set" : "clear";
}

static void ask_alts(struct asker *asker)
{
	const struct pvp_tables *tables = asker->names->tables;

	for (size_t i = 0; i < tables->nr_alts; i++) {
		const struct pvp_alt_entry *alt = &tables->alts[i];
		char *feature, *from;

		if (!touches(asker->site, alt->addr, alt->len))
			continue;
		feature = pvp_names_feature(asker->names, alt->feature);
		from = replacement(asker, alt);
		add_entry(asker, PVP_TABLE_ALT, alt->entry,
			  pvp_asprintf("at site%+" PRId64
				       ", length %u, feature %s%s%s; replacement "
				       "%s",
				       (int64_t)(alt->addr - asker->site->addr), alt->len, feature,
				       alt->negated ? ", not-flag" : "",
				       alt->direct_call ? ", direct-call flag" : "", from),
			  pvp_asprintf("%s: %s is %s",
				       applies(asker, alt) ? "applies" : "does not apply", feature,
				       state(asker, alt)));
		free(feature);
		free(from);
	}
}

static const struct pvp_static_call_key *key_of(const struct asker *asker, uint64_t addr)
{
	const struct pvp_tables *tables = asker->names->tables;

	for (size_t i = 0; i < tables->nr_static_call_keys; i++)
		if (tables->static_call_keys[i].key == addr)
			return &tables->static_call_keys[i];
	return NULL;
}

static void ask_static_calls(struct asker *asker)
{
	const struct pvp_tables *tables = asker->names->tables;

	for (size_t i = 0; i < tables->nr_static_calls; i++) {
		const struct pvp_static_call_site *entry = &tables->static_calls[i];
		const struct pvp_static_call_key *key = key_of(asker, entry->key);
		char *now, *before, *fields;

		if (!touches(asker->site, entry->addr, 5))
			continue;
		fields = pvp_asprintf("key __SCK__%s at %" PRIx64 ", trampoline at %" PRIx64 "%s",
				      entry->name ? entry->name : "?", entry->key,
				      entry->trampoline, entry->tail ? ", tail call" : "");
		now = pvp_names_function(asker->names,
					 key ? pvp_platform_static_call(asker->names->platform, key)
					     : 0);
		before = pvp_names_function(asker->names, key ? key->func : 0);
		add_entry(asker, PVP_TABLE_STATIC_CALL, entry->entry, fields,
			  pvp_asprintf("applies: the key holds %s (%s%s)", now,
				       strcmp(now, before) ? "in the file: " : "as in the file",
				       strcmp(now, before) ? before : ""));
		free(now);
		free(before);
	}
}

static void ask_list(struct asker *asker, enum pvp_site_table table, const struct pvp_addr_entry *v,
		     size_t nr, uint64_t len)
{
	for (size_t i = 0; i < nr; i++)
		if (touches(asker->site, v[i].addr, len))
			add_entry(asker, table, v[i].entry,
				  pvp_asprintf("at site%+" PRId64,
					       (int64_t)(v[i].addr - asker->site->addr)),
				  NULL);
}

static void ask_jumps(struct asker *asker)
{
	const struct pvp_tables *tables = asker->names->tables;

	for (size_t i = 0; i < tables->nr_jumps; i++) {
		const struct pvp_jump_entry *entry = &tables->jumps[i];
		char *key, *target;

		if (!touches(asker->site, entry->addr, 2))
			continue;
		key = pvp_names_function(asker->names, entry->key);
		target = pvp_names_function(asker->names, entry->target);
		add_entry(asker, PVP_TABLE_JUMP_LABEL, entry->entry,
			  pvp_asprintf("key %s, target %s", key, target), NULL);
		free(key);
		free(target);
	}
}

static void ask_tables(struct asker *asker)
{
	const struct pvp_tables *t = asker->names->tables;

	ask_para(asker);
	ask_alts(asker);
	ask_static_calls(asker);
	ask_list(asker, PVP_TABLE_RETPOLINE, t->retpolines, t->nr_retpolines, 5);
	ask_list(asker, PVP_TABLE_RETURN, t->returns, t->nr_returns, 5);
	ask_list(asker, PVP_TABLE_CALL, t->calls, t->nr_calls, 5);
	ask_list(asker, PVP_TABLE_SMP_LOCK, t->smp_locks, t->nr_smp_locks, 1);
	ask_jumps(asker);
}

/* --- rules --- */

/* 5.10's patcher has code of its own for some operations, and ud2 for those that are NULL. */
static char *paravirt_rule(const struct asker *asker)
{
	const struct pvp_platform *platform = asker->names->platform;
	uint64_t func = slot_value(asker, asker->site->slot);
	char *name = pvp_names_function(asker->names, func ? func : platform->null_target), *rule;
	bool is_branch = asker->bytes[0] == 0xe8 || asker->bytes[0] == 0xe9;

	if (!func && !is_branch)
		rule = pvp_strdup("the slot is NULL: ud2, which traps");
	else if (!func)
		rule = pvp_asprintf("the slot is NULL: a call of %s, which traps", name);
	else if (func == platform->nop_target)
		rule = pvp_asprintf("the slot holds %s: nothing to do, NOPs", name);
	else if (!is_branch)
		rule = pvp_asprintf("the code that the patcher has for this operation, for the slot holds %s",
				    name);
	else
		rule = pvp_asprintf("a direct %s of what the slot holds, %s",
				    asker->bytes[0] == 0xe8 ? "call" : "jump", name);
	free(name);
	return rule;
}

static char *static_call_rule(const struct asker *asker)
{
	const struct pvp_static_call_key *key = key_of(asker, asker->site->key);
	uint64_t func = key ? pvp_platform_static_call(asker->names->platform, key) : 0;
	const char *tail = asker->site->tail ? "jump to" : "call of";
	char *name, *rule;

	if (!func)
		return pvp_strdup(asker->site->tail ? "the key is NULL: return"
						    : "the key is NULL: NOPs");
	name = pvp_names_function(asker->names, func);
	if (!asker->site->tail && !strcmp(name, "__static_call_return0"))
		rule = pvp_asprintf("the key holds %s: the result 0 in place", name);
	else
		rule = pvp_asprintf("a direct %s what the key holds, %s", tail, name);
	free(name);
	return rule;
}

/* Later entries overwrite earlier ones, so the last that applies has its way. */
static char *alternative_rule(const struct asker *asker)
{
	const struct pvp_tables *tables = asker->names->tables;
	const struct pvp_alt_entry *last = NULL;
	char *feature, *rule;

	for (size_t i = 0; i < tables->nr_alts; i++)
		if (touches(asker->site, tables->alts[i].addr, tables->alts[i].len) &&
		    applies(asker, &tables->alts[i]))
			last = &tables->alts[i];
	if (!last)
		return pvp_strdup("no entry applies; runs of 1-byte NOPs become long ones");
	feature = pvp_names_feature(asker->names, last->feature);
	rule = pvp_asprintf("%s is %s: the replacement, NOPs behind it", feature,
			    state(asker, last));
	free(feature);
	return rule;
}

// clang-format off
/* Passes: the table whose entries they read, and the rule where it needs no more words.  A pass
 * without a row has none of its own (PVP_NR_SITE_TABLES). */
static const struct {
	uint8_t table;
	char *(*make)(const struct asker *asker);
	const char *rule;
} rules[] = {
	[PVP_PASS_PLATFORM]    = { PVP_NR_SITE_TABLES,    NULL,             "set by the platform outside these tables" },
	[PVP_PASS_STATIC_CALL] = { PVP_TABLE_STATIC_CALL, static_call_rule, NULL },
	[PVP_PASS_PARAVIRT]    = { PVP_TABLE_PARA,        paravirt_rule,    NULL },
	[PVP_PASS_RETPOLINE]   = { PVP_TABLE_RETPOLINE,   NULL,             "an indirect branch as the mitigation has it" },
	[PVP_PASS_RETURN]      = { PVP_TABLE_RETURN,      NULL,             "a return as the mitigation has it" },
	[PVP_PASS_CALL_THUNK]  = { PVP_TABLE_CALL,        NULL,             "calls go to the pad that accounts them" },
	[PVP_PASS_ALTERNATIVE] = { PVP_TABLE_ALT,         alternative_rule, NULL },
	[PVP_PASS_ENDBR]       = { PVP_NR_SITE_TABLES,    NULL,             "a sealed endbr" },
	[PVP_PASS_SMP_LOCK]    = { PVP_TABLE_SMP_LOCK,    NULL,             "one CPU needs no lock prefix" },
};
// clang-format on

static bool has_entry(const struct pvp_why *why, unsigned table)
{
	for (size_t i = 0; i < why->nr_entries; i++)
		if (why->entries[i].table == table)
			return true;
	return false;
}

static char *rule_of(struct asker *asker, const struct pvp_trace_step *step)
{
	unsigned pass = step->pass;
	bool known = pass < ARRAY_SIZE(rules) && (rules[pass].make || rules[pass].rule);
	bool entry = known && has_entry(&asker->why, rules[pass].table);

	if (!step->wrote)
		return pvp_strdup(entry ? "leaves them" : "no entry here");
	asker->bytes = step->bytes;
	if (known && rules[pass].make && entry)
		return rules[pass].make(asker);
	return pvp_strdup(known && rules[pass].rule ? rules[pass].rule : "writes here");
}

static char *linked_rule(const struct asker *asker, const struct pvp_trace *trace)
{
	char *line = pvp_diff_line(asker->names, asker->disasm, trace->addr, trace->v[0].bytes,
				   trace->len);
	char *rule = pvp_asprintf("as linked: %s", line);

	free(line);
	return rule;
}

static void ask_passes(struct asker *asker, const struct pvp_trace *trace)
{
	struct pvp_why *why = &asker->why;

	for (size_t i = 0; i < trace->nr; i++) {
		const struct pvp_trace_step *step = &trace->v[i];
		struct pvp_why_pass *pass;

		/* What a platform sets beside the tables is rare: only where it does. */
		if (step->pass == PVP_PASS_PLATFORM && !step->wrote)
			continue;
		pass = pvp_push(&why->passes, &why->nr_passes, &why->cap_passes);
		pass->pass = step->pass;
		pass->bytes = step->wrote ? pvp_names_bytes(step->bytes, trace->len) : NULL;
		pass->rule = step->pass == PVP_PASS_FILE ? linked_rule(asker, trace)
							 : rule_of(asker, step);
	}
	if (!trace->nr)
		return;
	why->bytes = pvp_names_bytes(trace->v[trace->nr - 1].bytes, trace->len);
	why->text = pvp_diff_line(asker->names, asker->disasm, trace->addr,
				  trace->v[trace->nr - 1].bytes, trace->len);
}

struct pvp_error *pvp_why_make(const struct pvp_names *names, const struct pvp_site *site,
			       const struct pvp_trace *trace, struct pvp_why *ret)
{
	struct asker asker = {.names = names, .site = site};
	struct pvp_error *err = pvp_disasm_create(names->image->arch, &asker.disasm);

	if (err)
		return err;
	ask_tables(&asker);
	ask_passes(&asker, trace);
	if (trace->nr)
		asker.why.change = pvp_change_of(asker.disasm, site->addr, site->linked,
						 trace->v[trace->nr - 1].bytes, trace->len,
						 names->platform->null_target);
	pvp_disasm_destroy(asker.disasm);
	*ret = asker.why;
	return NULL;
}

void pvp_why_deinit(struct pvp_why *why)
{
	if (!why)
		return;
	for (size_t i = 0; i < why->nr_entries; i++) {
		free(why->entries[i].fields);
		free(why->entries[i].effect);
	}
	free(why->entries);
	for (size_t i = 0; i < why->nr_passes; i++) {
		free(why->passes[i].bytes);
		free(why->passes[i].rule);
	}
	free(why->passes);
	free(why->bytes);
	free(why->text);
	memset(why, 0, sizeof(*why));
}

void pvp_why_print(const struct pvp_why *why, FILE *out)
{
	int width = why->bytes ? strlen(why->bytes) : 0;

	fputs("table entries\n", out);
	for (size_t i = 0; i < why->nr_entries; i++) {
		const struct pvp_why_entry *entry = &why->entries[i];

		fprintf(out, "  %s, entry at %" PRIx64 "\n      %s\n",
			pvp_site_table_name(entry->table), entry->addr, entry->fields);
		if (entry->effect)
			fprintf(out, "      %s\n", entry->effect);
	}
	fputs("\nafter each pass\n", out);
	for (size_t i = 0; i < why->nr_passes; i++)
		fprintf(out, "  %-11s  %-*s  %s\n", pvp_pass_name(why->passes[i].pass), width,
			why->passes[i].bytes ? why->passes[i].bytes : "-", why->passes[i].rule);
	fprintf(out, "  %-11s  %s  %s\n", "outcome", why->bytes ? why->bytes : "",
		why->text ? why->text : "");
}
