// SPDX-License-Identifier: GPL-2.0-only
#include "load.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "insn.h"
#include "resolve.h"
#include "static_keys.h"

/* Of one text row: more than a page of hypercalls has. */
#define MAX_STRETCHES 4096

/* An array without element i. */
#define TAKE_OUT(v, nr, i) memmove(&(v)[i], &(v)[(i) + 1], (--(nr) - (i)) * sizeof(*(v)))

/* earlier: rules of the layers before. */
static struct pvp_error *load_insn_list(const struct pvp_load *l, const char *list, char **v,
					size_t nr, enum pvp_insn_rule rule, size_t *earlier)
{
	struct pvp_platform *p = l->platform;

	for (size_t i = 0; i < nr; i++) {
		struct pvp_insn_rule_row *row;
		struct pvp_error *err = NULL;

		if (!pvp_insn_class_known(v[i]))
			err = pvp_error_format(PVP_ERR_NOT_FOUND, "unknown instruction class '%s'",
					       v[i]);
		for (size_t j = 0; !err && j < p->nr_insns; j++) {
			if (strcmp(p->insns[j].insn, v[i]))
				continue;
			if (j >= *earlier) {
				err = pvp_error_format(PVP_ERR_BAD_DATA,
						       "instruction class '%s' is listed twice",
						       v[i]);
				break;
			}
			free(p->insns[j].insn);
			TAKE_OUT(p->insns, p->nr_insns, j);
			--*earlier;
			break;
		}
		if (err)
			return pvp_yaml_context(l->yaml, err, "instructions/%s/%zu", list, i);
		row = &p->insns[p->nr_insns++];
		row->insn = pvp_strdup(v[i]);
		row->rule = rule;
	}
	return NULL;
}

struct pvp_error *pvp_load_insns(const struct pvp_load *l)
{
	const struct pvp_platform_words *w = l->words;
	size_t nr = w->instructions.allow_count + w->instructions.emulate_count +
		    w->instructions.fault_count + w->instructions.ignore_count +
		    w->instructions.end_count;
	size_t earlier = l->platform->nr_insns;
	struct pvp_error *err;

	l->platform->insns =
		pvp_reallocarray(l->platform->insns, earlier + nr + 1, sizeof(*l->platform->insns));
#define LIST(name, rule)                                                                           \
	load_insn_list(l, #name, w->instructions.name, w->instructions.name##_count, rule, &earlier)
	err = LIST(allow, PVP_INSN_ALLOW);
	if (!err)
		err = LIST(emulate, PVP_INSN_EMULATE);
	if (!err)
		err = LIST(fault, PVP_INSN_FAULT);
	if (!err)
		err = LIST(ignore, PVP_INSN_IGNORE);
	if (!err)
		err = LIST(end, PVP_INSN_END);
#undef LIST
	return err;
}

#define NUMBER "nnnnnnnn"

/* Hex digits; NUMBER stands for the 4 bytes of the number. */
static bool parse_bytes(const char *text, uint32_t number, struct pvp_text_write *write)
{
	size_t len = strlen(text);

	if (!len || len % 2 || len / 2 > sizeof(write->bytes))
		return false;
	write->len = len / 2;
	for (size_t i = 0; i < write->len;) {
		char digits[3] = {text[2 * i], text[2 * i + 1]};

		if (!strncmp(text + 2 * i, NUMBER, strlen(NUMBER))) {
			for (unsigned k = 0; k < 4; k++)
				write->bytes[i++] = number >> 8 * k;
		} else if (strspn(digits, "0123456789abcdefABCDEF") == 2) {
			write->bytes[i++] = strtoul(digits, NULL, 16);
		} else {
			return false;
		}
	}
	return true;
}

/* e9 rel32: jmp target */
static struct pvp_error *make_jump(uint64_t target, struct pvp_text_write *write)
{
	int64_t rel = (int64_t)(target - (write->addr + 5));

	if (rel != (int32_t)rel)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"a jump at %#" PRIx64 " does not reach %#" PRIx64,
					write->addr, target);
	write->bytes[0] = 0xe9;
	for (unsigned i = 0; i < 4; i++)
		write->bytes[1 + i] = (uint32_t)rel >> (8 * i);
	write->len = 5;
	return NULL;
}

static struct pvp_error *check_text(const struct pvp_file_text *row)
{
	if (!row->jump == !row->bytes)
		return pvp_error_format(PVP_ERR_BAD_DATA, "one of jump and bytes is needed");
	if (!row->stride && (row->first || row->last))
		return pvp_error_format(PVP_ERR_BAD_DATA, "first and last go with a stride");
	if (row->stride && row->jump)
		return pvp_error_format(PVP_ERR_BAD_DATA, "a stride goes with bytes");
	if (row->first > row->last || row->last >= MAX_STRETCHES)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%u to %u: not numbers below %d",
					row->first, row->last, MAX_STRETCHES);
	return NULL;
}

static struct pvp_error *resolve_text(const struct pvp_load *l, const struct pvp_file_text *row,
				      uint32_t number, struct pvp_text_write *write)
{
	struct pvp_error *err;
	uint64_t target;

	err = pvp_platform_address(l->image, row->at, &write->addr);
	if (!err)
		write->addr += (uint64_t)row->stride * number;
	if (!err && row->jump) {
		err = pvp_resolve_function(l->image, row->jump, 0, &target);
		if (!err)
			err = make_jump(target, write);
	} else if (!err && !parse_bytes(row->bytes, number, write)) {
		err = pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not 1 to %zu bytes in hex",
				       row->bytes, sizeof(write->bytes));
	}
	if (!err && !pvp_image_is_text(l->image, write->addr, write->len))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "%#" PRIx64 " lies outside text",
				       write->addr);
	return err;
}

/* Drops err and says true when it is the missing symbol that `optional: true` allows. */
static bool passed_over(struct pvp_error *err, bool optional)
{
	if (!err || !optional || err->code != PVP_ERR_NOT_FOUND)
		return false;
	pvp_error_destroy(err);
	return true;
}

/* earlier: writes of the layers before. */
static struct pvp_error *put_text(struct pvp_platform *p, const struct pvp_text_write *write,
				  size_t *earlier, size_t *cap)
{
	for (size_t i = 0; i < *earlier; i++)
		if (write->addr == p->text_writes[i].addr) {
			TAKE_OUT(p->text_writes, p->nr_text_writes, i);
			--*earlier;
			break;
		}
	for (size_t i = 0; i < p->nr_text_writes; i++)
		if (write->addr < p->text_writes[i].addr + p->text_writes[i].len &&
		    p->text_writes[i].addr < write->addr + write->len)
			return pvp_error_format(PVP_ERR_BAD_DATA, "%#" PRIx64 " is written twice",
						write->addr);
	*pvp_push(&p->text_writes, &p->nr_text_writes, cap) = *write;
	return NULL;
}

struct pvp_error *pvp_load_text(const struct pvp_load *l)
{
	struct pvp_platform *p = l->platform;
	size_t earlier = p->nr_text_writes, cap = earlier;

	for (size_t i = 0; i < l->words->text_count; i++) {
		const struct pvp_file_text *row = &l->words->text[i];
		struct pvp_error *err = check_text(row);

		for (unsigned n = row->first; !err && n <= row->last; n++) {
			struct pvp_text_write write = {0};

			err = resolve_text(l, row, n, &write);
			if (passed_over(err, row->optional)) {
				err = NULL;
				break;
			}
			if (!err)
				err = put_text(p, &write, &earlier, &cap);
		}
		if (err)
			return pvp_yaml_context(l->yaml, err, "text/%zu", i);
	}
	return NULL;
}

struct pvp_error *pvp_load_static_keys(const struct pvp_load *l)
{
	for (size_t i = 0; i < l->words->static_keys_count; i++) {
		const struct pvp_file_static_key *row = &l->words->static_keys[i];
		struct pvp_error *err = NULL;

		for (size_t j = 0; !err && j < i; j++)
			if (!strcmp(l->words->static_keys[j].key, row->key))
				err = pvp_error_format(PVP_ERR_BAD_DATA,
						       "static key '%s' is listed twice", row->key);
		if (!err)
			err = pvp_static_key_set(l->image, l->tables, row->key, row->on,
						 l->platform);
		if (!passed_over(err, row->optional) && err)
			return pvp_yaml_context(l->yaml, err, "static_keys/%zu", i);
	}
	return NULL;
}

/* earlier: stubs of the layers before. */
static struct pvp_error *resolve_callee(const struct pvp_load *l, const struct pvp_file_callee *row,
					size_t earlier, struct pvp_callee_stub *stub)
{
	const char *result = row->result;
	struct pvp_error *err;
	char *end;

	err = pvp_resolve_function(l->image, row->name, 0, &stub->addr);
	if (err)
		return err;
	for (size_t i = earlier; i < l->platform->nr_stubs; i++)
		if (l->platform->stubs[i].addr == stub->addr)
			return pvp_error_format(PVP_ERR_BAD_DATA, "callee '%s' is listed twice",
						row->name);
	if (row->args > 6)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%u arguments; 6 are in registers",
					row->args);
	stub->nr_args = row->args;
	if (!result)
		return NULL;
	stub->has_result = true;
	stub->by_domain = pvp_domain_parse(result, &stub->result);
	if (stub->by_domain)
		return NULL;
	if (!isdigit((unsigned char)*result))
		return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown domain '%s'", result);
	errno = 0;
	stub->value = strtoull(result, &end, 0);
	if (*end || errno)
		return pvp_error_format(PVP_ERR_BAD_DATA, "'%s' is not a number", result);
	return NULL;
}

struct pvp_error *pvp_load_callees(const struct pvp_load *l)
{
	struct pvp_platform *p = l->platform;
	size_t earlier = p->nr_stubs, cap = earlier;

	for (size_t i = 0; i < l->words->callees_count; i++) {
		const struct pvp_file_callee *row = &l->words->callees[i];
		struct pvp_callee_stub stub = {0};
		struct pvp_error *err;

		err = resolve_callee(l, row, earlier, &stub);
		if (!stub.addr && passed_over(err, row->optional))
			continue;
		if (err)
			return pvp_yaml_context(l->yaml, err, "callees/%zu", i);
		for (size_t j = 0; j < earlier; j++)
			if (p->stubs[j].addr == stub.addr) {
				free(p->stubs[j].name);
				TAKE_OUT(p->stubs, p->nr_stubs, j);
				earlier--;
				break;
			}
		stub.name = pvp_strdup(row->name);
		*pvp_push(&p->stubs, &p->nr_stubs, &cap) = stub;
	}
	return NULL;
}

static bool is_same_word(const struct pvp_poke *a, const struct pvp_poke *b)
{
	return a->addr == b->addr && a->via == b->via && a->page_off == b->page_off;
}

struct pvp_error *pvp_load_memory(const struct pvp_load *l)
{
	const struct pvp_poke_rows rows = {l->words->memory, l->words->memory_count, "memory",
					   false};
	struct pvp_platform *p = l->platform;
	size_t earlier = p->nr_pokes, cap = earlier, nr = 0;
	struct pvp_poke *pokes = NULL;
	struct pvp_error *err;

	err = pvp_pokes_resolve(&rows, l->yaml, l->image, p->hypervisor, p->cpus, &pokes, &nr);
	if (err)
		return err;
	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < earlier; j++)
			if (is_same_word(&p->pokes[j], &pokes[i])) {
				free(p->pokes[j].values);
				TAKE_OUT(p->pokes, p->nr_pokes, j);
				earlier--;
				break;
			}
		*pvp_push(&p->pokes, &p->nr_pokes, &cap) = pokes[i];
	}
	free(pokes);
	return NULL;
}
