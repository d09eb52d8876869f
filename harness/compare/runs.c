// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "events.h"
#include "x86/regs.h"

void pvp_run_differences_add(struct pvp_run_differences *differences, const char *field,
			     const char *a, const char *b)
{
	for (size_t i = 0; i < differences->nr; i++)
		if (!strcmp(differences->v[i].field, field))
			return;
	*pvp_push(&differences->v, &differences->nr, &differences->cap) =
		(struct pvp_run_difference){ .field = pvp_strdup(field),
					     .a = pvp_strdup(a),
					     .b = pvp_strdup(b) };
}

static void difference_deinit(struct pvp_run_difference *difference)
{
	free(difference->field);
	free(difference->a);
	free(difference->b);
	free(difference->at[0]);
	free(difference->at[1]);
}

bool pvp_run_differences_remove(struct pvp_run_differences *differences, const char *field)
{
	for (size_t i = 0; i < differences->nr; i++) {
		struct pvp_run_difference *difference = &differences->v[i];

		if (strcmp(difference->field, field))
			continue;
		difference_deinit(difference);
		differences->nr--;
		memmove(difference, difference + 1, (differences->nr - i) * sizeof(*difference));
		return true;
	}
	return false;
}

void pvp_run_differences_deinit(struct pvp_run_differences *differences)
{
	if (!differences)
		return;
	for (size_t i = 0; i < differences->nr; i++)
		difference_deinit(&differences->v[i]);
	free(differences->v);
	free(differences->undecided);
	memset(differences, 0, sizeof(*differences));
}

static const struct pvp_image *image_of(const struct pvp_run_side *side)
{
	return side->bench->input->image;
}

static const struct pvp_run *run_of(const struct pvp_run_side *side)
{
	return &side->bench->side[1].run;
}

static struct pvp_memory *memory_of(const struct pvp_run_side *side)
{
	return pvp_machine_memory(side->bench->side[1].machine);
}

struct runs {
	const struct pvp_run_side *side[2];
	const struct pvp_places *places;
	struct pvp_run_differences *ret;
};

/* Where a call at the site returns to: nobody's business. */
static bool is_behind_call(const struct pvp_run_side *side, uint64_t value)
{
	return value - side->site->addr - 1 < side->site->len;
}

/* Where a function has its locals is the compiler's business; what is in them is compared where it is
 * handed out. */
static bool is_own_frame(const struct pvp_run_side *side, uint64_t value)
{
	return value < side->end_sp && value >= side->bench->facts.plan->stack;
}

static bool same(const struct runs *runs, uint64_t a, uint64_t b)
{
	if (is_behind_call(runs->side[0], a) && is_behind_call(runs->side[1], b))
		return true;
	if (a == runs->side[0]->bench->facts.percpu_base &&
	    b == runs->side[1]->bench->facts.percpu_base)
		return true;
	if (is_own_frame(runs->side[0], a) && is_own_frame(runs->side[1], b))
		return true;
	return pvp_places_same(runs->places, a, b);
}

static void add_values(const struct runs *runs, const char *field, uint64_t a, uint64_t b)
{
	char *text_a = pvp_places_text(runs->places, 0, a);
	char *text_b = pvp_places_text(runs->places, 1, b);

	pvp_run_differences_add(runs->ret, field, text_a, text_b);
	free(text_a);
	free(text_b);
}

/* Flags of warnings that are given once: the warnings are effects. */
static bool is_once_flag(const char *symbol)
{
	static const char *const names[] = { "__warned", "__already_done" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(symbol, names[i], strlen(names[i])))
			return true;
	return false;
}

/* --- what happened, in order --- */

/* Memory behind an effect, word by word: it may hold addresses. */
static bool data_agrees(const struct runs *runs, const struct pvp_effect *a,
			const struct pvp_effect *b)
{
	const uint8_t *of_a = run_of(runs->side[0])->effects.data + a->data;
	const uint8_t *of_b = run_of(runs->side[1])->effects.data + b->data;
	size_t word = image_of(runs->side[0])->ptr_len;

	if (a->data_len != b->data_len)
		return false;
	for (size_t i = 0; i < a->data_len; i += word) {
		size_t len = a->data_len - i < word ? a->data_len - i : word;
		uint64_t x = 0, y = 0;

		memcpy(&x, of_a + i, len);
		memcpy(&y, of_b + i, len);
		if (!same(runs, x, y))
			return false;
	}
	return true;
}

static bool effects_agree(const struct runs *runs, const struct pvp_effect *a,
			  const struct pvp_effect *b)
{
	unsigned first = a->kind == PVP_EFFECT_CALLEE; /* a place in a list: the key has the name */

	if (a->kind == PVP_EFFECT_WARN) /* where the compiler put it */
		return true;
	if (a->nr_args != b->nr_args)
		return false;
	for (unsigned i = first; i < a->nr_args; i++)
		if (!same(runs, a->arg[i], b->arg[i]) &&
		    !(pvp_contract_ignores(runs->side[0]->contract, a->kind, i) &&
		      pvp_contract_ignores(runs->side[1]->contract, b->kind, i)))
			return false;
	return data_agrees(runs, a, b);
}

static bool stores_agree(const struct runs *runs, const struct pvp_run_event *a, const struct pvp_run_event *b)
{
	uint64_t at_a = a->write->addr + a->byte, at_b = b->write->addr + b->byte;

	if (!same(runs, at_a, at_b))
		return false;
	if (!((pvp_run_byte(a->write->new, a->byte) ^ pvp_run_byte(b->write->new, b->byte)) & a->bits))
		return true;
	return a->byte == b->byte && a->write->size == b->write->size &&
	       same(runs, a->write->new, b->write->new);
}

static bool events_agree(const struct runs *runs, const struct pvp_run_event *a, const struct pvp_run_event *b)
{
	return a->effect ? effects_agree(runs, a->effect, b->effect) : stores_agree(runs, a, b);
}

static char *event_text(const struct runs *runs, unsigned side, const struct pvp_run_event *event)
{
	char *text = NULL, *word;
	size_t len;
	FILE *out;

	if (!event)
		return pvp_strdup("nothing");
	out = open_memstream(&text, &len);
	if (event->effect) {
		fputs(pvp_effect_name(event->effect->kind), out);
		for (unsigned i = event->effect->kind == PVP_EFFECT_CALLEE;
		     i < event->effect->nr_args; i++) {
			word = pvp_places_text(runs->places, side, event->effect->arg[i]);
			fprintf(out, " %s", word);
			free(word);
		}
		if (event->effect->data_len)
			fprintf(out, ", %zu bytes behind it", event->effect->data_len);
	} else {
		word = pvp_places_text(runs->places, side, event->write->addr + event->byte);
		fprintf(out, "%#x to %s",
			(unsigned)pvp_run_byte(event->write->new, event->byte), word);
		free(word);
	}
	fclose(out);
	return text;
}

/* The event of that key at *i or behind it, or NULL. */
static const struct pvp_run_event *event_of(const struct pvp_run_events *events, const char *key, size_t *i)
{
	while (*i < events->nr && strcmp(events->v[*i].key, key))
		(*i)++;
	return *i < events->nr ? &events->v[*i] : NULL;
}

/* False: the events of that key differ, and it is recorded. */
static bool key_agrees(const struct runs *runs, const struct pvp_run_events events[2], const char *key)
{
	size_t i = 0, k = 0;
	const struct pvp_run_event *a, *b;
	char *text_a, *text_b;

	for (;;) {
		a = event_of(&events[0], key, &i);
		b = event_of(&events[1], key, &k);
		if (a && b && events_agree(runs, a, b)) {
			i++;
			k++;
		} else if (a && a->is_nothing) {
			i++;
		} else if (b && b->is_nothing) {
			k++;
		} else {
			break;
		}
	}
	if (!a && !b)
		return true;
	text_a = event_text(runs, 0, a);
	text_b = event_text(runs, 1, b);
	pvp_run_differences_add(runs->ret, key, text_a, text_b);
	free(text_a);
	free(text_b);
	return false;
}

static bool is_differing(const struct runs *runs, const char *key)
{
	for (size_t i = 0; i < runs->ret->nr; i++)
		if (!strcmp(runs->ret->v[i].field, key))
			return true;
	return false;
}

/* Of the events whose kind agrees, the first of the next run of one kind. */
static const struct pvp_run_event *next_agreeing(const struct runs *runs, const struct pvp_run_events *events,
					 const struct pvp_run_event *last, size_t *i)
{
	while (*i < events->nr) {
		const struct pvp_run_event *event = &events->v[(*i)++];

		if (!event->is_nothing && !is_differing(runs, event->key) &&
		    (!last || strcmp(last->key, event->key)))
			return event;
	}
	return NULL;
}

static void compare_events(const struct runs *runs)
{
	struct pvp_run_events events[] = {
		pvp_run_events_of(runs->side[0], runs->places, 0),
		pvp_run_events_of(runs->side[1], runs->places, 1),
	};
	const struct pvp_run_event *a = NULL, *b = NULL;
	size_t i = 0, k = 0;

	for (unsigned side = 0; side < 2; side++)
		for (size_t n = 0; n < events[side].nr; n++)
			if (!n || strcmp(events[side].v[n].key, events[side].v[n - 1].key))
				(void)key_agrees(runs, events, events[side].v[n].key);
	do {
		a = next_agreeing(runs, &events[0], a, &i);
		b = next_agreeing(runs, &events[1], b, &k);
	} while (a && b && !strcmp(a->key, b->key));
	if (a || b) {
		char *text_a = event_text(runs, 0, a), *text_b = event_text(runs, 1, b);

		pvp_run_differences_add(runs->ret, "order", text_a, text_b);
		free(text_a);
		free(text_b);
	}
	pvp_run_events_deinit(&events[0]);
	pvp_run_events_deinit(&events[1]);
}

/* --- memory at the end --- */

static unsigned dead_bytes(const struct pvp_write *w, uint64_t sp)
{
	if (w->class != PVP_MEM_STACK || w->addr >= sp)
		return 0;
	return sp - w->addr < w->size ? sp - w->addr : w->size;
}

/* The pointer-sized word around addr, or just its byte when there is no such word. */
static uint64_t word_around(const struct pvp_run_side *side, uint64_t addr)
{
	unsigned word = image_of(side)->ptr_len;
	uint64_t value = 0;

	(void)pvp_memory_read(memory_of(side), addr - addr % word, &value, word);
	return value;
}

static void compare_byte(const struct runs *runs, unsigned writer, uint64_t addr, uint8_t here)
{
	const struct pvp_run_side *from = runs->side[writer], *to = runs->side[1 - writer];
	char *texts[2] = {0}, *owner, *field, *place;
	const uint8_t *there = NULL;
	uint64_t at, offset, words[2];

	if (pvp_places_map(runs->places, writer, addr, &at)) {
		there = pvp_memory_host(memory_of(to), at, 1);
		if (there && *there == here)
			return;
		words[writer] = word_around(from, addr);
		words[1 - writer] = word_around(to, at);
		if (there && at % 8 == addr % 8 && same(runs, words[0], words[1]))
			return;
	}
	owner = pvp_places_owner(runs->places, writer, memory_of(from), addr, &offset);
	if (is_once_flag(owner) || (there && !((*there ^ here) & pvp_run_meaning(owner, offset)))) {
		free(owner);
		return;
	}
	field = pvp_asprintf("memory.%s", owner);
	place = pvp_places_text(runs->places, writer, addr);
	texts[writer] = pvp_asprintf("%#x at %s", here, place);
	texts[1 - writer] = there ? pvp_asprintf("%#x", *there) : pvp_strdup("no such place");
	pvp_run_differences_add(runs->ret, field, texts[0], texts[1]);
	free(owner);
	free(field);
	free(place);
	free(texts[0]);
	free(texts[1]);
}

static void compare_memory(const struct runs *runs)
{
	for (unsigned side = 0; side < 2; side++) {
		const struct pvp_run_side *s = runs->side[side];
		const struct pvp_memory *memory = memory_of(s);
		uint64_t sp = run_of(s)->stop == PVP_STOP_OP_END ? run_of(s)->end.reg[PVP_X86_rsp]
								 : s->end_sp;

		for (size_t i = 0; i < memory->nr_log; i++) {
			const struct pvp_write *w = &memory->log[i];

			if (w->writer == PVP_WRITER_SCRIPT || !w->host ||
			    pvp_accounting_is_word(&s->bench->accounting, w->addr, w->size))
				continue;
			for (unsigned n = dead_bytes(w, sp); n < w->size; n++)
				compare_byte(runs, side, w->addr + n, w->host[n]);
		}
	}
}

/* --- registers --- */

static void compare_registers(const struct runs *runs)
{
	const struct pvp_contract *a = runs->side[0]->contract, *b = runs->side[1]->contract;
	const uint64_t *of_a = run_of(runs->side[0])->end.reg, *of_b = run_of(runs->side[1])->end.reg;
	bool op_end = run_of(runs->side[0])->stop == PVP_STOP_OP_END;

	for (unsigned reg = 0; reg < PVP_X86_NR_STATE; reg++) {
		/* What both promise. */
		uint64_t mask = pvp_contract_observes(a, reg, op_end) &
				pvp_contract_observes(b, reg, op_end);
		bool is_result = reg == PVP_X86_rax && !op_end;

		/* Reaching the end says where the stack pointer is. */
		if (reg == PVP_X86_rip || (reg == PVP_X86_rsp && !op_end))
			continue;
		if (!same(runs, of_a[reg] & mask, of_b[reg] & mask))
			add_values(runs, is_result ? "result" : pvp_x86_reg_name(reg),
				   of_a[reg] & mask, of_b[reg] & mask);
	}
}

/* --- the whole --- */

static bool is_decided(enum pvp_stop stop)
{
	return stop == PVP_STOP_END || stop == PVP_STOP_OP_END || stop == PVP_STOP_FAULT ||
	       stop == PVP_STOP_STRADDLE;
}

#define FIRST_PAGE 4096

static bool is_null(const struct pvp_run *run)
{
	return run->stop == PVP_STOP_FAULT && run->vector == PVP_FAULT_PF &&
	       run->fault_addr < FIRST_PAGE;
}

static char *stop_text(const struct runs *runs, unsigned nth)
{
	const struct pvp_run_side *side = runs->side[nth];
	char what[96], *place, *text;


	if (run_of(side)->stop == PVP_STOP_FAULT)
		snprintf(what, sizeof(what), "fault %u (accessed %#" PRIx64 ")",
			 run_of(side)->vector, run_of(side)->fault_addr);
	else
		snprintf(what, sizeof(what), "%s%s%s", pvp_stop_name(run_of(side)->stop),
			 *run_of(side)->detail ? " " : "", run_of(side)->detail);
	place = pvp_places_text(runs->places, nth, run_of(side)->stop_addr);
	text = pvp_asprintf("%s at %s", what, place);
	free(place);
	return text;
}

static void differ_in_stop(const struct runs *runs, const char *field)
{
	char *a = stop_text(runs, 0), *b = stop_text(runs, 1);

	pvp_run_differences_add(runs->ret, field, a, b);
	free(a);
	free(b);
}

void pvp_runs_compare(const struct pvp_run_side *a, const struct pvp_run_side *b,
		      const struct pvp_places *places, struct pvp_run_differences *ret)
{
	struct runs runs = { { a, b }, places, ret };
	const struct pvp_run *of_a = run_of(a), *of_b = run_of(b);

	ret->ended = false;
	ret->is_null[0] = is_null(of_a);
	ret->is_null[1] = is_null(of_b);
	for (unsigned i = 0; i < 2; i++) {
		if (is_decided(run_of(runs.side[i])->stop))
			continue;
		if (!ret->undecided) {
			char *text = stop_text(&runs, i);

			ret->undecided = pvp_asprintf("%c: %s", 'A' + i, text);
			free(text);
		}
		return;
	}
	if (of_a->stop != of_b->stop) {
		differ_in_stop(&runs, "stop");
		return;
	}
	if (of_a->stop == PVP_STOP_FAULT &&
	    (of_a->vector != of_b->vector || of_a->fault_access != of_b->fault_access ||
	     !same(&runs, of_a->fault_addr, of_b->fault_addr)))
		differ_in_stop(&runs, "fault");
	compare_events(&runs);
	if (of_a->stop == PVP_STOP_FAULT)
		return;
	ret->ended = true;
	compare_registers(&runs);
	compare_memory(&runs);
}
