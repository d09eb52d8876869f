// SPDX-License-Identifier: GPL-2.0-only
#include "machine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

const char *pvp_effect_name(enum pvp_effect_kind kind)
{
	static const char *const names[] = {
#define X(id, name, legend) name,
		PVP_EFFECTS(X)
#undef X
	};

	return names[kind];
}

const char *pvp_stop_name(enum pvp_stop stop)
{
	static const char *const names[] = {
#define X(id, name, what) name,
		PVP_STOPS(X)
#undef X
	};

	return names[stop];
}

struct pvp_effect *pvp_effects_add(struct pvp_effects *effects, enum pvp_effect_kind kind,
				   unsigned nr_args, const uint64_t *args)
{
	struct pvp_effect *e = pvp_push(&effects->v, &effects->nr, &effects->cap);

	assert(nr_args <= PVP_EFFECT_MAX_ARGS);
	e->kind = kind;
	e->nr_args = nr_args;
	for (unsigned i = 0; i < nr_args; i++)
		e->arg[i] = args[i];
	e->data = effects->nr_data;
	return e;
}

void pvp_effects_add_data(struct pvp_effects *effects, const void *data, size_t len)
{
	assert(effects->nr);
	while (effects->cap_data - effects->nr_data < len) {
		effects->cap_data = effects->cap_data ? effects->cap_data * 2 : 256;
		effects->data = pvp_reallocarray(effects->data, effects->cap_data, 1);
	}
	memcpy(effects->data + effects->nr_data, data, len);
	effects->nr_data += len;
	effects->v[effects->nr - 1].data_len += len;
}

void pvp_effects_clear(struct pvp_effects *effects)
{
	effects->nr = 0;
	effects->nr_data = 0;
}

void pvp_effects_deinit(struct pvp_effects *effects)
{
	free(effects->v);
	free(effects->data);
	memset(effects, 0, sizeof(*effects));
}

bool pvp_effect_equal(const struct pvp_effects *a, size_t i, const struct pvp_effects *b, size_t j)
{
	const struct pvp_effect *x = &a->v[i], *y = &b->v[j];

	return x->kind == y->kind && x->nr_args == y->nr_args && x->data_len == y->data_len &&
	       !memcmp(x->arg, y->arg, x->nr_args * sizeof(x->arg[0])) &&
	       (!x->data_len || !memcmp(a->data + x->data, b->data + y->data, x->data_len));
}

void pvp_run_deinit(struct pvp_run *run)
{
	pvp_effects_deinit(&run->effects);
}
