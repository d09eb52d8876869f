// SPDX-License-Identifier: GPL-2.0-only
/*
 * inputs.c - what the platform is, put where the patcher reads it.
 */
#include "inside.h"

#include <inttypes.h>
#include <string.h>

#include "alloc.h"
#include "btf.h"

static struct pvp_error *put_symbol(struct pvp_guest *guest, const char *symbol, uint64_t off,
				    const void *data, uint64_t len)
{
	uint64_t addr;
	struct pvp_error *err = pvp_image_symbol(guest->image, symbol, &addr);

	return err ? err : pvp_guest_memory_put(&guest->memory, addr + off, data, len, symbol);
}

struct pvp_error *pvp_guest_put_caps(struct pvp_guest *guest, bool thunks)
{
	const unsigned rethunk = guest->layout->rethunk;
	uint32_t caps[PVP_CAP_WORDS];
	uint64_t off = guest->layout->caps, len = sizeof(caps);
	struct pvp_error *err;

	if (pvp_btf_exists(guest->image)) {
		err = pvp_btf_offset(guest->image, "cpuinfo_x86", "x86_capability", &off, &len);
		if (err)
			return err;
	}
	memcpy(caps, guest->platform->caps, sizeof(caps));
	if (!thunks)
		caps[rethunk / 32] &= ~(1u << rethunk % 32);
	return put_symbol(guest, "boot_cpu_data", off, caps,
			  len < sizeof(caps) ? len : sizeof(caps));
}

static struct pvp_error *put_cpu_model(struct pvp_guest *guest)
{
	const struct pvp_guest_layout *layout = guest->layout;
	const struct pvp_cpu_model *cpu = &guest->platform->cpu;
	const struct {
		uint8_t off;
		const uint8_t *value;
	} bytes[] = {
		{layout->family, &cpu->family},
		{layout->vendor, &cpu->vendor},
		{layout->model, &cpu->model},
	};
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bytes) && !err; i++)
		if (bytes[i].off != PVP_GUEST_NO_CPU_MODEL)
			err = put_symbol(guest, "boot_cpu_data", bytes[i].off, bytes[i].value, 1);
	return err;
}

static struct pvp_error *put_text_writes(struct pvp_guest *guest)
{
	const struct pvp_platform *p = guest->platform;
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < p->nr_text_writes && !err; i++) {
		const struct pvp_text_write *write = &p->text_writes[i];

		if (write->len > sizeof(write->bytes) ||
		    !pvp_image_is_text(guest->image, write->addr, write->len))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"platform %s: text write of %u bytes at %#" PRIx64,
						p->name ? p->name : "?", write->len, write->addr);
		err = pvp_guest_memory_put(&guest->memory, write->addr, write->bytes, write->len,
					   "text write");
	}
	return err;
}

/*
 * The CPUs there are: one decides that lock prefixes go.  Masks as words, counts as ints, each
 * where the image has it.  Source: linux/cpumask.h of Linux 5.10 to 7.2.
 */
static struct pvp_error *put_cpus(struct pvp_guest *guest)
{
	static const char *const masks[] = {"__cpu_possible_mask", "__cpu_present_mask"};
	static const char *const counts[] = {"nr_cpu_ids", "__num_possible_cpus"};
	const uint32_t cpus = guest->platform->cpus;
	const uint64_t mask = cpus >= 64 ? ~0ull : (1ull << cpus) - 1;
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(masks) && !err; i++)
		if (pvp_image_symbols_named(guest->image, masks[i], NULL))
			err = put_symbol(guest, masks[i], 0, &mask, guest->image->ptr_len);
	for (size_t i = 0; i < ARRAY_SIZE(counts) && !err; i++)
		if (pvp_image_symbols_named(guest->image, counts[i], NULL))
			err = put_symbol(guest, counts[i], 0, &cpus, sizeof(cpus));
	return err;
}

/*
 * ftrace_init() comes before all that is predicted, and makes NOPs of its calls: in text that runs,
 * they cost more than all else.  No pass tells one from the other.
 */
static struct pvp_error *put_ftrace_nops(struct pvp_guest *guest)
{
	static const uint8_t nop[] = {0x0f, 0x1f, 0x44, 0, 0};
	const struct pvp_tables *t = guest->tables;
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < t->nr_mcounts && !err; i++)
		err = pvp_guest_memory_put(&guest->memory, t->mcounts[i].addr, nop, sizeof(nop),
					   "call to ftrace");
	pvp_authors_settle(&guest->authors, PVP_PASS_FILE);
	return err;
}

struct pvp_error *pvp_guest_put_inputs(struct pvp_guest *guest)
{
	const struct pvp_platform *p = guest->platform;
	const unsigned ptr_len = guest->image->ptr_len;
	struct pvp_error *err;

	err = put_ftrace_nops(guest);
	if (!err)
		err = put_text_writes(guest);
	for (size_t i = 0; i < p->nr_pv_ops && !err; i++)
		err = pvp_guest_memory_put(&guest->memory, guest->tables->slots[i], &p->pv_ops[i],
					   ptr_len, "pv_ops");
	if (!err && p->return_thunk)
		err = put_symbol(guest, "x86_return_thunk", 0, &p->return_thunk, ptr_len);
	if (!err)
		err = put_cpu_model(guest);
	return err ? err : put_cpus(guest);
}
