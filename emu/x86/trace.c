// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.c - what a run executed and read, for those who want to know why it went where it went.
 */
#include <string.h>

#include "alloc.h"
#include "x86.h"

const struct pvp_run_trace *pvp_machine_trace(const struct pvp_machine *machine)
{
	return machine->trace;
}

void pvp_x86_trace_insn(struct pvp_run_trace *trace, uint64_t addr)
{
	if (trace->nr_insns == trace->cap_insns) {
		trace->cap_insns = trace->cap_insns ? trace->cap_insns * 2 : 1024;
		trace->insns = pvp_reallocarray(trace->insns, trace->cap_insns,
						sizeof(*trace->insns));
	}
	trace->insns[trace->nr_insns++] = addr;
}

/* Only of plain instructions: the hook is the engine's. */
void pvp_x86_on_read(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
		     void *arg)
{
	struct pvp_machine *m = arg;
	struct pvp_run_trace *trace = m->trace;
	struct pvp_run_read read = { .addr = addr, .size = size };

	(void)uc;
	(void)type;
	(void)value;
	if (!m->run || m->stopped || !trace->nr_insns || size < 1 || size > 8 ||
	    !pvp_memory_read(&m->memory, addr, &read.value, size))
		return;
	if (trace->nr_reads == trace->cap_reads) {
		trace->cap_reads = trace->cap_reads ? trace->cap_reads * 2 : 256;
		trace->reads = pvp_reallocarray(trace->reads, trace->cap_reads,
						sizeof(*trace->reads));
	}
	read.insn = trace->nr_insns - 1;
	trace->reads[trace->nr_reads++] = read;
}
