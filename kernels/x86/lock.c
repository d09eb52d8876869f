// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contended spinlocks without a hypervisor's help.  The first waiter sets the pending bit and spins
 * on the lock byte; the others queue, each spinning on its own node.
 */
#include "lock.h"

DEFINE_PER_CPU(struct qnode, qnodes[QNODES]);

void __native_queued_spin_unlock(struct qspinlock *lock)
{
	WRITE_ONCE(lock->locked, 0);
}

bool __native_vcpu_is_preempted(long cpu)
{
	(void)cpu;
	return false;
}

/* The pending bit's owner waits for the holder and takes the lock over. */
static bool lock_as_pending(struct qspinlock *lock, u32 val)
{
	if (val & ~LOCK_HELD)
		return false;
	if (lock_cmpxchg32(&lock->val, val, val | LOCK_PENDING) != val)
		return false;
	while (READ_ONCE(lock->locked))
		cpu_relax();
	WRITE_ONCE(lock->locked_pending, LOCK_HELD);
	return true;
}

static void lock_in_queue(struct qspinlock *lock)
{
	struct qnode *first = this_cpu_ptr(qnodes[0]), *node, *next;
	u32 index = first->count++, tail, old, val;

	if (index >= QNODES) { /* more contexts than nodes */
		while (lock_cmpxchg32(&lock->val, 0, LOCK_HELD))
			cpu_relax();
		first->count--;
		return;
	}
	node = first + index;
	node->locked = 0;
	node->next = NULL;
	tail = lock_tail(smp_processor_id(), index);
	old = lock_xchg_tail(lock, tail);
	if (old) {
		WRITE_ONCE(lock_tail_node(old)->next, node);
		while (!READ_ONCE(node->locked))
			cpu_relax();
	}
	while ((val = READ_ONCE(lock->val)) & ~LOCK_TAIL)
		cpu_relax();
	if (val != tail || lock_cmpxchg32(&lock->val, tail, LOCK_HELD) != tail) {
		WRITE_ONCE(lock->locked, LOCK_HELD);
		while (!(next = READ_ONCE(node->next)))
			cpu_relax();
		WRITE_ONCE(next->locked, 1);
	}
	first->count--;
}

void native_queued_spin_lock_slowpath(struct qspinlock *lock, u32 val)
{
	/* pending without held: the lock is being handed over this moment */
	for (int turns = 0; val == LOCK_PENDING && turns < 512; turns++) {
		cpu_relax();
		val = READ_ONCE(lock->val);
	}
	if (!lock_as_pending(lock, val))
		lock_in_queue(lock);
}
