// SPDX-License-Identifier: GPL-2.0-only
#include "stores.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* Where an instruction leaves off and pv_ops begins. */
struct scan {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_section *section;
	struct pvp_stores stores;
	size_t cap;
};

static uint64_t s32(const uint8_t *bytes)
{
	int32_t value;

	memcpy(&value, bytes, sizeof(value));
	return (uint64_t)(int64_t)value;
}

static bool find_field(const struct scan *s, uint64_t addr, size_t *ret)
{
	*ret = pvp_tables_field_at(s->tables, addr);
	return *ret < s->tables->nr_fields;
}

static void add(struct scan *s, size_t field, uint64_t value, bool known, bool is_copy,
		uint64_t addr)
{
	struct pvp_store *store = pvp_push(&s->stores.v, &s->stores.nr, &s->cap);

	*store = (struct pvp_store){field, value, known, is_copy, addr};
}

static bool is_function(const struct scan *s, uint64_t value)
{
	return !value || pvp_image_is_text(s->image, value, 1);
}

/*
 * The memory operand of the ModRM byte at bytes+1: RIP-relative (mod 0, rm 5) or an absolute disp32
 * (SIB without base and index).  rest: bytes of the instruction behind the displacement.
 */
static bool find_operand(const struct scan *s, size_t off, unsigned rest, size_t *field,
			 unsigned *len)
{
	const uint8_t *bytes = s->section->data + off;
	size_t left = s->section->len - off;
	uint64_t addr;

	if (left < 12)
		return false;
	if ((bytes[1] & 0xc7) == 0x05) {
		*len = 6;
		addr = s->section->addr + off + *len + rest + s32(bytes + 2);
	} else if ((bytes[1] & 0xc7) == 0x04 && bytes[2] == 0x25) {
		*len = 7;
		addr = s32(bytes + 3);
	} else {
		return false;
	}
	return find_field(s, addr, field);
}

#define LOOK_BACK 48

/*
 * What a register was loaded with shortly before: REX.W c7 /0 id (mov $imm32, %reg) or REX.W 8d /r
 * (lea disp32(%rip), %reg), the last of them.
 */
static bool find_load(const struct scan *s, size_t off, unsigned reg, uint64_t *ret)
{
	const uint8_t *data = s->section->data;
	uint64_t value;

	for (size_t back = 7; back <= LOOK_BACK && back <= off; back++) {
		const uint8_t *bytes = data + off - back;

		if (bytes[0] == (reg < 8 ? 0x48 : 0x49) && bytes[1] == 0xc7 &&
		    bytes[2] == (0xc0 | (reg & 7)))
			value = s32(bytes + 3);
		else if (bytes[0] == (reg < 8 ? 0x48 : 0x4c) && bytes[1] == 0x8d &&
			 bytes[2] == (0x05 | (reg & 7) << 3))
			value = s->section->addr + off - back + 7 + s32(bytes + 3);
		else
			continue;
		if (!pvp_image_is_text(s->image, value, 1))
			continue;
		*ret = value;
		return true;
	}
	return false;
}

/* A store of a pointer at REX.W: c7 /0 id (mov $imm32) or 89 /r (mov %reg). */
static void scan_store(struct scan *s, size_t off)
{
	const uint8_t *bytes = s->section->data + off;
	uint64_t addr = s->section->addr + off, value = 0;
	size_t field;
	unsigned len, reg;
	bool known;

	if (bytes[0] == 0x48 && bytes[1] == 0xc7 && !(bytes[2] & 0x38)) {
		if (!find_operand(s, off + 1, 4, &field, &len))
			return;
		value = s32(bytes + 1 + len);
		add(s, field, value, is_function(s, value), false, addr);
	} else if ((bytes[0] == 0x48 || bytes[0] == 0x4c) && bytes[1] == 0x89) {
		if (!find_operand(s, off + 1, 0, &field, &len))
			return;
		reg = (bytes[2] >> 3 & 7) | (bytes[0] == 0x4c ? 8 : 0);
		known = find_load(s, off, reg, &value);
		add(s, field, value, known, false, addr);
	}
}

static void scan_code(struct scan *s)
{
	for (size_t i = 0; i < s->image->nr_sections; i++) {
		const struct pvp_section *section = &s->image->sections[i];

		if (!section->exec || !section->data || section->zero_based)
			continue;
		s->section = section;
		for (size_t off = 0; off + 12 < section->len; off++)
			if ((section->data[off] & 0xfb) == 0x48)
				scan_store(s, off);
	}
}

/* Parts of pv_ops that Xen PV's first C function copies from.  Source: xen_start_kernel(),
 * xen_init_irq_ops(), xen_init_mmu_ops() of 6.1 (each laid out as pv_ops, one part filled in). */
static const struct {
	const char *table, *part;
} copies[] = {
	{"xen_cpu_ops", "cpu."},
	{"xen_irq_ops", "irq."},
	{"xen_mmu_ops", "mmu."},
};

static struct pvp_error *scan_copies(struct scan *s)
{
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		size_t nr = 0;
		const struct pvp_symbol *const *table =
			pvp_image_symbols_named(s->image, copies[i].table, &nr);

		for (size_t k = 0; nr == 1 && k < s->tables->nr_fields; k++) {
			uint64_t value, addr = table[0]->addr + k * s->image->ptr_len;

			if (strncmp(s->tables->fields[k].name, copies[i].part, 4))
				continue;
			err = pvp_image_pointer(s->image, addr, &value);
			if (err)
				return pvp_error_context(err, "%s, %s", copies[i].table,
							 s->tables->fields[k].name);
			add(s, k, value, is_function(s, value), true, addr);
		}
	}
	return NULL;
}

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b))

static int by_field(const void *left, const void *right)
{
	const struct pvp_store *a = left, *b = right;

	if (a->field != b->field)
		return ORDER(a->field, b->field);
	if (a->known != b->known)
		return ORDER(b->known, a->known);
	if (a->value != b->value)
		return ORDER(a->value, b->value);
	return ORDER(a->addr, b->addr);
}

struct pvp_error *pvp_stores_scan(const struct pvp_image *image, const struct pvp_tables *tables,
				  struct pvp_stores *ret)
{
	struct scan s = {.image = image, .tables = tables};
	struct pvp_error *err;

	if (image->arch != PVP_ARCH_AMD64)
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "stores into pv_ops of %s images",
					pvp_arch_name(image->arch));
	scan_code(&s);
	err = scan_copies(&s);
	if (err) {
		pvp_stores_deinit(&s.stores);
		return err;
	}
	if (s.stores.nr)
		qsort(s.stores.v, s.stores.nr, sizeof(*s.stores.v), by_field);
	*ret = s.stores;
	return NULL;
}

void pvp_stores_deinit(struct pvp_stores *stores)
{
	if (!stores)
		return;
	free(stores->v);
	memset(stores, 0, sizeof(*stores));
}
