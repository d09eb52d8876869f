// SPDX-License-Identifier: GPL-2.0-only
#include "events.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hypercall.h"

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

struct from {
	const struct pvp_run_side *side;
	const struct pvp_places *places;
	unsigned nth; /* of the two images */
};

/* printk was renamed _printk, and the like: underscores say nothing; nor does what 6.10 added to the
 * names of functions that allocate. */
static char *callee_key(const char *name)
{
	static const char suffix[] = "_noprof";
	size_t len;

	name += strspn(name, "_");
	len = strlen(name);
	if (len > strlen(suffix) && !strcmp(name + len - strlen(suffix), suffix))
		len -= strlen(suffix);
	return pvp_asprintf("callee.%.*s", (int)len, name);
}

static char *effect_key(const struct from *from, const struct pvp_effect *effect)
{
	const struct pvp_platform *platform = from->side->bench->input->platform;
	const char *name = NULL;

	if (effect->kind == PVP_EFFECT_CALLEE && effect->arg[0] < platform->nr_stubs) {
		char *older = pvp_places_function(from->places, from->nth,
						  platform->stubs[effect->arg[0]].name);
		char *key = callee_key(older);

		free(older);
		return key;
	}
	if (effect->kind == PVP_EFFECT_HYPERCALL && (platform->hypervisor == PVP_HV_XEN_PV ||
						     platform->hypervisor == PVP_HV_XEN_HVM))
		name = pvp_xen_hypercall_name(effect->arg[0]);
	return name ? pvp_asprintf("hypercall.%s", name)
		    : pvp_asprintf("effects.%s", pvp_effect_name(effect->kind));
}

static bool is_ordered(const struct pvp_write *w)
{
	return w->class == PVP_MEM_ORDERED;
}

/*
 * Words of which some bits alone mean anything: flags as saved, of which IF is restored (a Xen PV
 * kernel's save_fl writes no other).  Source: drivers/xen, arch/x86/xen/multicalls.h of 5.10 to 7.2.
 */
static const struct {
	const char *symbol;
	uint64_t mask;
} partial[] = {
	{ "xen_mc_irq_flags", 0x200 },
};

uint8_t pvp_run_meaning(const char *symbol, uint64_t offset)
{
	for (size_t i = 0; i < ARRAY_SIZE(partial); i++)
		if (!strcmp(partial[i].symbol, symbol))
			return offset < 8 ? pvp_run_byte(partial[i].mask, offset) : 0xff;
	return 0xff;
}

/* What the hypervisor looks at whenever it likes. */
static bool is_shared(const char *key)
{
	return !strcmp(key, "store.xen_vcpu_info");
}

/* Of a variable of the CPU's own. */
static bool is_own(const struct from *from, const struct pvp_run_event *event)
{
	const struct pvp_image *image = image_of(from->side);
	uint64_t addr;

	if (event->effect || (is_shared(event->key) && !event->is_nothing))
		return false;
	addr = event->write->addr;
	return addr - pvp_image_on_cpu0(image, image->percpu_from) < image->percpu_len ||
	       pvp_image_section_at(image, addr);
}

static int by_place(const void *x, const void *y)
{
	const struct pvp_run_event *a = x, *b = y;
	int order = strcmp(a->key, b->key);

	if (!order)
		order = (a->offset > b->offset) - (a->offset < b->offset);
	return order ? order : (a->nth > b->nth) - (a->nth < b->nth);
}

/* Whether the byte is in the end what it was at first. */
static bool leaves(const struct pvp_run_event *first, const struct pvp_run_event *last)
{
	return !((pvp_run_byte(first->write->old, first->byte) ^ pvp_run_byte(last->write->new, last->byte)) &
		 first->bits);
}

/* Of each byte's stores the last one stays. */
static size_t fold(struct pvp_run_event *v, size_t nr)
{
	size_t kept = 0;

	for (size_t i = 0; i < nr;) {
		bool is_nothing;
		size_t last = i;

		while (last + 1 < nr && !strcmp(v[last + 1].key, v[last].key) &&
		       v[last + 1].offset == v[last].offset)
			free(v[last++].key);
		is_nothing = leaves(&v[i], &v[last]);
		v[kept] = v[last];
		v[kept++].is_nothing = is_nothing;
		i = last + 1;
	}
	return kept;
}

/*
 * How often, in which pieces and in which order a CPU's own variables are stored, with nothing between
 * that anybody else could see, is the compiler's choice, and another one's is another.  What is kept
 * is what they hold whenever somebody could look: at each effect, and at each store to memory that is
 * not the CPU's own.
 */
static void fold_stores(const struct from *from, struct pvp_run_events *events)
{
	size_t nr = 0, first = 0;

	for (size_t i = 0; i < events->nr; i++)
		events->v[i].nth = i;
	for (size_t i = 0; i <= events->nr; i++) {
		size_t len = i - first;

		if (i < events->nr && is_own(from, &events->v[i]))
			continue;
		if (len) {
			qsort(events->v + first, len, sizeof(*events->v), by_place);
			len = fold(events->v + first, len);
			memmove(events->v + nr, events->v + first, len * sizeof(*events->v));
			nr += len;
		}
		if (i < events->nr)
			events->v[nr++] = events->v[i];
		first = i + 1;
	}
	events->nr = nr;
}

static void add_stores(const struct from *from, size_t *log, uint64_t time,
		       struct pvp_run_events *ret)
{
	const struct pvp_run_side *side = from->side;
	struct pvp_memory *memory = memory_of(side);

	for (; *log < memory->nr_log && memory->log[*log].time <= time; (*log)++) {
		const struct pvp_write *w = &memory->log[*log];

		if (!is_ordered(w) || w->writer == PVP_WRITER_SCRIPT ||
		    pvp_accounting_is_word(&side->bench->accounting, w->addr, w->size))
			continue;
		for (unsigned i = 0; i < w->size; i++) {
			struct pvp_run_event event = { .write = w, .byte = i };
			char *owner = pvp_places_owner(from->places, from->nth, memory, w->addr + i,
						       &event.offset);

			event.key = pvp_asprintf("store.%s", owner);
			event.bits = pvp_run_meaning(owner, event.offset);
			free(owner);
			event.is_nothing = leaves(&event, &event);
			*pvp_push(&ret->v, &ret->nr, &ret->cap) = event;
		}
	}
}

/* WARN_ONCE is kept quiet by a flag of the kernel's, or by its handler of the trap, which does not
 * run here: a place warns once. */
static bool is_repeated_warning(const struct pvp_effects *effects, size_t i)
{
	for (size_t k = 0; k < i && effects->v[i].kind == PVP_EFFECT_WARN; k++)
		if (effects->v[k].kind == PVP_EFFECT_WARN &&
		    effects->v[k].arg[0] == effects->v[i].arg[0])
			return true;
	return false;
}

struct pvp_run_events pvp_run_events_of(const struct pvp_run_side *side,
				       const struct pvp_places *places, unsigned nth)
{
	const struct from of = { side, places, nth }, *from = &of;
	const struct pvp_effects *effects = &run_of(side)->effects;
	struct pvp_run_events events = {0};
	size_t log = 0;

	for (size_t i = 0; i < effects->nr; i++) {
		add_stores(from, &log, i, &events);
		if (!is_repeated_warning(effects, i))
			*pvp_push(&events.v, &events.nr, &events.cap) = (struct pvp_run_event){
				.key = effect_key(from, &effects->v[i]),
				.effect = &effects->v[i] };
	}
	add_stores(from, &log, UINT64_MAX, &events);
	fold_stores(from, &events);
	return events;
}

void pvp_run_events_deinit(struct pvp_run_events *events)
{
	for (size_t i = 0; i < events->nr; i++)
		free(events->v[i].key);
	free(events->v);
}
