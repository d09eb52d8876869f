// SPDX-License-Identifier: GPL-2.0-only
/*
 * segments.c - what sensitive instructions do to segments and descriptor tables.
 *
 * The engine has segments of its own; of ours it sees the bases of fs and gs alone.
 */
#include "x86.h"

/* What lgdt loads and sgdt stores: the limit and, behind it, a base of one word.  (With prefix 66,
 * 24 bits of it in 32-bit mode: unmodelled.) */
struct table_operand {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static bool do_load_table(struct pvp_machine *m, const struct pvp_x86_insn *insn, bool idt)
{
	struct table_operand operand = { 0 };

	if (!pvp_x86_read(m, pvp_x86_operand_address(m, insn, &insn->op[0]), &operand,
			  sizeof(operand.limit) + m->isa->word))
		return false;
	pvp_x86_effect(m, idt ? PVP_EFFECT_LIDT : PVP_EFFECT_LGDT, 2,
		       (uint64_t[]){ operand.base, operand.limit });
	m->shadow.reg[idt ? PVP_X86_idt_base : PVP_X86_gdt_base] = operand.base;
	m->shadow.reg[idt ? PVP_X86_idt_limit : PVP_X86_gdt_limit] = operand.limit;
	return true;
}

static bool do_store_table(struct pvp_machine *m, const struct pvp_x86_insn *insn, bool idt)
{
	struct table_operand operand = {
		.limit = m->shadow.reg[idt ? PVP_X86_idt_limit : PVP_X86_gdt_limit],
		.base = m->shadow.reg[idt ? PVP_X86_idt_base : PVP_X86_gdt_base],
	};

	return pvp_x86_write(m, pvp_x86_operand_address(m, insn, &insn->op[0]), &operand,
			     sizeof(operand.limit) + m->isa->word);
}

enum lookup { FOUND, NO_DESCRIPTOR, NOT_IN_VIEW };

/* The descriptor of a selector, in the GDT that the text has loaded; of the LDT we know nothing. */
static enum lookup find_descriptor(struct pvp_machine *m, uint64_t selector, uint64_t *ret)
{
	if (!(selector & ~3ull))
		return NO_DESCRIPTOR;
	if (selector & 4)
		return NOT_IN_VIEW;
	if ((selector | 7) > m->shadow.reg[PVP_X86_gdt_limit])
		return NO_DESCRIPTOR;
	return pvp_memory_read(&m->memory, m->shadow.reg[PVP_X86_gdt_base] + (selector & ~7ull), ret,
			       sizeof(*ret))
		       ? FOUND
		       : NOT_IN_VIEW;
}

#define DESCRIPTOR_CODE_OR_DATA (1ull << 44)
#define DESCRIPTOR_TYPE(d)	((d) >> 40 & 15)
#define TYPE_CODE		8u
#define TYPE_CONFORMING		4u /* of code; CODE alone without it: not conforming */
#define TYPE_ACCESS		2u /* of code: can be read; of data: written */

/* Whether text of the machine's ring sees the descriptor through that selector. */
static bool is_visible(const struct pvp_machine *m, uint64_t selector, uint64_t d)
{
	unsigned type = DESCRIPTOR_TYPE(d), dpl = d >> 45 & 3, rpl = selector & 3;

	if ((d & DESCRIPTOR_CODE_OR_DATA) && (type & TYPE_CODE) && (type & TYPE_CONFORMING))
		return true;
	return dpl >= m->ring && dpl >= rpl;
}

/*
 * verr, verw.  Source: Intel SDM vol. 2.  Kernels use verw for what it does to the CPU's buffers, and
 * nobody looks at ZF then: a descriptor that the view does not hold is flat writable data.
 */
static bool do_verw(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint64_t flags = pvp_x86_get(m, PVP_X86_rflags) & ~PVP_X86_FLAG_ZF, selector, d = 0;
	bool write = insn->digit == 5, good = false;

	if (!pvp_x86_read_operand(m, insn, &insn->op[0], 2, &selector))
		return false;
	switch (find_descriptor(m, selector, &d)) {
	case NOT_IN_VIEW:
		good = true;
		break;
	case FOUND:
		good = (d & DESCRIPTOR_CODE_OR_DATA) && is_visible(m, selector, d);
		if (DESCRIPTOR_TYPE(d) & TYPE_CODE)
			good = good && !write && (DESCRIPTOR_TYPE(d) & TYPE_ACCESS);
		else
			good = good && (!write || (DESCRIPTOR_TYPE(d) & TYPE_ACCESS));
		break;
	case NO_DESCRIPTOR:
		break;
	}
	pvp_x86_set(m, PVP_X86_rflags, flags | (good ? PVP_X86_FLAG_ZF : 0));
	return true;
}

/* System descriptors that lsl and lar know, by bit.  Source: Intel SDM vol. 2, LAR and LSL. */
static bool is_known_system(const struct pvp_machine *m, unsigned type, bool lar)
{
	/* LDT, TSSs; 16-bit TSSs; gates, which have no limit. */
	unsigned known = 1u << 2 | 1u << 9 | 1u << 11;

	if (m->isa->word == 4)
		known |= 1u << 1 | 1u << 3;
	if (lar)
		known |= 1u << 12 | (m->isa->word == 4 ? 1u << 4 | 1u << 5 : 0);
	return known >> type & 1;
}

/* lsl, lar: ZF, and a register only where it is set. */
static bool do_lsl(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint64_t flags = pvp_x86_get(m, PVP_X86_rflags) & ~PVP_X86_FLAG_ZF, selector, d, value;
	bool lar = insn->opcode == 0x02;

	if (!pvp_x86_read_operand(m, insn, &insn->op[1], 2, &selector))
		return false;
	switch (find_descriptor(m, selector, &d)) {
	case NOT_IN_VIEW:
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return false;
	case FOUND:
		if (is_visible(m, selector, d) &&
		    ((d & DESCRIPTOR_CODE_OR_DATA) ||
		     is_known_system(m, DESCRIPTOR_TYPE(d), lar)))
			break;
		/* fallthrough */
	case NO_DESCRIPTOR:
		pvp_x86_set(m, PVP_X86_rflags, flags);
		return true;
	}
	value = (d & 0xffff) | (d >> 32 & 0xf0000);
	if (d >> 55 & 1) /* in pages */
		value = value << 12 | 0xfff;
	if (lar)
		value = d >> 32 & 0xf0ff00;
	pvp_x86_set(m, PVP_X86_rflags, flags | PVP_X86_FLAG_ZF);
	return pvp_x86_write_operand(m, insn, &insn->op[0], insn->operand_size, value);
}

static bool do_load_selector(struct pvp_machine *m, const struct pvp_x86_insn *insn,
			     enum pvp_effect_kind kind, enum pvp_x86_reg reg)
{
	uint64_t selector;

	if (!pvp_x86_read_operand(m, insn, &insn->op[0], 2, &selector))
		return false;
	pvp_x86_effect(m, kind, 1, &selector);
	m->shadow.reg[reg] = selector;
	return true;
}

/*
 * The base that a load of fs or gs brings in.  amd64: kernels set bases by MSR, and descriptors are
 * flat.  i386: the descriptor's, in the GDT that the text has loaded (Intel SDM vol. 3, 3.4.5); the
 * null selector's is 0, for nobody uses it.  False: a fault, or a descriptor nobody can see.
 */
static bool descriptor_base(struct pvp_machine *m, uint16_t selector, uint64_t *ret)
{
	uint64_t d;

	*ret = 0;
	if (m->isa->word == 8 || !(selector & ~3))
		return true;
	if ((selector & 4) ||
	    !pvp_memory_read(&m->memory, m->shadow.reg[PVP_X86_gdt_base] + (selector & ~7), &d,
			     sizeof(d))) {
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return false;
	}
	if ((selector | 7) > m->shadow.reg[PVP_X86_gdt_limit]) {
		pvp_x86_fault(m, PVP_FAULT_GP, 0, 0);
		return false;
	}
	*ret = (d >> 16 & 0xffffff) | (d >> 56 & 0xff) << 24;
	return true;
}

/* Segment register n, in ModRM order, takes a selector. */
static bool load_segment(struct pvp_machine *m, unsigned n, uint64_t selector)
{
	uint64_t base = 0;

	if (n == 1) { /* cs */
		pvp_x86_fault(m, PVP_FAULT_UD, 0, 0);
		return false;
	}
	if (n >= 4 && !descriptor_base(m, selector, &base))
		return false;
	PVP_X86_EFFECT(m, SEGMENT, n, selector);
	m->shadow.reg[PVP_X86_es + n] = selector;
	if (n == 4)
		pvp_x86_set(m, PVP_X86_fs_base, base);
	if (n == 5)
		pvp_x86_set(m, PVP_X86_gs_base, base);
	return true;
}

/* A pushed selector is a word, of which popping takes the lower 16 bits. */
static bool do_push_seg(struct pvp_machine *m, const struct pvp_x86_insn *insn, unsigned n)
{
	uint64_t selector = m->shadow.reg[PVP_X86_es + n] & 0xffff, size = insn->operand_size;
	uint64_t sp = (pvp_x86_get(m, PVP_X86_rsp) - size) & m->isa->last;

	if (!pvp_x86_write(m, sp, &selector, size))
		return false;
	pvp_x86_set(m, PVP_X86_rsp, sp);
	return true;
}

static bool do_pop_seg(struct pvp_machine *m, const struct pvp_x86_insn *insn, unsigned n)
{
	uint64_t sp = pvp_x86_get(m, PVP_X86_rsp), selector = 0;

	if (!pvp_x86_read(m, sp, &selector, insn->operand_size) ||
	    !load_segment(m, n, selector & 0xffff))
		return false;
	pvp_x86_set(m, PVP_X86_rsp, (sp + insn->operand_size) & m->isa->last);
	return true;
}

static bool do_mov_seg(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	bool to = insn->opcode == 0x8e;
	unsigned n = insn->op[to ? 0 : 1].number;
	const struct pvp_x86_operand *other = &insn->op[to ? 1 : 0];
	uint64_t selector;

	if (insn->opcode != 0x8c && !to) { /* 06, 0e, 16, 1e, a0, a8 push; the odd ones pop */
		n = insn->op[0].number;
		return insn->opcode & 1 ? do_pop_seg(m, insn, n) : do_push_seg(m, insn, n);
	}
	if (!to)
		return pvp_x86_write_operand(m, insn, other,
					     other->kind == PVP_X86_MEM ? 2 : other->size,
					     m->shadow.reg[PVP_X86_es + n]);
	return pvp_x86_read_operand(m, insn, other, 2, &selector) && load_segment(m, n, selector);
}

static bool do_swapgs(struct pvp_machine *m)
{
	uint64_t base = pvp_x86_get(m, PVP_X86_gs_base);

	pvp_x86_effect(m, PVP_EFFECT_SWAPGS, 0, NULL);
	pvp_x86_set(m, PVP_X86_gs_base, m->shadow.reg[PVP_X86_kernel_gs_base]);
	m->shadow.reg[PVP_X86_kernel_gs_base] = base;
	return true;
}

/* The selector goes to gs, the base that it brings to where swapgs finds it.  Source: Intel's FRED
 * specification, chapter on LKGS. */
static bool do_lkgs(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	uint64_t selector, base;

	if (!pvp_x86_read_operand(m, insn, &insn->op[0], 2, &selector) ||
	    !descriptor_base(m, selector, &base))
		return false;
	PVP_X86_EFFECT(m, SEGMENT, 5, selector);
	m->shadow.reg[PVP_X86_gs] = selector;
	m->shadow.reg[PVP_X86_kernel_gs_base] = base;
	return true;
}

static bool do_fsgsbase(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	/* f3 [REX] 0f ae /0 rdfsbase /1 rdgsbase /2 wrfsbase /3 wrgsbase */
	unsigned digit = insn->bytes[insn->len - 1] >> 3 & 7;
	enum pvp_x86_reg base = digit & 1 ? PVP_X86_gs_base : PVP_X86_fs_base;
	uint64_t value;

	if (digit < 2)
		return pvp_x86_write_operand(m, insn, &insn->op[0], insn->op[0].size,
					     pvp_x86_get(m, base));
	if (!pvp_x86_read_operand(m, insn, &insn->op[0], insn->op[0].size, &value))
		return false;
	if (!pvp_x86_canonical(value)) {
		pvp_x86_fault(m, PVP_FAULT_GP, 0, 0);
		return false;
	}
	pvp_x86_set(m, base, value);
	return true;
}

bool pvp_x86_do_segment(struct pvp_machine *m, const struct pvp_x86_insn *insn)
{
	switch ((enum pvp_x86_class)insn->class) {
	case PVP_X86_LGDT:
	case PVP_X86_LIDT:
		return do_load_table(m, insn, insn->class == PVP_X86_LIDT);
	case PVP_X86_SGDT:
	case PVP_X86_SIDT:
		return do_store_table(m, insn, insn->class == PVP_X86_SIDT);
	case PVP_X86_LLDT:
		return do_load_selector(m, insn, PVP_EFFECT_LLDT, PVP_X86_ldtr);
	case PVP_X86_LTR:
		return do_load_selector(m, insn, PVP_EFFECT_LTR, PVP_X86_tr);
	case PVP_X86_SLDT:
		return pvp_x86_store_word(m, insn, m->shadow.reg[PVP_X86_ldtr]);
	case PVP_X86_STR:
		return pvp_x86_store_word(m, insn, m->shadow.reg[PVP_X86_tr]);
	case PVP_X86_SWAPGS:
		return do_swapgs(m);
	case PVP_X86_LKGS:
		return do_lkgs(m, insn);
	case PVP_X86_FSGSBASE:
		return do_fsgsbase(m, insn);
	case PVP_X86_VERW:
		return do_verw(m, insn);
	case PVP_X86_LSL:
		return do_lsl(m, insn);
	case PVP_X86_MOV_SEG:
		return do_mov_seg(m, insn);
	default:
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return false;
	}
}
