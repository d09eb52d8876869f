/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lock.h - the queue behind a contended spinlock: per-CPU nodes, four a CPU (one for each context
 * that can interrupt another), named in the lock word by CPU + 1 and index.
 */
#ifndef PVK_LOCK_H
#define PVK_LOCK_H

#include "mm.h"

#define LOCK_HELD    1U
#define LOCK_SLOW    3U /* held, and a waiter is blocked in lock.wait */
#define LOCK_PENDING 0x100U
#define LOCK_TAIL    0xffff0000U

struct qnode {
	struct qnode *next;
	u32 locked; /* set by the predecessor when it leaves the queue */
	u32 count;  /* of the first node: how many are in use */
	int cpu;
	u8 state; /* pv: NODE_ */
};
#define NODE_RUNNING 0
#define NODE_HALTED  1
#define QNODES	     4
DECLARE_PER_CPU(struct qnode, qnodes[QNODES]);

#define SPIN_LIMIT 1024 /* turns before a pv waiter blocks */

static inline u32 lock_tail(int cpu, u32 index)
{
	return (u32)(cpu + 1) << 18 | index << 16;
}

static inline struct qnode *lock_tail_node(u32 tail)
{
	return per_cpu_ptr(qnodes[0], (tail >> 18) - 1) + (tail >> 16 & 3);
}

static inline u32 lock_xchg_tail(struct qspinlock *lock, u32 tail)
{
	u16 old = tail >> 16;

	asm volatile("xchgw %0, %1" : "+r"(old), "+m"(lock->tail)::"memory");
	return (u32)old << 16;
}

void __native_queued_spin_unlock(struct qspinlock *lock);
bool __native_vcpu_is_preempted(long cpu);
void __pv_queued_spin_lock_slowpath(struct qspinlock *lock, u32 val);
void __pv_queued_spin_unlock_slowpath(struct qspinlock *lock, u8 locked);
callee_save_fn __raw_callee_save___pv_queued_spin_unlock;

#endif
