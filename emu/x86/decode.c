// SPDX-License-Identifier: GPL-2.0-only
#include "decode.h"
#include "prefixes.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "alloc.h"
#include "encodings.h"

struct pvp_x86_decoder {
	enum pvp_isa isa;
	csh handle;
	cs_insn *insn;
	uint8_t plain[X86_INS_ENDING]; /* allow list by Capstone's id */
	uint8_t sensitive[X86_INS_ENDING];
};

// clang-format off
/* Instructions the engine executes as the manual says.  Condition-code families and aliases are
 * spelled out; whatever is not here is unmodelled.  Source: facts of the engine, measured.  Some
 * exist in one of the two modes only: the disassembler knows. */
static const uint16_t plain_ids[] = {
	X86_INS_AAA, X86_INS_AAD, X86_INS_AAM, X86_INS_AAS, X86_INS_DAA, X86_INS_DAS,
	X86_INS_ADC, X86_INS_ADD, X86_INS_AND, X86_INS_BSF, X86_INS_BSR, X86_INS_BSWAP, X86_INS_BT,
	X86_INS_BTC, X86_INS_BTR, X86_INS_BTS, X86_INS_CALL, X86_INS_CBW, X86_INS_CDQ, X86_INS_CDQE,
	X86_INS_CLC, X86_INS_CLD, X86_INS_CLFLUSH, X86_INS_CMC, X86_INS_CMP, X86_INS_CMPSB,
	X86_INS_CMPSW, X86_INS_CMPSD, X86_INS_CMPSQ, X86_INS_CMPXCHG, X86_INS_CMPXCHG8B,
	X86_INS_CMPXCHG16B, X86_INS_CQO, X86_INS_CWD, X86_INS_CWDE, X86_INS_DEC, X86_INS_DIV,
	X86_INS_ENTER, X86_INS_IDIV, X86_INS_IMUL, X86_INS_INC, X86_INS_JMP, X86_INS_JRCXZ,
	X86_INS_JECXZ,
	X86_INS_LAHF, X86_INS_LEA, X86_INS_LEAVE, X86_INS_LFENCE, X86_INS_LODSB, X86_INS_LODSW,
	X86_INS_LODSD, X86_INS_LODSQ, X86_INS_LOOP, X86_INS_LOOPE, X86_INS_LOOPNE, X86_INS_MFENCE,
	X86_INS_MOV, X86_INS_MOVABS, X86_INS_MOVNTI, X86_INS_MOVSB, X86_INS_MOVSW, X86_INS_MOVSD,
	X86_INS_MOVSQ, X86_INS_MOVSX, X86_INS_MOVSXD, X86_INS_MOVZX, X86_INS_MUL, X86_INS_NEG,
	X86_INS_NOP, X86_INS_NOT, X86_INS_OR, X86_INS_POP, X86_INS_PREFETCH, X86_INS_PREFETCHNTA,
	X86_INS_PREFETCHT0, X86_INS_PREFETCHT1, X86_INS_PREFETCHT2, X86_INS_PREFETCHW, X86_INS_PUSH,
	X86_INS_PUSHAL, X86_INS_POPAL, X86_INS_PUSHF, X86_INS_PUSHFD, X86_INS_PUSHFQ,
	X86_INS_RCL, X86_INS_RCR, X86_INS_RET, X86_INS_ROL,
	X86_INS_ROR, X86_INS_SAHF, X86_INS_SAL, X86_INS_SAR, X86_INS_SBB, X86_INS_SCASB,
	X86_INS_SCASW, X86_INS_SCASD, X86_INS_SCASQ, X86_INS_SFENCE, X86_INS_SHL, X86_INS_SHLD,
	X86_INS_SHR, X86_INS_SHRD, X86_INS_STC, X86_INS_STD, X86_INS_STOSB, X86_INS_STOSW,
	X86_INS_STOSD, X86_INS_STOSQ, X86_INS_SUB, X86_INS_TEST, X86_INS_XADD, X86_INS_XCHG,
	X86_INS_XLATB, X86_INS_XOR,
	X86_INS_FCOMI, X86_INS_FUCOMI, /* of x87, these set rflags, and no register that is compared */
	X86_INS_WAIT, /* no x87 exception is ever pending here */
	X86_INS_JA, X86_INS_JAE, X86_INS_JB, X86_INS_JBE, X86_INS_JE, X86_INS_JG, X86_INS_JGE,
	X86_INS_JL, X86_INS_JLE, X86_INS_JNE, X86_INS_JNO, X86_INS_JNP, X86_INS_JNS, X86_INS_JO,
	X86_INS_JP, X86_INS_JS,
	X86_INS_SETA, X86_INS_SETAE, X86_INS_SETB, X86_INS_SETBE, X86_INS_SETE, X86_INS_SETG,
	X86_INS_SETGE, X86_INS_SETL, X86_INS_SETLE, X86_INS_SETNE, X86_INS_SETNO, X86_INS_SETNP,
	X86_INS_SETNS, X86_INS_SETO, X86_INS_SETP, X86_INS_SETS,
	X86_INS_CMOVA, X86_INS_CMOVAE, X86_INS_CMOVB, X86_INS_CMOVBE, X86_INS_CMOVE, X86_INS_CMOVG,
	X86_INS_CMOVGE, X86_INS_CMOVL, X86_INS_CMOVLE, X86_INS_CMOVNE, X86_INS_CMOVNO,
	X86_INS_CMOVNP, X86_INS_CMOVNS, X86_INS_CMOVO, X86_INS_CMOVP, X86_INS_CMOVS,
};

/* Sensitive instructions that Capstone names reliably; the rest is matched by bytes below. */
static const struct {
	uint16_t id;
	uint8_t class;
} sensitive_ids[] = {
	{ X86_INS_CLI, PVP_X86_CLI },       { X86_INS_STI, PVP_X86_STI },
	{ X86_INS_HLT, PVP_X86_HLT },       { X86_INS_POPF, PVP_X86_POPF },
	{ X86_INS_POPFQ, PVP_X86_POPF },    { X86_INS_POPFD, PVP_X86_POPF },
	{ X86_INS_CLTS, PVP_X86_CLTS },
	{ X86_INS_LMSW, PVP_X86_LMSW },     { X86_INS_SMSW, PVP_X86_SMSW },
	{ X86_INS_RDMSR, PVP_X86_RDMSR },   { X86_INS_WRMSR, PVP_X86_WRMSR },
	{ X86_INS_RDPMC, PVP_X86_RDPMC },   { X86_INS_RDTSC, PVP_X86_RDTSC },
	{ X86_INS_RDTSCP, PVP_X86_RDTSC },  { X86_INS_CPUID, PVP_X86_CPUID },
	{ X86_INS_IN, PVP_X86_IN },         { X86_INS_OUT, PVP_X86_OUT },
	{ X86_INS_LGDT, PVP_X86_LGDT },     { X86_INS_SGDT, PVP_X86_SGDT },
	{ X86_INS_LIDT, PVP_X86_LIDT },     { X86_INS_SIDT, PVP_X86_SIDT },
	{ X86_INS_LLDT, PVP_X86_LLDT },     { X86_INS_SLDT, PVP_X86_SLDT },
	{ X86_INS_LTR, PVP_X86_LTR },       { X86_INS_STR, PVP_X86_STR },
	{ X86_INS_INVLPG, PVP_X86_INVLPG }, { X86_INS_INVPCID, PVP_X86_INVPCID },
	{ X86_INS_SWAPGS, PVP_X86_SWAPGS }, { X86_INS_XGETBV, PVP_X86_XGETBV },
	{ X86_INS_XSETBV, PVP_X86_XSETBV }, { X86_INS_VERW, PVP_X86_VERW },
	{ X86_INS_VERR, PVP_X86_VERW },     { X86_INS_LSL, PVP_X86_LSL },
	{ X86_INS_LAR, PVP_X86_LSL },
	{ X86_INS_POPCNT, PVP_X86_BIT_COUNT }, { X86_INS_TZCNT, PVP_X86_BIT_COUNT },
	{ X86_INS_LZCNT, PVP_X86_BIT_COUNT }, { X86_INS_PAUSE, PVP_X86_PAUSE },
	{ X86_INS_IRETQ, PVP_X86_IRET },    { X86_INS_IRETD, PVP_X86_IRET },
	{ X86_INS_SYSRET, PVP_X86_SYSRET }, { X86_INS_SYSCALL, PVP_X86_SYSCALL },
	{ X86_INS_INT3, PVP_X86_INT3 },     { X86_INS_RDFSBASE, PVP_X86_FSGSBASE },
	{ X86_INS_RDGSBASE, PVP_X86_FSGSBASE }, { X86_INS_WRFSBASE, PVP_X86_FSGSBASE },
	{ X86_INS_WRGSBASE, PVP_X86_FSGSBASE }, { X86_INS_SYSEXIT, PVP_X86_SYSRET },
};

/* The same for i386, over the rows above: swapgs is no instruction there (Intel SDM vol. 2, SWAPGS,
 * RDFSBASE). */
static const struct {
	uint16_t id;
	uint8_t class;
} i386_ids[] = {
	{ X86_INS_SWAPGS, PVP_X86_UD },     { X86_INS_RDFSBASE, PVP_X86_UD },
	{ X86_INS_RDGSBASE, PVP_X86_UD },   { X86_INS_WRFSBASE, PVP_X86_UD },
	{ X86_INS_WRGSBASE, PVP_X86_UD },
};

/* Whole encodings, matched before Capstone is asked: it misnames or mismeasures them or their
 * neighbours.  Source: Intel SDM vol. 2; Xen's public xen.h for the forced-emulation prefix. */
static const struct {
	uint8_t len;
	uint8_t bytes[8];
	uint8_t class;
	const char *text;
} encodings[] = {
	{ 7, { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 }, PVP_X86_XEN_CPUID, "ud2 'xen' cpuid" },
	{ 4, { 0xf3, 0x0f, 0x1e, 0xfa }, PVP_X86_PLAIN, "endbr64" },
	{ 3, { 0x0f, 0x01, 0xc1 }, PVP_X86_VMCALL, "vmcall" },
	{ 3, { 0x0f, 0x01, 0xd9 }, PVP_X86_VMMCALL, "vmmcall" },
	{ 3, { 0x0f, 0x01, 0xe8 }, PVP_X86_SERIALIZE, "serialize" },
	{ 3, { 0x0f, 0x01, 0xca }, PVP_X86_CLAC, "clac" },
	{ 3, { 0x0f, 0x01, 0xcb }, PVP_X86_CLAC, "stac" },
	{ 3, { 0x0f, 0xae, 0xe8 }, PVP_X86_PLAIN, "lfence" },
	{ 3, { 0x0f, 0xae, 0xf0 }, PVP_X86_PLAIN, "mfence" },
	{ 3, { 0x0f, 0xae, 0xf8 }, PVP_X86_PLAIN, "sfence" },
	{ 2, { 0x0f, 0x09 }, PVP_X86_WBINVD, "wbinvd" },
};
// clang-format on

static const struct {
	const char *name;
} classes[] = {
	[PVP_X86_UNSEEN] = { "unseen" },
	[PVP_X86_PLAIN] = { "plain" },
	[PVP_X86_SPECIAL] = { "special" },
	[PVP_X86_UNMODELLED] = { "unmodelled" },
	[PVP_X86_AHEAD] = { "ahead" },
#define X(id, name, ring0, ring3, vector) [PVP_X86_##id] = { name },
	PVP_X86_CLASSES(X)
#undef X
};

const char *pvp_x86_class_name(enum pvp_x86_class class)
{
	return classes[class].name;
}

struct pvp_error *pvp_x86_decoder_create(enum pvp_isa isa, struct pvp_x86_decoder **ret)
{
	struct pvp_x86_decoder *d = pvp_calloc(1, sizeof(*d));

	d->isa = isa;
	if (cs_open(CS_ARCH_X86, isa == PVP_ISA_I386 ? CS_MODE_32 : CS_MODE_64, &d->handle) !=
	    CS_ERR_OK) {
		free(d);
		return pvp_error_format(PVP_ERR_ENGINE, "capstone cannot be opened");
	}
	cs_option(d->handle, CS_OPT_DETAIL, CS_OPT_ON);
	d->insn = cs_malloc(d->handle);
	for (size_t i = 0; i < ARRAY_SIZE(plain_ids); i++)
		d->plain[plain_ids[i]] = 1;
	for (size_t i = 0; i < ARRAY_SIZE(sensitive_ids); i++)
		d->sensitive[sensitive_ids[i].id] = sensitive_ids[i].class;
	for (size_t i = 0; i < ARRAY_SIZE(i386_ids) && isa == PVP_ISA_I386; i++)
		d->sensitive[i386_ids[i].id] = i386_ids[i].class;
	*ret = d;
	return NULL;
}

void pvp_x86_decoder_destroy(struct pvp_x86_decoder *decoder)
{
	if (!decoder)
		return;
	cs_free(decoder->insn, 1);
	cs_close(&decoder->handle);
	free(decoder);
}

/* A general register by Capstone's id: our number, or PVP_X86_NR_STATE. */
static uint8_t general_register(x86_reg id, uint8_t *shift)
{
	// clang-format off
	static const struct {
		uint16_t id[4]; /* 64, 32, 16, 8 bits */
		uint8_t reg;
	} regs[] = {
		{ { X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL }, PVP_X86_rax },
		{ { X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL }, PVP_X86_rcx },
		{ { X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL }, PVP_X86_rdx },
		{ { X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL }, PVP_X86_rbx },
		{ { X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL }, PVP_X86_rsp },
		{ { X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL }, PVP_X86_rbp },
		{ { X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL }, PVP_X86_rsi },
		{ { X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL }, PVP_X86_rdi },
		{ { X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B }, PVP_X86_r8 },
		{ { X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B }, PVP_X86_r9 },
		{ { X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B }, PVP_X86_r10 },
		{ { X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B }, PVP_X86_r11 },
		{ { X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B }, PVP_X86_r12 },
		{ { X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B }, PVP_X86_r13 },
		{ { X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B }, PVP_X86_r14 },
		{ { X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B }, PVP_X86_r15 },
		{ { X86_REG_RIP, X86_REG_EIP, 0, 0 }, PVP_X86_rip },
	};
	static const uint16_t high[] = { X86_REG_AH, X86_REG_CH, X86_REG_DH, X86_REG_BH };
	// clang-format on

	*shift = 0;
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		for (size_t k = 0; k < 4; k++)
			if (regs[i].id[k] && regs[i].id[k] == id)
				return regs[i].reg;
	for (size_t i = 0; i < ARRAY_SIZE(high); i++)
		if (high[i] == id) {
			*shift = 8;
			return PVP_X86_rax + i;
		}
	return PVP_X86_NR_STATE;
}

/* Segment registers in ModRM order. */
static const uint16_t segment_ids[] = { X86_REG_ES, X86_REG_CS, X86_REG_SS,
					X86_REG_DS, X86_REG_FS, X86_REG_GS };

static void convert_operand(const cs_x86_op *from, unsigned addr_size, struct pvp_x86_operand *to)
{
	uint8_t shift;

	memset(to, 0, sizeof(*to));
	to->size = from->size;
	switch (from->type) {
	case X86_OP_IMM:
		to->kind = PVP_X86_IMM;
		to->imm = from->imm;
		break;
	case X86_OP_REG:
		to->reg = general_register(from->reg, &to->shift);
		if (to->reg != PVP_X86_NR_STATE) {
			to->kind = PVP_X86_REG;
			break;
		}
		to->kind = PVP_X86_OTHER;
		if (from->reg >= X86_REG_CR0 && from->reg <= X86_REG_CR15)
			to->number = from->reg - X86_REG_CR0;
		else if (from->reg >= X86_REG_DR0 && from->reg <= X86_REG_DR15)
			to->number = from->reg - X86_REG_DR0;
		else
			for (size_t i = 0; i < ARRAY_SIZE(segment_ids); i++)
				if (segment_ids[i] == from->reg)
					to->number = i;
		break;
	case X86_OP_MEM:
		to->kind = PVP_X86_MEM;
		to->base = from->mem.base == X86_REG_INVALID
				   ? PVP_X86_NR_STATE
				   : general_register(from->mem.base, &shift);
		to->index = from->mem.index == X86_REG_INVALID
				    ? PVP_X86_NR_STATE
				    : general_register(from->mem.index, &shift);
		to->scale = from->mem.scale;
		to->disp = from->mem.disp;
		to->segment_base = from->mem.segment == X86_REG_FS   ? PVP_X86_fs_base
				   : from->mem.segment == X86_REG_GS ? PVP_X86_gs_base
								     : PVP_X86_NR_STATE;
		to->address_size = addr_size;
		break;
	default:
		break;
	}
}

static bool has_segment_operand(const cs_x86 *x86)
{
	for (unsigned i = 0; i < x86->op_count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(segment_ids); k++)
			if (x86->operands[i].type == X86_OP_REG &&
			    x86->operands[i].reg == segment_ids[k])
				return true;
	return false;
}

static uint8_t classify(const struct pvp_x86_decoder *d, const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;

	switch (insn->id) {
	case X86_INS_MOV:
		/* 0f 20..23: control and debug registers; 8c, 8e: segment registers. */
		if (x86->opcode[0] == 0x0f)
			return x86->opcode[1] & 1 ? PVP_X86_MOV_DR : PVP_X86_MOV_CR;
		return has_segment_operand(x86) ? PVP_X86_MOV_SEG : PVP_X86_PLAIN;
	case X86_INS_PUSH:
	case X86_INS_POP:
		if (!has_segment_operand(x86))
			return PVP_X86_PLAIN;
		/* amd64 has them for fs and gs only, and kernels do not. */
		return d->isa == PVP_ISA_I386 ? PVP_X86_MOV_SEG : PVP_X86_UNMODELLED;
	case X86_INS_MOVSD: /* also an SSE instruction, and so is cmpsd */
	case X86_INS_CMPSD:
		return x86->opcode[0] == 0x0f ? PVP_X86_UNMODELLED : PVP_X86_PLAIN;
	case X86_INS_WBINVD: /* f3: wbnoinvd; not the bytes matched above */
		return PVP_X86_UNMODELLED;
	default:
		break;
	}
	if (insn->id < X86_INS_ENDING && d->sensitive[insn->id])
		return d->sensitive[insn->id];
	if (insn->id < X86_INS_ENDING && d->plain[insn->id])
		return PVP_X86_PLAIN;
	return PVP_X86_UNMODELLED;
}

/* Instructions that take a lock prefix, with a memory destination (xchg: either operand).
 * Source: Intel SDM vol. 2, LOCK. */
static bool is_lockable(const cs_insn *insn)
{
	// clang-format off
	static const uint16_t ids[] = {
		X86_INS_ADC, X86_INS_ADD, X86_INS_AND, X86_INS_BTC, X86_INS_BTR, X86_INS_BTS,
		X86_INS_CMPXCHG, X86_INS_CMPXCHG8B, X86_INS_CMPXCHG16B, X86_INS_DEC, X86_INS_INC,
		X86_INS_NEG, X86_INS_NOT, X86_INS_OR, X86_INS_SBB, X86_INS_SUB, X86_INS_XADD,
		X86_INS_XCHG, X86_INS_XOR,
	};
	// clang-format on
	const cs_x86 *x86 = &insn->detail->x86;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (ids[i] == insn->id)
			return x86->operands[0].type == X86_OP_MEM ||
			       (insn->id == X86_INS_XCHG && x86->operands[1].type == X86_OP_MEM);
	return false;
}

/*
 * Whether the prefixes leave the instruction what Capstone calls it.  Behind 0f they may make
 * another one of it, and the engine drops those it does not know: erets runs as clac, incssp as
 * lfence.  So only the combinations that are known to be meant stay.
 */
static bool prefixes_are_known(const struct prefixes *p, const struct pvp_x86_insn *insn,
			       const cs_insn *cs)
{
	const uint8_t *op = insn->bytes + p->len;

	if (p->odd)
		return false;
	if (op[0] != 0x0f)
		return true;
	if (p->repne && (op[1] & 0xf0) == 0x80) /* bnd jcc */
		return true;
	if (p->rep && (insn->class == PVP_X86_BIT_COUNT || insn->class == PVP_X86_FSGSBASE))
		return true;
	if (p->rep || p->repne)
		return false;
	if (!p->data16)
		return true;
	/* Descriptor-table registers, msw, invlpg: in 64-bit mode their operand has one size. */
	if (p->word == 8 && op[1] == 0x01 && op[2] < 0xc0 && insn->digit != 5)
		return true;
	/* A 16-bit bswap is undefined. */
	return op[1] != 0x01 && op[1] != 0xae && op[1] != 0xc7 &&
	       (cs->id != X86_INS_BSWAP || p->rex_w);
}

/*
 * What does nothing: nop itself, and on i386 what kernels pad with where there is no long nop: mov
 * of a register to itself, and lea of a register with nothing added.  (In 64-bit mode a 32-bit one
 * clears the upper half.)
 */
static bool is_nop(const struct pvp_x86_decoder *d, const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;
	const cs_x86_op *op = x86->operands;
	x86_reg from;

	if (insn->id == X86_INS_NOP)
		return true;
	if (d->isa != PVP_ISA_I386 || x86->op_count != 2 || op[0].type != X86_OP_REG)
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

/* A general register from an SSE register. */
static bool reads_vector(const struct prefixes *p, const struct pvp_x86_insn *insn, const cs_x86 *x86)
{
	const uint8_t *op = insn->bytes + p->len;

	if (p->odd || p->lock || p->rep || p->repne || op[0] != 0x0f || insn->len < p->len + 3u ||
	    op[2] < 0xc0 || x86->operands[0].type != X86_OP_REG)
		return false;
	/* An MMX register is x87's: to read one, too, changes what is there. */
	return op[1] == 0x50 || (p->data16 && (op[1] == 0xc5 || op[1] == 0xd7 || op[1] == 0x7e));
}

/* In 64-bit mode the prefix does nothing. */
static bool stores_by_cs(enum pvp_isa isa, const cs_x86 *x86)
{
	for (unsigned i = 0; isa == PVP_ISA_I386 && i < x86->op_count; i++)
		if (x86->operands[i].type == X86_OP_MEM &&
		    x86->operands[i].mem.segment == X86_REG_CS &&
		    (x86->operands[i].access & CS_AC_WRITE))
			return true;
	return false;
}

/* What Capstone knows without the lock prefix only takes none, and is no instruction.  (But for a
 * move of a control register, which AMD's processors take for one of CR8.) */
static void decode_without_lock(struct pvp_x86_decoder *decoder, const struct prefixes *p, size_t nr,
				struct pvp_x86_insn *ret)
{
	const uint8_t *code;
	uint64_t at = ret->addr;
	uint8_t bytes[15];
	size_t len = 0;

	if (nr > p->len + 1u && ret->bytes[p->len] == 0x0f && (ret->bytes[p->len + 1] & 0xfd) == 0x20)
		return;
	for (size_t i = 0; i < nr; i++)
		if (i >= p->len || ret->bytes[i] != 0xf0)
			bytes[len++] = ret->bytes[i];
	code = bytes;
	nr -= len; /* how many there are */
	if (!cs_disasm_iter(decoder->handle, &code, &len, &at, decoder->insn) ||
	    is_lockable(decoder->insn))
		return;
	ret->len = decoder->insn->size + nr;
	ret->class = PVP_X86_UD;
	snprintf(ret->text, sizeof(ret->text), "lock %.15s %.24s", decoder->insn->mnemonic,
		 decoder->insn->op_str);
}

void pvp_x86_decode(struct pvp_x86_decoder *decoder, const uint8_t *bytes, size_t nr, uint64_t addr,
		    struct pvp_x86_insn *ret)
{
	const uint8_t *code = bytes;
	const struct pvp_x86_encoding *row;
	struct prefixes prefixes;
	uint64_t at = addr;
	const cs_x86 *x86;
	uint8_t first;

	if (nr > sizeof(ret->bytes))
		nr = sizeof(ret->bytes);
	memset(ret, 0, sizeof(*ret));
	ret->addr = addr;
	ret->class = PVP_X86_UNMODELLED;
	memcpy(ret->bytes, bytes, nr);
	snprintf(ret->text, sizeof(ret->text), "(not decoded)");
	prefixes = pvp_x86_prefixes_scan(decoder->isa, ret->bytes, nr);
	if (prefixes.len == nr)
		return;
	first = ret->bytes[prefixes.len];
	ret->open_map = first == 0x0f || first == 0xc4 || first == 0xc5 || first == 0x62 ||
			first == 0xd5 || first == 0x8f;
	ret->blank = pvp_x86_is_blank(decoder->isa, &prefixes, ret->bytes + prefixes.len,
			      nr - prefixes.len);
	ret->operand_size = prefixes.rex_w ? 8 : prefixes.data16 ? 2 : 4;
	for (size_t i = 0; i < ARRAY_SIZE(encodings); i++) {
		if (nr < encodings[i].len || memcmp(bytes, encodings[i].bytes, encodings[i].len))
			continue;
		ret->len = encodings[i].len;
		ret->class = encodings[i].class;
		snprintf(ret->text, sizeof(ret->text), "%s", encodings[i].text);
		return;
	}
	row = prefixes.odd ? NULL
			   : pvp_x86_encoding_find(decoder->isa,
						   (prefixes.data16 ? PVP_X86_P66 : 0) |
							   (prefixes.repne ? PVP_X86_PF2 : 0) |
							   (prefixes.rep ? PVP_X86_PF3 : 0),
						   ret->bytes + prefixes.len, nr - prefixes.len);
	if (row && pvp_x86_by_row(row, &prefixes, nr, ret))
		return;
	if (pvp_x86_by_opcode(decoder->isa, &prefixes, nr, ret))
		return;
	if (!cs_disasm_iter(decoder->handle, &code, &nr, &at, decoder->insn)) {
		if (row)
			snprintf(ret->text, sizeof(ret->text), "%s", row->name);
		else if (prefixes.lock && !prefixes.odd)
			decode_without_lock(decoder, &prefixes, nr, ret);
		return;
	}
	x86 = &decoder->insn->detail->x86;
	ret->len = decoder->insn->size;
	ret->class = classify(decoder, decoder->insn);
	ret->digit = x86->modrm >> 3 & 7;
	ret->nop = is_nop(decoder, decoder->insn);
	ret->opcode = x86->opcode[0] == 0x0f ? x86->opcode[1] : x86->opcode[0];
	snprintf(ret->text, sizeof(ret->text), "%.15s %.30s", decoder->insn->mnemonic,
		 decoder->insn->op_str);
	if (!prefixes_are_known(&prefixes, ret, decoder->insn)) {
		ret->class = PVP_X86_UNMODELLED;
		ret->nop = false;
	} else if (prefixes.lock && !is_lockable(decoder->insn)) {
		ret->class = PVP_X86_UD; /* though the engine executes some */
		ret->nop = false;
	}
	/* fwait takes an exception that the user's x87 code left; no text may be written by CS. */
	if (first == 0x9b || stores_by_cs(decoder->isa, x86))
		ret->class = PVP_X86_UNMODELLED;
	if (row && row->class == PVP_X86_FLUSH && !prefixes.lock && x86->op_count == 1)
		ret->class = PVP_X86_FLUSH;
	if (ret->class == PVP_X86_UNMODELLED && reads_vector(&prefixes, ret, x86))
		ret->class = PVP_X86_VECTOR;
	if (row && ret->class == PVP_X86_UNMODELLED)
		snprintf(ret->text, sizeof(ret->text), "%s", row->name);
	ret->foreign = ret->class == PVP_X86_UNMODELLED &&
		       (pvp_x86_is_foreign(decoder->isa, &prefixes, ret) ||
			stores_by_cs(decoder->isa, x86));
	for (unsigned i = 0; i < x86->op_count && i < ARRAY_SIZE(ret->op); i++)
		convert_operand(&x86->operands[i], x86->addr_size, &ret->op[i]);
}
