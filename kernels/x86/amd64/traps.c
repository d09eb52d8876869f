// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions and the timer's interrupt: faults that a table or a test foresees are passed over,
 * hypercall instructions that no hypervisor takes are answered, the rest ends the run.
 */
#include "boot.h"
#include "bug.h"
#include "cpu.h"
#include "pv.h"

#define VECTOR_INT3  3
#define VECTOR_UD    6
#define VECTOR_DF    8
#define VECTOR_TIMER 0x20
#define VECTOR_EVENT 0xf3

struct trap_entry { /* a row of trap_array: native vectors in order */
	void (*native)(void), (*xen)(void);
	bool ist_ok;
};
extern const struct trap_entry trap_array[];
extern const u32 nr_trap_array;
void asm_exc_timer(void), fault_return(void);

struct fault_context fault_context;
static bool fault_expected;
static u32 last_vector;
u32 nr_warnings, nr_hypercalls, nr_interrupts, nr_breakpoints;

static struct gate idt_table[IDT_ENTRIES] __aligned(PAGE_SIZE);
static u8 fault_stack[PAGE_SIZE] __aligned(16);

struct table_entry { /* __ex_table, and the front of __bug_table */
	int from, to, type;
};
extern const struct table_entry __start___ex_table[], __stop___ex_table[];
extern const struct table_entry __start___bug_table[], __stop___bug_table[];

static u64 relative(const int *field)
{
	return (u64)field + *field;
}

static void set_gate(u32 vector, void (*handler)(void), u32 dpl, u32 ist)
{
	u64 addr = (u64)handler;
	struct gate gate = {
		.offset_low = addr,
		.selector = KERNEL_CS,
		.bits = 0x8000 | dpl << 13 | GATE_INTERRUPT << 8 | ist,
		.offset_middle = addr >> 16,
		.offset_high = addr >> 32,
	};

	pv_write_idt_entry(idt_table, vector, &gate);
}

void traps_idt(struct desc_ptr *ret)
{
	ret->size = sizeof(idt_table) - 1;
	ret->address = (u64)idt_table;
}

void traps_init(void)
{
	struct desc_ptr idt;
	u32 vector;

	traps_idt(&idt);
	for (u32 i = 0; i < nr_trap_array; i++) {
		vector = i;
		set_gate(vector, trap_array[i].native, vector == VECTOR_INT3 ? 3 : 0,
			 vector == VECTOR_DF);
	}
	set_gate(VECTOR_TIMER, asm_exc_timer, 0, 0);
	this_cpu_ptr(cpu_tss_rw)->ist[0] = (u64)fault_stack + sizeof(fault_stack);
	pv_load_idt(&idt);
}

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

static void report(const struct trap_frame *frame, u32 vector)
{
	u64 cr2 = pv_read_cr2();

	print("# exception %u, error %lx, at %016lx, cr2 %016lx\n", vector, frame->error,
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

void exception(struct trap_frame *frame, u32 vector)
{
	if (vector == VECTOR_TIMER) {
		nr_interrupts++;
		outb(0x20, 0x20);
		if (timer_repeats)
			timer_start();
		return;
	}
	if (vector == VECTOR_EVENT) {
		xen_upcall();
		return;
	}
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
		frame->ip = (u64)fault_return;
#if PVKERNEL_GEN <= 510
		/* of user mode: the test of usergs_sysret64 */
		if (frame->cs == USER_CS) {
			frame->cs = KERNEL_CS;
			frame->ss = KERNEL_DS;
		}
#endif
		return;
	}
	report(frame, vector);
	panic("unexpected exception");
}
