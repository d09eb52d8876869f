// SPDX-License-Identifier: GPL-2.0-only
#include "entry_rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "compare.h"
#include "entry_sites.h"

const uint8_t pvp_pt_register[PVP_PT_ORIG_RAX] = {
	[PVP_PT_R15] = PVP_X86_r15, [PVP_PT_R14] = PVP_X86_r14, [PVP_PT_R13] = PVP_X86_r13,
	[PVP_PT_R12] = PVP_X86_r12, [PVP_PT_RBP] = PVP_X86_rbp, [PVP_PT_RBX] = PVP_X86_rbx,
	[PVP_PT_R11] = PVP_X86_r11, [PVP_PT_R10] = PVP_X86_r10, [PVP_PT_R9] = PVP_X86_r9,
	[PVP_PT_R8] = PVP_X86_r8,   [PVP_PT_RAX] = PVP_X86_rax, [PVP_PT_RCX] = PVP_X86_rcx,
	[PVP_PT_RDX] = PVP_X86_rdx, [PVP_PT_RSI] = PVP_X86_rsi, [PVP_PT_RDI] = PVP_X86_rdi,
};

static const char *const pt_names[PVP_NR_PT] = {
	"r15", "r14", "r13", "r12", "rbp",	"rbx", "r11", "r10",	"r9",  "r8", "rax",
	"rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs",  "rflags", "rsp", "ss",
};

#define BIT(i)	   (1u << (i))
#define ALL_WORDS  (BIT(PVP_NR_PT) - 1)
#define PT_LEN	   (PVP_NR_PT * 8)
/* Selectors of user mode: arch/x86/include/asm/segment.h. */
#define USER32_CS  0x23
#define USER_DS	   0x2b
#define USER_CS	   0x33
#define TASK_STACK 0xffffc90020008000ull /* as corpus/contracts/entry.yaml has it */

// clang-format off
/* What a 32-bit system call keeps over sysret: ecx and r8 to r11 are lost, which the vdso's code
 * knows.  Source: arch/x86/entry/entry_64_compat.S. */
#define KEPT_32 (BIT(PVP_PT_RAX) | BIT(PVP_PT_RBX) | BIT(PVP_PT_RBP) | BIT(PVP_PT_RDX) | BIT(PVP_PT_RSI) | \
		 BIT(PVP_PT_RDI) | BIT(PVP_PT_RIP) | BIT(PVP_PT_CS) | BIT(PVP_PT_RFLAGS) | BIT(PVP_PT_RSP) | \
		 BIT(PVP_PT_SS))

/* What vectors have besides the usual.  Source: Intel SDM vol. 3, 6.15; asm/idtentry.h. */
static const struct {
	int vector;
	bool error; /* the CPU pushes an error code */
	bool gap;   /* from kernel mode the entry moves the frame, to leave room for an emulated push */
	bool copies; /* the entry works on a copy of the frame, in parts that have names (nesting) */
} odd[] = {
	{  2, false, false, true },
	{  3, false, true,  false },
	{  8, true,  false, false },
	{ 10, true,  false, false },
	{ 11, true,  false, false },
	{ 12, true,  false, false },
	{ 13, true,  false, false },
	{ 14, true,  false, false },
	{ 17, true,  false, false },
	{ 21, true,  false, false },
};
// clang-format on

static uint64_t symbol(const struct pvp_image *image, const char *name)
{
	size_t nr;
	const struct pvp_symbol *const *found = pvp_image_symbols_named(image, name, &nr);

	return nr == 1 ? found[0]->addr : 0;
}

/*
 * On Xen PV a vector has a handler of its own where bare metal's would need a stack of its own
 * or what Xen keeps to itself: its name says so.
 */
uint64_t pvp_entry_handler(const struct pvp_check_input *input, int vector, bool xen)
{
	const char *name = strchr(pvp_trap_name(vector), '.') + 1;
	uint64_t addr = 0;
	char buf[64];

	if (vector == 128) {
		addr = symbol(input->image, "do_int80_syscall_32"); /* 5.10 */
		return addr ? addr : symbol(input->image, "do_int80_emulation");
	}
	if (xen) {
		snprintf(buf, sizeof(buf), "xenpv_exc_%s", name);
		addr = symbol(input->image, buf);
	}
	snprintf(buf, sizeof(buf), "exc_%s", name);
	return addr ? addr : symbol(input->image, buf);
}

void pvp_entry_facts_init(struct pvp_entry_facts *facts, const struct pvp_check_input *input)
{
	*facts = (struct pvp_entry_facts){
		.input = input,
		.xen = input->platform->hypervisor == PVP_HV_XEN_PV,
		.paranoid_entry = symbol(input->image, "paranoid_entry"),
		.int80 = symbol(input->image, "do_int80_syscall_32"),
		.ldt = symbol(input->image, "native_irq_return_ldt"),
		.slow_return =
			symbol(input->image, "swapgs_restore_regs_and_return_to_usermode"),
		.xen_return =
			symbol(input->image, "xenpv_restore_regs_and_return_to_usermode"),
	};
	facts->error_entry = symbol(input->image, facts->xen ? "xen_error_entry" : "error_entry");
}

/* --- start states --- */

static void poke(struct pvp_start *start, uint64_t addr, uint64_t value)
{
	if (start->nr_pokes < PVP_START_MAX_POKES)
		start->pokes[start->nr_pokes++] = (struct pvp_start_poke){addr, value, 8};
}

static uint64_t roll(const struct pvp_start *start, uint64_t salt)
{
	return pvp_mix(start->seed ^ 0xe27a1, salt);
}

/* The CPU's five words, as user or kernel code would leave them. */
static void draw_hardware(const struct pvp_entry_facts *facts, const struct pvp_start *start,
			  bool user, bool compat, uint64_t *pt)
{
	const uint64_t r = roll(start, 1), s = roll(start, 2);
	const uint64_t selectors = facts->xen ? 0xe000 : 0;

	pt[PVP_PT_RIP] = user ? (compat ? 0x8000000 : 0x555500000000) + (r & 0xffffff)
			      : 0xffffffff81000000 + (r & 0xffff);
	pt[PVP_PT_RSP] = user ? (compat ? 0xff000000 : 0x7ffc00000000) + (r >> 32 & 0xfffff8)
			      : start->state.reg[PVP_X86_rsp] + 0x100 + (s & 0xf8);
	pt[PVP_PT_RFLAGS] = 0x202 | (s & (PVP_X86_FLAGS_ARITH | PVP_X86_FLAG_ID));
	pt[PVP_PT_CS] = selectors | (compat ? USER32_CS : user ? USER_CS : facts->xen ? 0x30 : 0x10);
	/* Bit 2 would ask for another way back: a stack segment in the LDT. */
	pt[PVP_PT_SS] = selectors | (user || facts->xen ? USER_DS : 0x18);
}

static void draw_registers(const struct pvp_start *start, uint64_t *pt)
{
	for (unsigned i = 0; i <= PVP_PT_ORIG_RAX; i++)
		pt[i] = roll(start, 0x100 + i);
}

/* The registers as they are when the site is reached. */
static void take_registers(const struct pvp_start *start, uint64_t *pt)
{
	for (unsigned i = 0; i < PVP_PT_ORIG_RAX; i++)
		pt[i] = start->state.reg[pvp_pt_register[i]];
}

static void put_words(struct pvp_start *start, uint64_t addr, const uint64_t *pt, unsigned first)
{
	for (unsigned i = first; i < PVP_NR_PT; i++)
		poke(start, addr + (i - first) * 8, pt[i]);
}

/* Before the entry's swapgs GS is the user's. */
static void user_gs(struct pvp_start *start)
{
	uint64_t base = start->state.reg[PVP_X86_gs_base];

	start->state.reg[PVP_X86_gs_base] = start->state.reg[PVP_X86_kernel_gs_base];
	start->state.reg[PVP_X86_kernel_gs_base] = base;
}

static void make_return(const struct pvp_entry_facts *facts, const struct pvp_site *site, bool fast,
			struct pvp_start *start, struct pvp_entry_case *ret)
{
	const enum pvp_entry_op op = site->slot;
	const bool compat = op == PVP_ENTRY_SYSRET32;
	uint64_t *reg = start->state.reg;

	draw_registers(start, ret->pt);
	draw_hardware(facts, start, true, compat, ret->pt);
	/* What Xen PV's entry from a system call says, whatever the selectors were: those that a
	 * sysret would load. */
	if (op != PVP_ENTRY_RETURN_TO_USER) {
		ret->pt[PVP_PT_CS] &= 0xfff;
		ret->pt[PVP_PT_SS] &= 0xfff;
	}
	ret->arrival = PVP_ARRIVE_USER;
	/* Xen PV never takes a sysret, and what it takes begins where it begins. */
	if (facts->xen) {
		ret->through = op == PVP_ENTRY_RETURN_TO_USER ? facts->xen_return
							      : facts->slow_return;
		ret->jumps = true;
	}
	ret->matter = ALL_WORDS & ~BIT(PVP_PT_ORIG_RAX);
	ret->swaps_known = true;
	ret->swaps = !facts->xen;
	if (op != PVP_ENTRY_RETURN_TO_USER) {
		/* The C code's answer: whether sysret may be taken.  An int, or, where what is linked
		 * begins with test al,al, a bool: the rest of eax is nobody's. */
		const bool is_bool = site->linked[0] == 0x84 && site->linked[1] == 0xc0;

		reg[PVP_X86_rax] &= is_bool ? ~0xffull : ~0xffffffffull;
		reg[PVP_X86_rax] |= fast;
		if (fast && !compat) {
			ret->pt[PVP_PT_RCX] = ret->pt[PVP_PT_RIP];
			ret->pt[PVP_PT_R11] = ret->pt[PVP_PT_RFLAGS];
		}
	}
	if (compat && fast && !facts->xen) {
		ret->matter = KEPT_32;
		ret->narrow = true;
	}
	put_words(start, reg[PVP_X86_rsp], ret->pt, 0);
}

static void make_int80_stack(const struct pvp_entry_facts *facts, struct pvp_start *start,
			     struct pvp_entry_case *ret)
{
	const uint64_t sp = start->state.reg[PVP_X86_rsp];

	draw_registers(start, ret->pt);
	draw_hardware(facts, start, true, true, ret->pt);
	for (unsigned i = 0; i < PVP_PT_RDI; i++)
		ret->pt[i] = start->state.reg[pvp_pt_register[i]];
	ret->pt[PVP_PT_RAX] = -38; /* ENOSYS, until the system call answers */
	ret->arrival = PVP_ARRIVE_HANDLER;
	ret->end = facts->int80;
	ret->matter = ALL_WORDS;
	ret->swaps_known = true;
	ret->place = facts->xen ? sp - PVP_PT_RDI * 8 : TASK_STACK - PT_LEN;
	put_words(start, sp, ret->pt, PVP_PT_RDI);
}

static void make_error_entry(const struct pvp_entry_facts *facts, const struct pvp_site *site,
			     bool user, struct pvp_start *start, struct pvp_entry_case *ret)
{
	const uint64_t sp = start->state.reg[PVP_X86_rsp];

	take_registers(start, ret->pt);
	ret->pt[PVP_PT_ORIG_RAX] = roll(start, 3);
	draw_hardware(facts, start, user, false, ret->pt);
	ret->arrival = PVP_ARRIVE_SAVED;
	ret->through = facts->error_entry;
	ret->end = site->addr + site->len;
	ret->matter = ALL_WORDS;
	ret->swaps_known = true;
	ret->swaps = user && !facts->xen;
	ret->place = user && !facts->xen ? TASK_STACK - PT_LEN : sp - PVP_PT_ORIG_RAX * 8;
	if (user && !facts->xen)
		user_gs(start);
	put_words(start, sp, ret->pt, PVP_PT_ORIG_RAX);
}

/* What Xen, or the CPU, leaves on the stack; then the entry. */
static char *make_trap(const struct pvp_entry_facts *facts, const struct pvp_site *site,
		       unsigned index, struct pvp_start *start, struct pvp_entry_case *ret)
{
	const struct pvp_entry_sites *entry = facts->input->entry;
	const struct pvp_trap_row *row = &facts->rows[site->slot];
	const bool int80 = row->vector == 128,
		   special = row->vector >= 0 && entry->gates[row->vector].ist;
	const uint64_t handler = pvp_entry_handler(facts->input, row->vector, facts->xen);
	/* Xen PV without a handler of its own takes bare metal's way, which saves what it needs. */
	const bool paranoid =
		special && handler == pvp_entry_handler(facts->input, row->vector, false);
	const bool user = int80 || (index & 1 && !paranoid);
	/* 5.10 goes to the task's stack under Xen PV too, but for int 0x80. */
	const bool moves = user && (!facts->xen || (!facts->error_entry && !int80));
	bool error = false, gap = false;
	uint64_t at = start->state.reg[PVP_X86_rsp];

	if (row->vector < 0)
		return pvp_asprintf("no gate of the IDT leads to its native entry %#" PRIx64,
				    row->native);
	if (facts->xen && special && !row->ist_ok)
		return pvp_asprintf(
			"vector %d has a stack of its own (IST %u) and the row does not "
			"say that it may be replaced: the kernel warns and skips it",
			row->vector, entry->gates[row->vector].ist);
	if (facts->xen && !pvp_trap_is_function(facts->input->image, row->xen))
		return pvp_asprintf("the row of vector %d leads to %#" PRIx64
				    ", where no function begins",
				    row->vector, row->xen);
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		if (odd[i].vector != row->vector)
			continue;
		error = odd[i].error;
		gap = odd[i].gap && !user;
		ret->copies = odd[i].copies;
	}
	/* Neither the CPU nor Xen clears what was interrupted with it set. */
	if (index & 2)
		start->state.reg[PVP_X86_rflags] |= PVP_X86_FLAG_DF;
	take_registers(start, ret->pt);
	draw_hardware(facts, start, user, false, ret->pt);
	ret->arrival = PVP_ARRIVE_HANDLER;
	ret->begin = facts->xen ? row->xen : row->native;
	ret->end = handler;
	ret->matter = ALL_WORDS;
	ret->pt[PVP_PT_ORIG_RAX] = -1;
	if (int80 && facts->int80) {
		ret->pt[PVP_PT_ORIG_RAX] = (uint32_t)start->state.reg[PVP_X86_rax];
		ret->pt[PVP_PT_RAX] = -38;
	}
	ret->swaps_known = true;
	ret->swaps = user && !facts->xen;
	ret->has_error = error;
	ret->error = roll(start, 4) & 0xffff;
	if (facts->xen) { /* the registers that syscall destroys */
		ret->pt[PVP_PT_RCX] = roll(start, 5);
		ret->pt[PVP_PT_R11] = roll(start, 6);
		poke(start, at, ret->pt[PVP_PT_RCX]);
		poke(start, at + 8, ret->pt[PVP_PT_R11]);
		at += 16;
	}
	if (error) {
		poke(start, at, ret->error);
		at += 8;
	}
	put_words(start, at, ret->pt, PVP_PT_RIP);
	ret->place = moves ? TASK_STACK - PT_LEN : gap ? 0 : at - PVP_PT_RIP * 8;
	if (paranoid) {
		ret->arrival = PVP_ARRIVE_PARANOID;
		ret->end = facts->paranoid_entry;
		ret->caller = row->native;
		if (error)
			ret->pt[PVP_PT_ORIG_RAX] = ret->error;
	}
	if (user && !facts->xen)
		user_gs(start);
	if (ret->begin && ret->end)
		return NULL;
	return pvp_asprintf("the image has no handler of vector %d", row->vector);
}

char *pvp_entry_case_make(const struct pvp_entry_facts *facts, const struct pvp_site *site,
			  unsigned index, struct pvp_start *start, struct pvp_entry_case *ret)
{
	memset(ret, 0, sizeof(*ret));
	start->state.reg[PVP_X86_rsp] -= 0x400; /* room for frames above */
	if (site->kind == PVP_SITE_TRAP)
		return make_trap(facts, site, index, start, ret);
	ret->begin = site->addr;
	switch ((enum pvp_entry_op)site->slot) {
	case PVP_ENTRY_SWAPGS:
		ret->arrival = PVP_ARRIVE_BEHIND;
		ret->end = site->addr + site->len;
		ret->swaps_known = true;
		ret->swaps = !facts->xen;
		break;
	case PVP_ENTRY_IRET:
		take_registers(start, ret->pt);
		draw_hardware(facts, start, index & 1, false, ret->pt);
		ret->arrival = PVP_ARRIVE_USER;
		ret->matter = ALL_WORDS & ~BIT(PVP_PT_ORIG_RAX);
		ret->swaps_known = true;
		/* A stack segment in the LDT: Xen looks after it, bare metal's iret does not. */
		if (index % 4 == 3 && (facts->xen || facts->ldt)) {
			ret->pt[PVP_PT_SS] |= 4;
			ret->arrival = facts->xen ? PVP_ARRIVE_USER : PVP_ARRIVE_LDT;
			ret->end = facts->xen ? 0 : facts->ldt;
		}
		put_words(start, start->state.reg[PVP_X86_rsp], ret->pt, PVP_PT_RIP);
		break;
	case PVP_ENTRY_ERROR_ENTRY:
		make_error_entry(facts, site, index & 1, start, ret);
		break;
	case PVP_ENTRY_RETURN_TO_USER:
	case PVP_ENTRY_SYSRET64:
	case PVP_ENTRY_SYSRET32:
		make_return(facts, site, index & 1, start, ret);
		break;
	case PVP_ENTRY_INT80_STACK:
		make_int80_stack(facts, start, ret);
		break;
	case PVP_ENTRY_OTHER:
		break;
	}
	return NULL;
}

/* --- what came of it --- */

/* The first function outside the site, with all registers but the stack pointer as they were. */
static char *judge_through(const struct pvp_entry_case *want, const struct pvp_start *start,
			   const struct pvp_run *run, const struct pvp_image *image)
{
	char is[128], should[128];
	const uint64_t *entry = run->entry.reg;

	if (!want->through)
		return NULL;
	if (!run->entered || entry[PVP_X86_rip] != want->through)
		return pvp_asprintf(
			"entry: %s, not %s",
			pvp_image_describe(image, entry[PVP_X86_rip], is, sizeof(is)),
			pvp_image_describe(image, want->through, should, sizeof(should)));
	for (unsigned i = 0; i < PVP_PT_ORIG_RAX; i++)
		if (entry[pvp_pt_register[i]] != start->state.reg[pvp_pt_register[i]])
			return pvp_asprintf("entry: %s changed", pt_names[i]);
	if (entry[PVP_X86_rsp] != start->state.reg[PVP_X86_rsp] - (want->jumps ? 0 : 8))
		return pvp_asprintf("entry: rsp moved by %" PRId64,
				    (int64_t)(entry[PVP_X86_rsp] - start->state.reg[PVP_X86_rsp]));
	return NULL;
}

static char *judge_words(const struct pvp_entry_case *want, const uint64_t *pt, uint32_t known)
{
	const uint64_t mask = want->narrow ? UINT32_MAX : UINT64_MAX;

	for (unsigned i = 0; i < PVP_NR_PT; i++)
		if (want->matter & known & BIT(i) && (pt[i] & mask) != (want->pt[i] & mask))
			return pvp_asprintf("end: %s %#" PRIx64 " handed on, not %#" PRIx64,
					    pt_names[i], pt[i], want->pt[i]);
	return NULL;
}

static char *judge_behind(const struct pvp_start *start, const struct pvp_run *run,
			  const struct pvp_memory *memory)
{
	for (unsigned i = 0; i <= PVP_X86_rflags; i++)
		if (i != PVP_X86_rip && run->end.reg[i] != start->state.reg[i])
			return pvp_asprintf("end: register %u changed", i);
	for (size_t i = 0; i < memory->nr_log; i++)
		if (memory->log[i].writer != PVP_WRITER_SCRIPT)
			return pvp_asprintf("end: memory at %#" PRIx64 " written",
					    memory->log[i].addr);
	return NULL;
}

/* How it left the kernel, and with what. */
static char *judge_user(const struct pvp_entry_case *want, const struct pvp_entry_facts *facts,
			const struct pvp_run *run, struct pvp_memory *memory)
{
	const uint64_t *reg = run->end.reg;
	uint64_t pt[PVP_NR_PT], frame[9] = {0};
	uint8_t insn[3] = {0};

	for (unsigned i = 0; i < PVP_PT_ORIG_RAX; i++)
		pt[i] = reg[pvp_pt_register[i]];
	pt[PVP_PT_ORIG_RAX] = 0;
	if (facts->xen) {
		/* rax, r11, rcx, flags, and the frame.  Source: struct iret_context of Xen. */
		if (!pvp_memory_read(memory, reg[PVP_X86_rsp], frame, sizeof(frame)))
			return pvp_strdup("end: the frame of the hypercall is not in memory");
		pt[PVP_PT_RAX] = frame[0];
		pt[PVP_PT_R11] = frame[1];
		pt[PVP_PT_RCX] = frame[2];
		if (frame[3])
			return pvp_asprintf("end: iret's flags are %#" PRIx64 ", not 0", frame[3]);
		memcpy(&pt[PVP_PT_RIP], &frame[4], 5 * 8);
		return judge_words(want, pt, ALL_WORDS);
	}
	if (!pvp_memory_read(memory, run->stop_addr, insn, sizeof(insn)))
		return pvp_strdup("end: no text");
	if (insn[0] == 0x48 && insn[1] == 0xcf) { /* iretq */
		if (!pvp_memory_read(memory, reg[PVP_X86_rsp], frame, 5 * 8))
			return pvp_strdup("end: the frame of iretq is not in memory");
		memcpy(&pt[PVP_PT_RIP], frame, 5 * 8);
	} else if (insn[insn[0] == 0x48] == 0x0f && insn[1 + (insn[0] == 0x48)] == 0x07) {
		/* sysret; the selectors are what STAR has for it, with REX.W or without. */
		pt[PVP_PT_RIP] = reg[PVP_X86_rcx];
		pt[PVP_PT_RFLAGS] = reg[PVP_X86_r11];
		pt[PVP_PT_RSP] = reg[PVP_X86_rsp];
		pt[PVP_PT_CS] = insn[0] == 0x48 ? USER_CS : USER32_CS;
		pt[PVP_PT_SS] = USER_DS;
	} else {
		return pvp_strdup("end: neither iretq nor sysret");
	}
	return judge_words(want, pt, ALL_WORDS);
}

static char *judge_ldt(const struct pvp_entry_case *want, const struct pvp_run *run,
		       struct pvp_memory *memory)
{
	const uint64_t *reg = run->end.reg;
	uint64_t pt[PVP_NR_PT] = {0};

	for (unsigned i = 0; i < PVP_PT_ORIG_RAX; i++)
		pt[i] = reg[pvp_pt_register[i]];
	if (!pvp_memory_read(memory, reg[PVP_X86_rsp], &pt[PVP_PT_RIP], 5 * 8))
		return pvp_strdup("end: the frame of iretq is not in memory");
	return judge_words(want, pt, ALL_WORDS);
}

/* The registers are not saved yet. */
static char *judge_paranoid(const struct pvp_entry_case *want, const struct pvp_image *image,
			    const struct pvp_run *run, struct pvp_memory *memory)
{
	const uint64_t *reg = run->end.reg;
	uint64_t pt[PVP_NR_PT], frame[7];
	const struct pvp_symbol *caller;

	if (!pvp_memory_read(memory, reg[PVP_X86_rsp], frame, sizeof(frame)))
		return pvp_strdup("end: no frame in memory");
	caller = pvp_image_symbol_at(image, frame[0]);
	if (want->copies ? frame[0] - want->caller > 0x400
			 : !caller || caller->addr != want->caller)
		return pvp_asprintf("end: paranoid_entry is called by %s",
				    caller ? caller->name : "what has no name");
	for (unsigned i = 0; i < PVP_PT_ORIG_RAX; i++)
		pt[i] = reg[pvp_pt_register[i]];
	memcpy(&pt[PVP_PT_ORIG_RAX], &frame[1], 6 * 8);
	return judge_words(want, pt, ALL_WORDS);
}

/* C code wants the direction flag clear; none of the others is entry code's to set. */
static char *judge_flags(const struct pvp_start *start, const struct pvp_run *run)
{
	const uint64_t holds = PVP_X86_FLAG_IF | PVP_X86_FLAG_TF | PVP_X86_FLAG_NT |
			       PVP_X86_FLAG_IOPL | PVP_X86_FLAG_ID;
	const uint64_t before = start->state.reg[PVP_X86_rflags];
	const uint64_t now = run->end.reg[PVP_X86_rflags];

	if (now & PVP_X86_FLAG_DF)
		return pvp_strdup("end: the direction flag is left set");
	if (now & ~before & PVP_X86_FLAG_AC)
		return pvp_strdup("end: the AC flag is set");
	if ((now ^ before) & holds)
		return pvp_asprintf("end: rflags are %#" PRIx64 ", not %#" PRIx64, now & holds,
				    before & holds);
	return NULL;
}

static char *judge_saved(const struct pvp_entry_case *want, const struct pvp_start *start,
			 const struct pvp_run *run, struct pvp_memory *memory)
{
	const bool handler = want->arrival == PVP_ARRIVE_HANDLER;
	const uint64_t at = run->end.reg[handler ? PVP_X86_rdi : PVP_X86_rsp];
	uint64_t pt[PVP_NR_PT];
	char *wrong = judge_flags(start, run);

	if (wrong)
		return wrong;
	if (!pvp_memory_read(memory, at, pt, sizeof(pt)))
		return pvp_asprintf("end: pt_regs at %#" PRIx64 " are not in memory", at);
	if (want->place && at != want->place)
		return pvp_asprintf("end: pt_regs at %#" PRIx64 ", not %#" PRIx64, at, want->place);
	if (want->has_error && run->end.reg[PVP_X86_rsi] != want->error)
		return pvp_asprintf("end: error code %#" PRIx64 ", not %#" PRIx64,
				    run->end.reg[PVP_X86_rsi], want->error);
	return judge_words(want, pt, ALL_WORDS);
}

char *pvp_entry_case_judge(const struct pvp_entry_case *want, const struct pvp_entry_facts *facts,
			   const struct pvp_site *site, const struct pvp_start *start, const struct pvp_run *run,
			   struct pvp_memory *memory)
{
	static const enum pvp_stop stops[] = {
		[PVP_ARRIVE_BEHIND] = PVP_STOP_END,	[PVP_ARRIVE_SAVED] = PVP_STOP_OPAQUE,
		[PVP_ARRIVE_HANDLER] = PVP_STOP_OPAQUE, [PVP_ARRIVE_PARANOID] = PVP_STOP_OPAQUE,
		[PVP_ARRIVE_LDT] = PVP_STOP_OPAQUE,	[PVP_ARRIVE_USER] = PVP_STOP_OP_END,
	};
	const struct pvp_image *image = facts->input->image;
	char what[96], is[128], should[128];
	char *wrong = judge_through(want, start, run, image);

	if (wrong)
		return wrong;
	if (run->stop != stops[want->arrival] ||
	    (run->stop == PVP_STOP_OPAQUE && run->stop_addr != want->end)) {
		pvp_describe_stop(run, what, sizeof(what));
		pvp_image_describe(image, run->stop_addr, is, sizeof(is));
		pvp_image_describe(image, want->end, should, sizeof(should));
		return pvp_asprintf("end: %s, %s, not at %s", what, is,
				    want->end ? should : "the way back to user mode");
	}
	switch (want->arrival) {
	case PVP_ARRIVE_BEHIND:
		wrong = judge_behind(start, run, memory);
		break;
	case PVP_ARRIVE_USER:
		wrong = judge_user(want, facts, run, memory);
		break;
	case PVP_ARRIVE_LDT:
		wrong = judge_ldt(want, run, memory);
		break;
	case PVP_ARRIVE_PARANOID:
		wrong = judge_paranoid(want, image, run, memory);
		break;
	case PVP_ARRIVE_SAVED:
	case PVP_ARRIVE_HANDLER:
		wrong = judge_saved(want, start, run, memory);
		break;
	}
	return wrong ? wrong : pvp_entry_effects_judge(want, facts, site, start, run, memory);
}

const char *pvp_arrival_text(enum pvp_arrival arrival)
{
	static const char *const texts[] = {
		[PVP_ARRIVE_BEHIND] = "goes on behind the site, with nothing changed",
		[PVP_ARRIVE_SAVED] = "goes on behind the site, with pt_regs on the stack",
		[PVP_ARRIVE_HANDLER] = "goes to a handler in C, with pt_regs as its argument",
		[PVP_ARRIVE_PARANOID] = "goes to paranoid_entry, with the CPU's frame",
		[PVP_ARRIVE_LDT] = "goes to what gets the upper half of esp right, with the frame",
		[PVP_ARRIVE_USER] = "goes where the frame says, with the registers it was given",
	};

	return texts[arrival];
}
