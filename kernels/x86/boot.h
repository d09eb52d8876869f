/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot.h - from the entry point to power-off: console, command line, traps, what the machine and
 * the platform are.
 *
 * The order, in setup.c: console and traps, CPU, platform, static calls, mitigations, patching,
 * report, self-test, power-off.
 */
#ifndef PVK_BOOT_H
#define PVK_BOOT_H

#include "frame.h"
#include "types.h"

/* --- setup.c: what the two boot entries share --- */

void cpu_tables_init(void);
void pin_control_registers(void);
/* nr: what was found. */
void count_cpus(u32 nr);
/* From platform and capabilities that are known, to power-off. */
void finish_boot(void) __attribute__((noreturn));

/* --- console.c --- */

void console_init(void);
/* %s, %u and %d, %x and %lx with 0 and a width, %% */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_hex(const u8 *bytes, u32 len);
/* Ends the run; 0: all is well. */
void power_off(int failed) __attribute__((noreturn));
void panic(const char *why) __attribute__((noreturn));

/* --- cmdline.c --- */

void cmdline_init(const char *line);
/* Whether the word is there; "name=" words: their value, or NULL. */
bool cmdline_has(const char *word);
const char *cmdline_value(const char *name);
/* The n-th value of a word that is there several times, or NULL. */
const char *cmdline_nth(const char *name, u32 n);
/* Decimal, or hexadecimal behind 0x; stops at the first other character. */
u64 parse_number(const char *text);
bool same_word(const char *a, const char *b);

extern const char _text[], _etext[], _sinittext[], _einittext[], _end[];

/* --- traps.c --- */

struct desc_ptr;
void traps_init(void);
/* What lidt is given. */
void traps_idt(struct desc_ptr *ret);

/*
 * Faults on purpose: if (!fault_caught()) { what may fault; fault_end(); } else { it did }
 * fault_vector() says which.
 */
extern struct fault_context fault_context;
ulong fault_caught(void) __attribute__((returns_twice));
void fault_expect(void);
void fault_end(void);
u32 fault_vector(void);
extern u32 nr_warnings;	  /* WARN_ON() that were passed over */
extern u32 nr_hypercalls; /* that our own stub answered */
extern u32 nr_interrupts; /* of the timer */
extern u32 nr_breakpoints;

/* --- timer.c --- */

void timer_init(void);
/* One interrupt, some milliseconds from now; while timer_repeats, others follow. */
void timer_start(void);
extern bool timer_repeats;

/* --- cpu_caps.c --- */

void identify_cpu(void);
void set_cap(u32 feature);
void clear_cap(u32 feature);
bool has_cap(u32 feature);
/* What the command line asks for: mitigations, single features. */
void select_mitigations(void);
const char *return_thunk_name(void);
void report_caps(void);

/* --- acpi.c --- */

/* CPUs that the firmware lists, at least 1. */
u32 acpi_count_cpus(u64 rsdp);

/* --- memory.c --- */

void memory_init(void);

/* --- xen_setup.c --- */

u32 xen_count_cpus(void);
void xen_timer_start(void);
void xen_upcall(void);

/* --- report.c --- */

void save_linked_text(void);
/* when: "", or "-" and a word. */
void report_text(const char *when);
void dump_text(void);

/* --- selftest.c --- */

/* Number of failed tests. */
u32 selftest(void);

/* --- sha256.c --- */

struct sha256 {
	u32 state[8];
	u64 len;
	u8 block[64];
};
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, u64 len);
void sha256_end(struct sha256 *s, u8 ret[32]);

/* --- platform.c --- */

/* What is found, or the word platform= says. */
void platform_detect(void);
/* Whether frame is at a hypercall instruction that we answer in the host's stead; the result is in
 * its registers then. */
bool stub_hypercall(struct trap_frame *frame);
extern const char *platform_name, *platform_how;

extern u64 boot_rsdp;

static inline void outb(u16 port, u8 value)
{
	asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline u8 inb(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

#endif
