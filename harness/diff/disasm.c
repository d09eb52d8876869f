// SPDX-License-Identifier: GPL-2.0-only
#include "disasm.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

struct pvp_disasm {
	csh handle;
	cs_insn *insn;
	bool is64;
};

struct pvp_error *pvp_disasm_create(enum pvp_arch arch, struct pvp_disasm **ret)
{
	struct pvp_disasm disasm = {.is64 = arch != PVP_ARCH_I386};
	cs_err status;

	if (arch == PVP_ARCH_IA64)
		return pvp_error_format(PVP_ERR_UNSUPPORTED, "there is no disassembler for %s",
					pvp_arch_name(arch));
	status = cs_open(CS_ARCH_X86, arch == PVP_ARCH_I386 ? CS_MODE_32 : CS_MODE_64,
			 &disasm.handle);
	if (status != CS_ERR_OK)
		return pvp_error_format(PVP_ERR_ENGINE, "capstone: %s", cs_strerror(status));
	cs_option(disasm.handle, CS_OPT_DETAIL, CS_OPT_ON);
	disasm.insn = cs_malloc(disasm.handle);
	if (!disasm.insn) {
		cs_close(&disasm.handle);
		return pvp_error_format(PVP_ERR_ENGINE, "capstone: out of memory");
	}
	*ret = pvp_calloc(1, sizeof(**ret));
	**ret = disasm;
	return NULL;
}

void pvp_disasm_destroy(struct pvp_disasm *disasm)
{
	if (!disasm)
		return;
	cs_free(disasm->insn, 1);
	cs_close(&disasm->handle);
	free(disasm);
}

/*
 * What 32-bit kernels pad with where there is no long NOP: mov of a register to itself, lea of one
 * with nothing added.  (In 64-bit code these clear the upper half.)
 */
static bool is_i386_pad(const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;
	const cs_x86_op *op = x86->operands;
	x86_reg from;

	if (x86->op_count != 2 || op[0].type != X86_OP_REG)
		return false;
	if (insn->id == X86_INS_MOV)
		return op[1].type == X86_OP_REG && op[0].reg == op[1].reg;
	if (insn->id != X86_INS_LEA || op[1].mem.disp)
		return false;
	/* An index of eiz is none. */
	from = op[1].mem.base;
	if (from == X86_REG_INVALID && op[1].mem.scale == 1)
		from = op[1].mem.index;
	else if (op[1].mem.index != X86_REG_INVALID && op[1].mem.index != X86_REG_EIZ)
		return false;
	return from == op[0].reg;
}

static enum pvp_insn_kind kind_of(const struct pvp_disasm *disasm, const cs_insn *insn)
{
	const csh handle = disasm->handle;

	if (!disasm->is64 && is_i386_pad(insn))
		return PVP_KIND_NOP;
	switch (insn->id) {
	case X86_INS_NOP:
		return PVP_KIND_NOP;
	case X86_INS_XCHG: /* 66 90 */
		return insn->size == 2 && insn->bytes[0] == 0x66 && insn->bytes[1] == 0x90
			       ? PVP_KIND_NOP
			       : PVP_KIND_OTHER;
	case X86_INS_UD2:
		return PVP_KIND_UD2;
	}
	if (cs_insn_group(handle, insn, CS_GRP_CALL))
		return PVP_KIND_CALL;
	if (cs_insn_group(handle, insn, CS_GRP_JUMP))
		return PVP_KIND_JMP;
	return insn->id == X86_INS_RET ? PVP_KIND_RET : PVP_KIND_OTHER;
}

/* Calls and jumps say their size by being one. */
static void cut_size(char *text)
{
	static const char *const sizes[] = {"qword ptr ", "dword ptr "};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *at = strstr(text, sizes[i]);

		if (at)
			memmove(at, at + strlen(sizes[i]), strlen(at + strlen(sizes[i])) + 1);
	}
}

static void find_operand(const cs_insn *insn, struct pvp_disasm_insn *ret)
{
	const cs_x86 *x86 = &insn->detail->x86;

	for (unsigned i = 0; i < x86->op_count; i++) {
		const cs_x86_op *op = &x86->operands[i];

		if (op->type == X86_OP_IMM &&
		    (ret->kind == PVP_KIND_CALL || ret->kind == PVP_KIND_JMP)) {
			ret->has_target = true;
			ret->target = op->imm;
		}
		if (op->type != X86_OP_MEM || op->mem.segment != X86_REG_INVALID ||
		    op->mem.index != X86_REG_INVALID)
			continue;
		if (op->mem.base == X86_REG_RIP) {
			ret->has_memory = true;
			ret->memory = insn->address + insn->size + op->mem.disp;
		} else if (op->mem.base == X86_REG_INVALID) {
			ret->has_memory = true;
			ret->memory = x86->addr_size == 4 ? (uint32_t)op->mem.disp
							  : (uint64_t)op->mem.disp;
		}
	}
}

void pvp_disasm_one(struct pvp_disasm *disasm, const uint8_t *bytes, size_t nr, uint64_t addr,
		    struct pvp_disasm_insn *ret)
{
	const cs_insn *insn = disasm->insn;
	const uint8_t *code = bytes;
	uint64_t at = addr;

	memset(ret, 0, sizeof(*ret));
	if (!cs_disasm_iter(disasm->handle, &code, &nr, &at, disasm->insn)) {
		ret->len = 1;
		strcpy(ret->text, "(bad)");
		return;
	}
	ret->len = insn->size;
	ret->kind = kind_of(disasm, insn);
	if (ret->kind == PVP_KIND_NOP)
		snprintf(ret->text, sizeof(ret->text), "nop (%u byte%s)", insn->size,
			 insn->size == 1 ? "" : "s");
	else
		snprintf(ret->text, sizeof(ret->text), "%.31s%s%.63s", insn->mnemonic,
			 *insn->op_str ? " " : "", insn->op_str);
	if (ret->kind == PVP_KIND_CALL || ret->kind == PVP_KIND_JMP)
		cut_size(ret->text);
	if (ret->kind != PVP_KIND_NOP)
		find_operand(insn, ret);
}
