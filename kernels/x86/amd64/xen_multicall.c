// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batched hypercalls.  The buffer of a CPU is used with interrupts off, from xen_mc_batch() to
 * xen_mc_issue().
 */
#include "bug.h"
#include "pv.h"
#include "xen.h"

#define MC_ENTRIES 32
#define MC_WORDS   512

struct multicall_entry {
	u64 op;
	long result;
	u64 args[6];
};

struct mc_callback {
	void (*fn)(u64);
	u64 arg;
};

struct mc_buffer { /* at 0, 4, 8, 16, 2064, 2576 bytes as in 6.1 */
	u32 mcidx, argidx, cbidx;
	struct multicall_entry entries[MC_ENTRIES];
	u64 args[MC_WORDS / 8];
	struct mc_callback callbacks[MC_ENTRIES];
};
_Static_assert(offsetof(struct mc_buffer, args) == 2064, "as in 6.1");
_Static_assert(offsetof(struct mc_buffer, callbacks) == 2576, "as in 6.1");

DEFINE_PER_CPU(struct mc_buffer, mc_buffer);
DEFINE_PER_CPU(u64, xen_mc_irq_flags);

void xen_mc_batch(void)
{
	u64 flags = local_irq_save();

	this_cpu_write(xen_mc_irq_flags, flags);
}

/* LAZY_NONE: whatever mode the CPU is in. */
void xen_mc_issue(enum lazy_mode mode)
{
	if (mode == LAZY_NONE || xen_get_lazy_mode() != mode)
		xen_mc_flush();
	local_irq_restore(this_cpu_read(xen_mc_irq_flags));
}

void xen_mc_flush(void)
{
	struct mc_buffer *b = this_cpu_ptr(mc_buffer);
	u64 flags = local_irq_save();
	u32 nr = b->mcidx, failed = 0;

	if (nr == 1) {
		struct multicall_entry *e = &b->entries[0];

		e->result = xen_hypercall(e->op, e->args[0], e->args[1], e->args[2], e->args[3],
					  e->args[4]);
	} else if (nr > 1) {
		BUG_ON(xen_hypercall(HYPERCALL_multicall, (u64)b->entries, nr, 0, 0, 0));
	}
	for (u32 i = 0; i < nr && i < MC_ENTRIES; i++)
		failed += b->entries[i].result < 0;
	WARN_ON(failed);
	b->mcidx = 0;
	b->argidx = 0;
	for (u32 i = 0; i < b->cbidx && i < MC_ENTRIES; i++)
		indirect_call(b->callbacks[i].fn, b->callbacks[i].arg, 0, 0);
	b->cbidx = 0;
	local_irq_restore(flags);
}

void *xen_mc_space(u32 len)
{
	struct mc_buffer *b = this_cpu_ptr(mc_buffer);
	void *space;

	len = (len + 7) & ~7U;
	if (b->argidx + len > MC_WORDS || b->mcidx >= MC_ENTRIES)
		xen_mc_flush();
	space = (u8 *)b->args + b->argidx;
	b->argidx += len;
	return space;
}

void xen_mc_call(u64 op, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct mc_buffer *b = this_cpu_ptr(mc_buffer);
	struct multicall_entry *e;

	if (b->mcidx >= MC_ENTRIES)
		xen_mc_flush();
	e = &b->entries[b->mcidx++];
	e->op = op;
	e->args[0] = a1;
	e->args[1] = a2;
	e->args[2] = a3;
	e->args[3] = a4;
}

/*
 * A request of len bytes for op, whose first argument is an array and the second its count: a
 * further one joins the last entry when that is of the same op and ends where space continues.
 */
static void *mc_request(u64 op, u32 len)
{
	struct mc_buffer *b = this_cpu_ptr(mc_buffer);
	void *space;

	if (b->mcidx && b->mcidx < MC_ENTRIES && b->argidx + len <= MC_WORDS) {
		struct multicall_entry *last = &b->entries[b->mcidx - 1];

		space = (u8 *)b->args + b->argidx;
		if (last->op == op && last->args[0] + last->args[1] * len == (u64)space) {
			last->args[1]++;
			b->argidx += len;
			return space;
		}
	}
	space = xen_mc_space(len);
	xen_mc_call(op, (u64)space, 1, 0, DOMID_SELF);
	return space;
}

void xen_mc_mmu_update(u64 ptr, u64 val)
{
	struct mmu_update *u = mc_request(HYPERCALL_mmu_update, sizeof(*u));

	u->ptr = ptr;
	u->val = val;
}

void xen_mc_mmuext(u32 cmd, u64 arg1, u64 arg2)
{
	struct mmuext_op *op = mc_request(HYPERCALL_mmuext_op, sizeof(*op));

	op->cmd = cmd;
	op->arg1 = arg1;
	op->arg2 = arg2;
}

/* fn(arg) once the batch has been issued. */
void xen_mc_callback(void (*fn)(u64), u64 arg)
{
	struct mc_buffer *b = this_cpu_ptr(mc_buffer);

	if (b->cbidx >= MC_ENTRIES)
		xen_mc_flush();
	b->callbacks[b->cbidx++] = (struct mc_callback){fn, arg};
}
