/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * percpu.h - per-CPU data, reached through the gs base: linked at 0 up to 6.14 or so, where it is
 * loaded in 7.2.  The gs base starts as the difference, __per_cpu_base.
 */
#ifndef PVK_PERCPU_H
#define PVK_PERCPU_H

#include "types.h"

#define DEFINE_PER_CPU(type, name)  __attribute__((section(".data..percpu"))) typeof(type) name
#define DECLARE_PER_CPU(type, name) extern typeof(type) name

extern u64 __per_cpu_offset[NR_CPUS];
extern u32 nr_cpu_ids;
extern char __per_cpu_base[];

DECLARE_PER_CPU(u64, this_cpu_off);
DECLARE_PER_CPU(int, cpu_number);
DECLARE_PER_CPU(int, __preempt_count);
DECLARE_PER_CPU(struct task_struct *, current_task);

#define this_cpu_read(var)                                                                         \
	({                                                                                         \
		typeof(var) val_;                                                                  \
		asm volatile("mov %%gs:%1, %0" : "=r"(val_) : "m"(var));                           \
		val_;                                                                              \
	})
#define this_cpu_write(var, val)                                                                   \
	do {                                                                                       \
		typeof(var) val_ = (val);                                                          \
		asm volatile("mov %1, %%gs:%0" : "=m"(var) : "r"(val_) : "memory");                \
	} while (0)

#define per_cpu_ptr(var, cpu) ((typeof(var) *)((u64) & (var) + __per_cpu_offset[cpu]))
#define per_cpu(var, cpu)     (*per_cpu_ptr(var, cpu))
#define this_cpu_ptr(var)     ((typeof(var) *)((u64) & (var) + this_cpu_read(this_cpu_off)))

static inline int smp_processor_id(void)
{
	return this_cpu_read(cpu_number);
}

static inline void preempt_disable(void)
{
	asm volatile("incl %%gs:%0" : "+m"(__preempt_count)::"cc", "memory");
}

static inline void preempt_enable(void)
{
	asm volatile("decl %%gs:%0" : "+m"(__preempt_count)::"cc", "memory");
}

static inline bool in_nmi(void)
{
	return this_cpu_read(__preempt_count) & 0xf00000;
}

#endif
