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

static int32_t s32(const uint8_t *bytes)
{
	int32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static bool is_64(const struct scan *s)
{
	return s->image->arch == PVP_ARCH_AMD64;
}

/* An address in 32 bits: sign-extended in 64-bit code. */
static uint64_t address(const struct scan *s, const uint8_t *bytes)
{
	return is_64(s) ? (uint64_t)(int64_t)s32(bytes) : (uint32_t)s32(bytes);
}

static bool find_field(const struct scan *s, uint64_t addr, size_t *ret)
{
	*ret = pvp_tables_field_at(s->tables, addr);
	return *ret < s->tables->nr_fields;
}

static struct pvp_store *add(struct scan *s, size_t field, uint64_t value, bool known,
			     uint64_t addr)
{
	struct pvp_store *store = pvp_push(&s->stores.v, &s->stores.nr, &s->cap);

	*store = (struct pvp_store){.field = field, .value = value, .known = known, .addr = addr};
	return store;
}

static bool is_function(const struct scan *s, uint64_t value)
{
	return !value || pvp_image_is_text(s->image, value, 1);
}

/*
 * The memory operand of the ModRM byte at bytes+1: mod 0, rm 5 (RIP-relative in 64-bit code, else
 * an absolute disp32) or an absolute disp32 behind a SIB byte without base and index.  rest: bytes
 * of the instruction behind the displacement.
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
		addr = is_64(s) ? s->section->addr + off + *len + rest + s32(bytes + 2)
				: address(s, bytes + 2);
	} else if ((bytes[1] & 0xc7) == 0x04 && bytes[2] == 0x25) {
		*len = 7;
		addr = address(s, bytes + 3);
	} else {
		return false;
	}
	return find_field(s, addr, field);
}

#define LOOK_BACK 48

/*
 * The instruction at bytes loads a register (reg; ANY: any) with a constant: REX.W c7 /0 id (mov
 * $imm32, %reg) or REX.W 8d /r (lea disp32(%rip), %reg), 7 bytes; without REX, b8+r id, 5 bytes.
 */
#define ANY 16
static bool is_load(const struct scan *s, size_t off, unsigned reg, uint64_t *ret)
{
	const uint8_t *bytes = s->section->data + off;
	unsigned rex_b = bytes[0] & 1, rex_r = bytes[0] >> 2 & 1;

	if (!is_64(s)) {
		*ret = address(s, bytes + 1);
		return (bytes[0] & 0xf8) == 0xb8 && (reg == ANY || reg == (bytes[0] & 7u));
	}
	if ((bytes[0] & 0xfe) == 0x48 && bytes[1] == 0xc7 && (bytes[2] & 0xf8) == 0xc0) {
		*ret = address(s, bytes + 3);
		return reg == ANY || reg == (bytes[2] & 7) + 8 * rex_b;
	}
	if ((bytes[0] & 0xfb) == 0x48 && bytes[1] == 0x8d && (bytes[2] & 0xc7) == 0x05) {
		*ret = s->section->addr + off + 7 + s32(bytes + 3);
		return reg == ANY || reg == (bytes[2] >> 3 & 7) + 8 * rex_r;
	}
	return false;
}

/* What a register was loaded with shortly before, the last of such loads. */
static bool find_load(const struct scan *s, size_t off, unsigned reg, uint64_t *ret)
{
	uint64_t value;

	for (size_t back = is_64(s) ? 7 : 5; back <= LOOK_BACK && back <= off; back++)
		if (is_load(s, off - back, reg, &value) && pvp_image_is_text(s->image, value, 1)) {
			*ret = value;
			return true;
		}
	return false;
}

/* A store of a pointer at off: c7 /0 id (mov $imm32), 89 /r (mov %reg), in 64-bit code with REX.W.
 */
static void scan_store(struct scan *s, size_t off)
{
	const uint8_t *bytes = s->section->data + off;
	uint64_t addr = s->section->addr + off, value = 0;
	unsigned rex = is_64(s), reg, len;
	size_t field;
	bool known;

	if (rex && (bytes[0] & 0xfb) != 0x48)
		return;
	if (bytes[rex] == 0xc7 && !(bytes[rex + 1] & 0x38) && bytes[0] != 0x4c) {
		if (!find_operand(s, off + rex, 4, &field, &len))
			return;
		value = address(s, bytes + rex + len);
		add(s, field, value, is_function(s, value), addr);
	} else if (bytes[rex] == 0x89) {
		if (!find_operand(s, off + rex, 0, &field, &len))
			return;
		reg = (bytes[rex + 1] >> 3 & 7) | (rex && bytes[0] == 0x4c ? 8 : 0);
		known = find_load(s, off, reg, &value);
		add(s, field, value, known, addr);
	} else if (!rex && bytes[0] == 0xa3 && find_field(s, address(s, bytes + 1), &field)) {
		known = find_load(s, off, 0, &value); /* mov %eax, moffs32 */
		add(s, field, value, known, addr);
	}
}

/*
 * f3 ab (rep stosl): pv_ops cleared from a field on, when shortly before a register got that
 * field's address, %eax 0 and %ecx a count.
 */
static void scan_fill(struct scan *s, size_t off)
{
	const uint8_t *data = s->section->data;
	uint64_t start = 0, value, nr = 0;
	bool cleared = false;
	size_t field;

	if (data[off] != 0xf3 || data[off + 1] != 0xab)
		return;
	for (size_t back = 2; back <= LOOK_BACK && back <= off; back++) {
		const uint8_t *bytes = data + off - back;

		cleared |= bytes[0] == 0x31 && bytes[1] == 0xc0;
		if (!nr && back >= 5 && bytes[0] == 0xb9)
			nr = (uint32_t)s32(bytes + 1);
		if (!start && back >= 7 && is_load(s, off - back, ANY, &value) &&
		    find_field(s, value, &field))
			start = value;
	}
	for (field = 0; cleared && start && field < s->tables->nr_fields; field++)
		if (s->tables->slots[field] - start < nr * 4)
			add(s, field, 0, true, s->section->addr + off)->is_fill = true;
}

static void scan_code(struct scan *s)
{
	for (size_t i = 0; i < s->image->nr_sections; i++) {
		const struct pvp_section *section = &s->image->sections[i];

		if (!section->exec || !section->data || section->zero_based)
			continue;
		s->section = section;
		for (size_t off = 0; off + 12 < section->len; off++) {
			scan_store(s, off);
			scan_fill(s, off);
		}
	}
}

/* Parts of pv_ops that Xen PV's first C function copies from.  Source: xen_start_kernel(),
 * xen_init_irq_ops(), xen_init_mmu_ops() of 6.1: each laid out as pv_ops, one part filled in;
 * of 5.10: the part alone. */
static const struct {
	const char *table, *part, *alone_in; /* generation */
} copies[] = {
	{"xen_cpu_ops", "cpu.", "5.10"},
	{"xen_irq_ops", "irq.", "5.10"},
	{"xen_mmu_ops", "mmu.", "5.10"},
};

static struct pvp_error *scan_copies(struct scan *s)
{
	const struct pvp_pv_field *fields = s->tables->fields;
	struct pvp_error *err = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
		const struct pvp_symbol *const *table;
		size_t nr = 0, first = 0;

		table = pvp_image_symbols_named(s->image, copies[i].table, &nr);
		if (s->tables->generation && !strcmp(s->tables->generation, copies[i].alone_in))
			while (first < s->tables->nr_fields &&
			       strncmp(fields[first].name, copies[i].part, 4))
				first++;
		for (size_t k = first; nr == 1 && k < s->tables->nr_fields; k++) {
			uint64_t value, addr = table[0]->addr + (k - first) * s->image->ptr_len;

			if (strncmp(fields[k].name, copies[i].part, 4))
				continue;
			err = pvp_image_pointer(s->image, addr, &value);
			if (err)
				return pvp_error_context(err, "%s, %s", copies[i].table,
							 fields[k].name);
			add(s, k, value, is_function(s, value), addr)->is_copy = true;
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

	if (image->arch != PVP_ARCH_AMD64 && image->arch != PVP_ARCH_I386)
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
