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
#define VECTOR_TIMER 0x20

extern void (*const trap_array[])(void);
extern const u32 nr_trap_array;
void asm_exc_timer(void), fault_return(void);

struct fault_context fault_context;
static bool fault_expected;
static u32 last_vector;
u32 nr_warnings, nr_hypercalls, nr_interrupts, nr_breakpoints;

static struct gate idt_table[IDT_ENTRIES] __aligned(PAGE_SIZE);

struct bug_entry { /* __bug_table */
	ulong addr;
	const char *file;
	u16 line, flags;
};
extern const struct bug_entry __start___bug_table[], __stop___bug_table[];

static void set_gate(u32 vector, void (*handler)(void), u32 dpl)
{
	idt_table[vector] = (struct gate){
		.offset_low = (ulong)handler,
		.selector = KERNEL_CS,
		.bits = 0x8000 | dpl << 13 | GATE_INTERRUPT << 8,
		.offset_high = (ulong)handler >> 16,
	};
}

void traps_idt(struct desc_ptr *ret)
{
	ret->size = sizeof(idt_table) - 1;
	ret->address = (ulong)idt_table;
}

void traps_init(void)
{
	struct desc_ptr idt;

	traps_idt(&idt);
	for (u32 i = 0; i < nr_trap_array; i++)
		set_gate(i, trap_array[i], i == VECTOR_INT3 ? 3 : 0);
	set_gate(VECTOR_TIMER, asm_exc_timer, 0);
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

/* flags, bit 0: a warning. */
static bool is_warning(const struct trap_frame *frame)
{
	for (const struct bug_entry *e = __start___bug_table; e < __stop___bug_table; e++) {
		if (e->addr == frame->ip)
			return e->flags & 1;
	}
	return false;
}

static bool handle_ud(struct trap_frame *frame)
{
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
	const ulong *stack = (const ulong *)(frame + 1);

	print("# exception %u, error %lx, at %08lx, cr2 %08lx\n", vector, frame->error, frame->ip,
	      pv_read_cr2());
	print("# eax %08lx ecx %08lx edx %08lx flags %lx\n", frame->eax, frame->ecx, frame->edx,
	      frame->flags);
	for (u32 i = 0; i < 16 && (ulong)(stack + i) < (ulong)_end; i++) {
		if (stack[i] >= (ulong)_text && stack[i] < (ulong)_end)
			print("# stack+%u %08lx\n", 4 * i, stack[i]);
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
	if (vector == VECTOR_INT3) {
		nr_breakpoints++;
		return;
	}
	if (vector == VECTOR_UD && handle_ud(frame))
		return;
	if (fault_expected) {
		fault_expected = false;
		last_vector = vector;
		frame->ip = (ulong)fault_return;
		return;
	}
	report(frame, vector);
	panic("unexpected exception");
}
