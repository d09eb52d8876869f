// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of traps: the gates that the kernel fills its IDT from, and Xen's list of what stands
 * for each native entry.  None of them is a patch table; symbols say where they are.
 */
#include <inttypes.h>
#include <string.h>

#include "alloc.h"
#include "bytes.h"
#include "entry_sites.h"

// clang-format off
/* Source: asm/trapnr.h, asm/irq_vectors.h; the names are those of the handlers, asm/idtentry.h. */
static const struct {
	int vector;
	const char *name;
} vectors[] = {
	{   0, "trap.divide_error" },
	{   1, "trap.debug" },
	{   2, "trap.nmi" },
	{   3, "trap.int3" },
	{   4, "trap.overflow" },
	{   5, "trap.bounds" },
	{   6, "trap.invalid_op" },
	{   7, "trap.device_not_available" },
	{   8, "trap.double_fault" },
	{   9, "trap.coproc_segment_overrun" },
	{  10, "trap.invalid_tss" },
	{  11, "trap.segment_not_present" },
	{  12, "trap.stack_segment" },
	{  13, "trap.general_protection" },
	{  14, "trap.page_fault" },
	{  15, "trap.spurious_interrupt_bug" },
	{  16, "trap.coprocessor_error" },
	{  17, "trap.alignment_check" },
	{  18, "trap.machine_check" },
	{  19, "trap.simd_coprocessor_error" },
	{  20, "trap.virtualization_exception" },
	{  21, "trap.control_protection" },
	{  29, "trap.vmm_communication" },
	{ 128, "trap.int80" },
};

/*
 * The tables that fill the IDT, in the order in which boot takes them.  Source: struct idt_data,
 * arch/x86/kernel/idt.c of 5.10 to 7.2: u32 vector, u32 segment, 16 bits (ist 3, zero 5, type 5,
 * dpl 2, present 1), address at 16.
 */
static const char *const gate_tables[] = {
	"early_idts", "early_pf_idts", "def_idts", "ist_idts", "ia32_idt", "apic_idts",
};
enum { GATE_LEN = 24, VECTOR = 0, BITS = 8, ADDR = 16 };

/* struct trap_array_entry, arch/x86/xen/enlighten_pv.c: two pointers and a bool. */
enum { NATIVE = 0, XEN = 8, IST_OK = 16 };
// clang-format on

const char *pvp_trap_name(int vector)
{
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		if (vectors[i].vector == vector)
			return vectors[i].name;
	return "trap.unknown";
}

/* The contents of a table: as long as its symbol says, or where that is not known (kallsyms) to the next
 * symbol, perhaps with padding behind it. */
static struct pvp_bytes table_at(const struct pvp_image *image, const char *name, uint64_t *addr)
{
	size_t nr;
	const struct pvp_symbol *const *found = pvp_image_symbols_named(image, name, &nr);
	const struct pvp_symbol *end = image->symbols + image->nr_symbols, *next;
	const struct pvp_section *section;
	uint64_t len;

	section = nr == 1 ? pvp_image_section_at(image, found[0]->addr) : NULL;
	if (!section)
		return (struct pvp_bytes){0};
	*addr = found[0]->addr;
	len = section->addr + section->len - *addr;
	if (found[0]->len && found[0]->len < len)
		len = found[0]->len;
	for (next = image->symbols; next < end && next->addr <= *addr;)
		next++;
	if (next < end && next->addr - *addr < len)
		len = next->addr - *addr;
	return (struct pvp_bytes){pvp_image_bytes(image, *addr, len), len};
}

static uint64_t uint_at(const struct pvp_bytes *table, uint64_t off, unsigned size)
{
	uint64_t v = 0;

	return pvp_bytes_uint(table, off, size, &v) ? v : 0;
}

struct pvp_error *pvp_read_gates(const struct pvp_image *image, struct pvp_entry_sites *ret)
{
	for (size_t t = 0; t < ARRAY_SIZE(gate_tables); t++) {
		uint64_t addr = 0;
		const struct pvp_bytes table = table_at(image, gate_tables[t], &addr);

		for (uint64_t off = 0; table.data && off + GATE_LEN <= table.len; off += GATE_LEN) {
			const uint64_t vector = uint_at(&table, off + VECTOR, 4);
			const uint64_t bits = uint_at(&table, off + BITS, 2);
			const uint64_t to = uint_at(&table, off + ADDR, 8);

			if (!to) /* padding */
				continue;
			if (vector >= PVP_NR_VECTORS || !pvp_image_is_text(image, to, 1))
				return pvp_error_format(
					PVP_ERR_BAD_DATA,
					"%s entry %" PRIu64 " (at %#" PRIx64
					"): gate of vector %" PRIu64 " to %#" PRIx64,
					gate_tables[t], off / GATE_LEN, addr + off, vector, to);
			ret->gates[vector] = (struct pvp_gate){
				.vector = vector,
				.ist = bits & 7,
				.dpl = bits >> 13 & 3,
				.addr = to,
			};
		}
	}
	return NULL;
}

static int vector_of(const struct pvp_entry_sites *entry, uint64_t native)
{
	for (int i = 0; i < PVP_NR_VECTORS; i++)
		if (native && entry->gates[i].addr == native)
			return i;
	return -1;
}

bool pvp_trap_is_function(const struct pvp_image *image, uint64_t addr)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	const struct pvp_symbol *symbol = pvp_image_symbol_at(image, addr);
	const uint8_t *bytes;

	if (!symbol || symbol->addr == addr)
		return symbol;
	bytes = pvp_image_bytes(image, symbol->addr, sizeof(endbr64));
	return addr == symbol->addr + sizeof(endbr64) && bytes &&
	       !memcmp(bytes, endbr64, sizeof(endbr64));
}

struct pvp_trap_row pvp_trap_row_of(const struct pvp_entry_sites *entry, uint64_t addr,
				    const uint8_t *bytes)
{
	const struct pvp_bytes row = {bytes, PVP_TRAP_ROW_LEN};
	const uint64_t native = uint_at(&row, NATIVE, 8);

	return (struct pvp_trap_row){
		.addr = addr,
		.native = native,
		.xen = uint_at(&row, XEN, 8),
		.ist_ok = uint_at(&row, IST_OK, 1),
		.vector = vector_of(entry, native),
	};
}

/* Of exceptions. */
static bool has_gates(const struct pvp_entry_sites *entry)
{
	for (size_t i = 0; i < PVP_NR_EXCEPTIONS; i++)
		if (entry->gates[i].addr)
			return true;
	return false;
}

/*
 * The table has no end of its own: it ends where neither pointer leads to text.  Without tables of
 * gates (a kernel in pieces) there are no vectors that its rows could stand for.
 */
void pvp_read_trap_rows(const struct pvp_image *image, struct pvp_entry_sites *ret)
{
	uint64_t addr = 0;
	const struct pvp_bytes table = table_at(image, "trap_array", &addr);
	size_t cap = 0;

	if (!has_gates(ret))
		return;
	for (uint64_t off = 0; table.data && off + PVP_TRAP_ROW_LEN <= table.len;
	     off += PVP_TRAP_ROW_LEN) {
		const struct pvp_trap_row row =
			pvp_trap_row_of(ret, addr + off, table.data + off);

		if (!pvp_image_is_text(image, row.native, 1) &&
		    !pvp_image_is_text(image, row.xen, 1))
			break;
		*pvp_push(&ret->rows, &ret->nr_rows, &cap) = row;
	}
}
