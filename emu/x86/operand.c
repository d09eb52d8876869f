// SPDX-License-Identifier: GPL-2.0-only
/*
 * operand.c - operands of the instructions that we do ourselves.
 */
#include "x86.h"

uint64_t pvp_x86_size_mask(unsigned size)
{
	return size >= 8 ? ~0ull : (1ull << 8 * size) - 1;
}

uint64_t pvp_x86_operand_address(struct pvp_machine *m, const struct pvp_x86_insn *insn,
				 const struct pvp_x86_operand *op)
{
	uint64_t addr = op->disp;

	if (op->base == PVP_X86_rip)
		addr += insn->addr + insn->len;
	else if (op->base != PVP_X86_NR_STATE)
		addr += pvp_x86_get(m, op->base);
	if (op->index != PVP_X86_NR_STATE)
		addr += pvp_x86_get(m, op->index) * op->scale;
	addr &= pvp_x86_size_mask(op->address_size);
	if (op->segment_base != PVP_X86_NR_STATE)
		addr += pvp_x86_get(m, op->segment_base);
	return addr & m->isa->last;
}

bool pvp_x86_read_operand(struct pvp_machine *m, const struct pvp_x86_insn *insn,
			  const struct pvp_x86_operand *op, unsigned size, uint64_t *ret)
{
	*ret = 0;
	switch (op->kind) {
	case PVP_X86_REG:
		*ret = pvp_x86_get(m, op->reg) >> op->shift & pvp_x86_size_mask(size);
		return true;
	case PVP_X86_IMM:
		*ret = op->imm & pvp_x86_size_mask(size);
		return true;
	case PVP_X86_MEM:
		return pvp_x86_read(m, pvp_x86_operand_address(m, insn, op), ret, size);
	default:
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return false;
	}
}

bool pvp_x86_write_operand(struct pvp_machine *m, const struct pvp_x86_insn *insn,
			   const struct pvp_x86_operand *op, unsigned size, uint64_t value)
{
	uint64_t mask = pvp_x86_size_mask(size) << op->shift, old;

	if (op->kind == PVP_X86_MEM)
		return pvp_x86_write(m, pvp_x86_operand_address(m, insn, op), &value, size);
	if (op->kind != PVP_X86_REG) {
		pvp_x86_stop(m, PVP_STOP_UNMODELLED);
		return false;
	}
	old = pvp_x86_get(m, op->reg);
	value <<= op->shift;
	pvp_x86_set(m, op->reg, size >= 4 ? value & mask : (old & ~mask) | (value & mask));
	return true;
}

bool pvp_x86_store_word(struct pvp_machine *m, const struct pvp_x86_insn *insn, uint64_t value)
{
	const struct pvp_x86_operand *op = &insn->op[0];

	return pvp_x86_write_operand(m, insn, op, op->kind == PVP_X86_MEM ? 2 : op->size, value);
}
