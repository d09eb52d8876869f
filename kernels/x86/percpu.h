/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * percpu.h - per-CPU data, reached through the gs base, on i386 the fs base: linked at 0 up to 6.14 or so,
 * where it is loaded in 7.2, and on i386 ever.  The base starts as the difference, __per_cpu_base.
 */
#ifndef PVK_PERCPU_H
#define PVK_PERCPU_H

#include "types.h"

#define DEFINE_PER_CPU(type, name)  __attribute__((section(".data..percpu"))) typeof(type) name
#define DECLARE_PER_CPU(type, name) extern typeof(type) name

extern ulong __per_cpu_offset[NR_CPUS];
extern u32 nr_cpu_ids;
extern char __per_cpu_base[];

DECLARE_PER_CPU(ulong, this_cpu_off);
DECLARE_PER_CPU(int, cpu_number);
DECLARE_PER_CPU(int, __preempt_count);
DECLARE_PER_CPU(struct task_struct *, current_task);

#define this_cpu_read(var)                                                                         \
	({                                                                                         \
		typeof(var) val_;                                                                  \
		asm volatile("mov " PERCPU "%1, %0" : "=q"(val_) : "m"(var));                           \
		val_;                                                                              \
	})
#define this_cpu_write(var, val)                                                                   \
	do {                                                                                       \
		typeof(var) val_ = (val);                                                          \
		asm volatile("mov %1, " PERCPU "%0" : "=m"(var) : "q"(val_) : "memory");                \
	} while (0)

#define per_cpu_ptr(var, cpu) ((typeof(var) *)((ulong) & (var) + __per_cpu_offset[cpu]))
#define per_cpu(var, cpu)     (*per_cpu_ptr(var, cpu))
#define this_cpu_ptr(var)     ((typeof(var) *)((ulong) & (var) + this_cpu_read(this_cpu_off)))

static inline int smp_processor_id(void)
{
	return this_cpu_read(cpu_number);
}

static inline void preempt_disable(void)
{
	asm volatile("incl " PERCPU "%0" : "+m"(__preempt_count)::"cc", "memory");
}

static inline void preempt_enable(void)
{
	asm volatile("decl " PERCPU "%0" : "+m"(__preempt_count)::"cc", "memory");
}

static inline bool in_nmi(void)
{
	return this_cpu_read(__preempt_count) & 0xf00000;
}

#endif
