// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock operations of guests that are C functions here, each behind a thunk (native.S).
 */
#include "guests.h"
#include "lock.h"

void __pv_queued_spin_unlock(struct qspinlock *lock);
bool __kvm_vcpu_is_preempted(long cpu);

/* An uncontended lock byte is 1; anything else means that a waiter is to be kicked. */
void __pv_queued_spin_unlock(struct qspinlock *lock)
{
	u8 locked = lock_cmpxchg8(&lock->locked, LOCK_HELD, 0);

	if (locked != LOCK_HELD)
		__pv_queued_spin_unlock_slowpath(lock, locked);
}

bool __kvm_vcpu_is_preempted(long cpu)
{
	return per_cpu_ptr(steal_time, cpu)->preempted;
}
