// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contended spinlocks of a guest: a waiter that has spun long enough blocks in lock.wait, and
 * whoever makes its condition true wakes it with lock.kick.  The head of the queue blocks on the
 * lock byte: it leaves LOCK_SLOW there, and itself in a table by lock, for the unlocker to find.
 */
#include "bug.h"
#include "lock.h"

#define SLOW_LOCKS 64
static struct slow_lock {
	struct qspinlock *lock;
	struct qnode *node;
} slow_locks[SLOW_LOCKS];

static struct slow_lock *slow_lock_find(const struct qspinlock *lock, const struct qspinlock *key)
{
	u32 start = (ulong)lock >> 4;

	for (u32 i = 0; i < SLOW_LOCKS; i++) {
		struct slow_lock *slow = &slow_locks[(start + i) % SLOW_LOCKS];

		if (READ_ONCE(slow->lock) == key)
			return slow;
	}
	return NULL;
}

static void slow_lock_add(struct qspinlock *lock, struct qnode *node)
{
	struct slow_lock *slow = slow_lock_find(lock, NULL);

	BUG_ON(!slow);
	slow->node = node;
	WRITE_ONCE(slow->lock, lock);
}

static struct qnode *slow_lock_remove(struct qspinlock *lock)
{
	struct slow_lock *slow = slow_lock_find(lock, lock);
	struct qnode *node;

	BUG_ON(!slow);
	node = slow->node;
	WRITE_ONCE(slow->lock, NULL);
	return node;
}

/* locked: what the lock byte was instead of LOCK_HELD. */
void __pv_queued_spin_unlock_slowpath(struct qspinlock *lock, u8 locked)
{
	struct qnode *node;

	if (locked != LOCK_SLOW) {
		WARN_ON(true);
		return;
	}
	node = slow_lock_remove(lock);
	WRITE_ONCE(lock->locked, 0);
	pv_kick(node->cpu);
}

/* Behind others: wait to become the head. */
static void wait_for_turn(struct qnode *node, const struct qnode *prev)
{
	while (!READ_ONCE(node->locked)) {
		for (int turns = 0; turns < SPIN_LIMIT; turns++) {
			if (READ_ONCE(node->locked))
				return;
			if (READ_ONCE(prev->state) != NODE_RUNNING ||
			    pv_vcpu_is_preempted(prev->cpu))
				break;
			cpu_relax();
		}
		WRITE_ONCE(node->state, NODE_HALTED);
		if (!READ_ONCE(node->locked))
			pv_wait(&node->state, NODE_HALTED);
		WRITE_ONCE(node->state, NODE_RUNNING);
		cpu_relax();
	}
}

/* At the head: wait for the owner, and for one that is about to be. */
static void take_as_head(struct qspinlock *lock, struct qnode *node)
{
	bool listed = false;
	u8 old;

	for (;;) {
		for (int turns = 0; turns < SPIN_LIMIT; turns++) {
			if (!(READ_ONCE(lock->val) & (0xff | LOCK_PENDING)) &&
			    !lock_cmpxchg8(&lock->locked, 0, LOCK_HELD)) {
				if (listed)
					slow_lock_remove(lock);
				return;
			}
			cpu_relax();
		}
		if (!listed) {
			slow_lock_add(lock, node);
			listed = true;
		}
		old = LOCK_SLOW;
		asm volatile("xchgb %0, %1" : "+q"(old), "+m"(lock->locked)::"memory");
		if (!old) { /* became free meanwhile: ours */
			WRITE_ONCE(lock->locked, LOCK_HELD);
			slow_lock_remove(lock);
			return;
		}
		pv_wait(&lock->locked, LOCK_SLOW);
		listed = slow_lock_find(lock, lock);
	}
}

static void wake_next(struct qnode *next)
{
	u8 state = NODE_RUNNING;

	WRITE_ONCE(next->locked, 1);
	asm volatile("xchgb %0, %1" : "+q"(state), "+m"(next->state)::"memory");
	if (state == NODE_HALTED)
		pv_kick(next->cpu);
}

void __pv_queued_spin_lock_slowpath(struct qspinlock *lock, u32 val)
{
	struct qnode *first = this_cpu_ptr(qnodes[0]), *node, *next;
	u32 index, tail, old;

	if (!(val & (0xff | LOCK_PENDING)) && !lock_cmpxchg8(&lock->locked, 0, LOCK_HELD))
		return;
	index = first->count++;
	BUG_ON(index >= QNODES);
	node = first + index;
	node->locked = 0;
	node->next = NULL;
	node->cpu = smp_processor_id();
	node->state = NODE_RUNNING;
	tail = lock_tail(node->cpu, index);
	old = lock_xchg_tail(lock, tail);
	if (old) {
		struct qnode *prev = lock_tail_node(old);

		WRITE_ONCE(prev->next, node);
		wait_for_turn(node, prev);
	}
	take_as_head(lock, node);
	if (READ_ONCE(lock->tail) != tail >> 16 ||
	    lock_cmpxchg32(&lock->val, tail | LOCK_HELD, LOCK_HELD) != (tail | LOCK_HELD)) {
		while (!(next = READ_ONCE(node->next)))
			cpu_relax();
		wake_next(next);
	}
	first->count--;
}
