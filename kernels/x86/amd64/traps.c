// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions and the timer's interrupt: faults that a table or a test foresees are passed over,
 * hypercall instructions that no hypervisor takes are answered, the rest ends the run.
 */
#include "boot.h"
#include "bug.h"
#include "cpu.h"
#include "pv.h"
#include "user.h"

#define VECTOR_INT3 3
#define VECTOR_UD   6

/*
 * Handlers, exc_NAME: X(name, vector), and E(name, vector) of those that the CPU has an error code for.
 * The gate leads to asm_exc_NAME.  The second list is of those whose gate has a stack of its own, with its
 * index; for Xen PV they have a handler of its own each, but for two of them in 5.10.
 */
#define TRAPS(X, E)                                                                                \
	X(divide_error, 0)                                                                         \
	X(int3, 3)                                                                                 \
	X(overflow, 4)                                                                             \
	X(bounds, 5)                                                                               \
	X(invalid_op, 6)                                                                           \
	X(device_not_available, 7)                                                                 \
	X(coproc_segment_overrun, 9)                                                               \
	E(invalid_tss, 10)                                                                         \
	E(segment_not_present, 11)                                                                 \
	E(stack_segment, 12)                                                                       \
	E(general_protection, 13)                                                                  \
	E(page_fault, 14)                                                                          \
	X(spurious_interrupt_bug, 15)                                                              \
	X(coprocessor_error, 16)                                                                   \
	E(alignment_check, 17)                                                                     \
	X(simd_coprocessor_error, 19)
#define IST_TRAPS(X, E)                                                                            \
	E(double_fault, 8, 1)                                                                      \
	X(nmi, 2, 2)                                                                               \
	X(debug, 1, 3)                                                                             \
	X(machine_check, 18, 4)
#define NR_IST 4

static void exception(struct trap_frame *frame, u32 vector, u64 error);

#define X(name, vector, ...)                                                                       \
	void asm_exc_##name(void);                                                                 \
	void exc_##name(struct trap_frame *frame);                                                 \
	void exc_##name(struct trap_frame *frame)                                                  \
	{                                                                                          \
		exception(frame, vector, 0);                                                       \
	}
#define E(name, vector, ...)                                                                       \
	void asm_exc_##name(void);                                                                 \
	void exc_##name(struct trap_frame *frame, u64 error);                                      \
	void exc_##name(struct trap_frame *frame, u64 error)                                       \
	{                                                                                          \
		exception(frame, vector, error);                                                   \
	}
TRAPS(X, E)
IST_TRAPS(X, E)
#undef X
#undef E

/* Under Xen PV. */
#define X(name, vector, ...)                                                                       \
	void xenpv_exc_##name(struct trap_frame *frame);                                           \
	void xenpv_exc_##name(struct trap_frame *frame)                                            \
	{                                                                                          \
		exception(frame, vector, 0);                                                       \
	}
#define E(name, vector, ...)                                                                       \
	void xenpv_exc_##name(struct trap_frame *frame, u64 error);                                \
	void xenpv_exc_##name(struct trap_frame *frame, u64 error)                                 \
	{                                                                                          \
		exception(frame, vector, error);                                                   \
	}
#if PVKERNEL_GEN <= 510
X(debug, 1)
X(nmi, 2)
#else
IST_TRAPS(X, E)
#endif
#undef X
#undef E

/* --- the IDT --- */

/* Where gates are filled from; pvproof reads these tables. */
struct idt_data {
	u32 vector, segment;
	u16 bits; /* as in struct gate */
	void (*entry)(void);
};
#define GATE_BITS(ist, dpl) (0x8000 | (dpl) << 13 | GATE_INTERRUPT << 8 | (ist))

void asm_exc_timer(void), exc_timer(struct trap_frame *frame), fault_return(void);
void exc_xen_hypervisor_callback(struct trap_frame *frame);

#define USED __attribute__((used))
/* User mode may use int3 and into. */
#define X(name, vector)                                                                            \
	{vector, KERNEL_CS, GATE_BITS(0, (vector) == 3 || (vector) == 4 ? 3 : 0), asm_exc_##name},
#define I(name, vector, ist) {vector, KERNEL_CS, GATE_BITS(ist, 0), asm_exc_##name},
static const struct idt_data USED def_idts[] = {TRAPS(X, X) IST_TRAPS(I, I)};
#undef X
#undef I
static const struct idt_data USED apic_idts[] = {
	{0x20, KERNEL_CS, GATE_BITS(0, 0), asm_exc_timer},
};

struct fault_context fault_context;
static bool fault_expected;
static u32 last_vector;
u32 nr_warnings, nr_hypercalls, nr_interrupts, nr_breakpoints;

static struct gate idt_table[IDT_ENTRIES] __aligned(PAGE_SIZE);
static u8 ist_stacks[NR_IST][PAGE_SIZE] __aligned(16);

struct table_entry { /* __ex_table, and the front of __bug_table */
	int from, to, type;
};
extern const struct table_entry __start___ex_table[], __stop___ex_table[];
extern const struct table_entry __start___bug_table[], __stop___bug_table[];

static u64 relative(const int *field)
{
	return (u64)field + *field;
}

static void set_gate(const struct idt_data *data)
{
	u64 addr = (u64)data->entry;
	struct gate gate = {
		.offset_low = addr,
		.selector = data->segment,
		.bits = data->bits,
		.offset_middle = addr >> 16,
		.offset_high = addr >> 32,
	};

	pv_write_idt_entry(idt_table, data->vector, &gate);
}

void traps_idt(struct desc_ptr *ret)
{
	ret->size = sizeof(idt_table) - 1;
	ret->address = (u64)idt_table;
}

void traps_init(void)
{
	struct desc_ptr idt;

	traps_idt(&idt);
	for (u32 i = 0; i < ARRAY_SIZE(def_idts); i++)
		set_gate(&def_idts[i]);
	for (u32 i = 0; i < ARRAY_SIZE(apic_idts); i++)
		set_gate(&apic_idts[i]);
	for (u32 i = 0; i < NR_IST; i++)
		this_cpu_ptr(cpu_tss_rw)->ist[i] = (u64)ist_stacks[i + 1];
	pv_load_idt(&idt);
}

/* --- what is done about them --- */

void fault_end(void)
{
	fault_expected = false;
}

u32 fault_vector(void)
{
	return last_vector;
}

void fault_expect(void)
{
	fault_expected = true;
}

static bool fixed_by_table(struct trap_frame *frame)
{
	for (const struct table_entry *e = __start___ex_table; e < __stop___ex_table; e++) {
		if (relative(&e->from) == frame->ip) {
			frame->ip = relative(&e->to);
			return true;
		}
	}
	return false;
}

/* flags, bit 0: a warning. */
static bool is_warning(const struct trap_frame *frame)
{
	for (const struct table_entry *e = __start___bug_table; e < __stop___bug_table; e++) {
		if (relative(&e->from) == frame->ip)
			return (u32)e->type >> 16 & 1;
	}
	return false;
}

/* ud1 (%edx), %rdi of 7.2 */
static bool is_warn_trap(const u8 *insn)
{
	return PVKERNEL_GEN >= 702 && insn[0] == 0x67 && insn[1] == 0x48 && insn[2] == 0x0f &&
	       insn[3] == 0xb9 && insn[4] == 0x3a;
}

static bool handle_ud(struct trap_frame *frame)
{
	if (is_warn_trap((const u8 *)frame->ip)) {
		nr_warnings++;
		frame->ip += 5;
		return true;
	}
	if (is_warning(frame)) {
		nr_warnings++;
		frame->ip += 2;
		return true;
	}
	if (stub_hypercall(frame)) {
		nr_hypercalls++;
		frame->ip += 3;
		return true;
	}
	return false;
}

static void report(const struct trap_frame *frame, u32 vector, u64 error)
{
	u64 cr2 = pv_read_cr2();

	print("# exception %u, error %lx, at %016lx, cr2 %016lx\n", vector, error,
	      frame->ip, cr2);
	print("# rsp %016lx rax %016lx rcx %016lx rdx %016lx\n", frame->rsp, frame->rax, frame->rcx,
	      frame->rdx);
	print("# rsi %016lx rdi %016lx r8 %016lx r9 %016lx rflags %lx\n", frame->rsi, frame->rdi,
	      frame->r8, frame->r9, frame->rflags);
	for (u32 i = 0;
	     i < 16 && frame->rsp + 8 * i >= (u64)_text && frame->rsp + 8 * i < (u64)_end; i++) {
		u64 word = ((const u64 *)frame->rsp)[i];

		if (word >= (u64)_text && word < (u64)_end)
			print("# stack+%u %016lx\n", 8 * i, word);
	}
}

void exc_timer(struct trap_frame *frame)
{
	(void)frame;
	nr_interrupts++;
	outb(0x20, 0x20);
	if (timer_repeats)
		timer_start();
}

void exc_xen_hypervisor_callback(struct trap_frame *frame)
{
	(void)frame;
	xen_upcall();
}

static void exception(struct trap_frame *frame, u32 vector, u64 error)
{
	if (frame->cs & 3)
		come_from_user_mode();
	if (vector == VECTOR_INT3) {
		nr_breakpoints++;
		return;
	}
	if (vector == VECTOR_UD && handle_ud(frame))
		return;
	if (fixed_by_table(frame))
		return;
	if (fault_expected) {
		fault_expected = false;
		last_vector = vector;
		leave_user_mode(frame);
		frame->ip = (u64)fault_return;
		return;
	}
	report(frame, vector, error);
	panic("unexpected exception");
}
