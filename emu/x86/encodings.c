// SPDX-License-Identifier: GPL-2.0-only
#include "encodings.h"

#include <stdio.h>

#define NP  0
#define P66 PVP_X86_P66
#define PF2 PVP_X86_PF2
#define PF3 PVP_X86_PF3

/* ModRM as a whole; its middle digit, with memory, a register or either behind it. */
#define BYTE(b)	 0xff, b, PVP_X86_ANY
#define MEM(n)	 0x38, (n) << 3, PVP_X86_MEMORY
#define REG(n)	 0x38, (n) << 3, PVP_X86_REGISTER
#define DIGIT(n) 0x38, (n) << 3, PVP_X86_ANY
#define MODRM	 0, 0, PVP_X86_ANY

#define NONE PVP_X86_UNMODELLED

// clang-format off
/*
 * Prefixes, map, opcode, ModRM, class, name.  Source: Intel SDM vol. 2, AMD APM vol. 3, Intel's FRED, CET,
 * UINTR and TDX specifications; which of them are mistaken is measured, by the tests of this table.
 */
static const struct pvp_x86_encoding rows[] = {
	{ PF2, 0x0f, 0x00, REG(6),     PVP_X86_LKGS, "lkgs" },
	{ PF2, 0x0f, 0x00, MEM(6),     NONE, "lkgs" },

	{ NP,  0x0f, 0x01, BYTE(0xc0), NONE, "enclv" },
	{ NP,  0x0f, 0x01, BYTE(0xc2), NONE, "vmlaunch" },
	{ NP,  0x0f, 0x01, BYTE(0xc3), NONE, "vmresume" },
	{ NP,  0x0f, 0x01, BYTE(0xc4), NONE, "vmxoff" },
	{ NP,  0x0f, 0x01, BYTE(0xc5), NONE, "pconfig" },
	{ NP,  0x0f, 0x01, BYTE(0xc6), PVP_X86_WRMSRNS, "wrmsrns" },
	{ PF3, 0x0f, 0x01, BYTE(0xc6), NONE, "wrmsrlist" },
	{ PF2, 0x0f, 0x01, BYTE(0xc6), NONE, "rdmsrlist" },
	{ NP,  0x0f, 0x01, BYTE(0xc8), PVP_X86_MONITOR, "monitor" },
	{ NP,  0x0f, 0x01, BYTE(0xc9), PVP_X86_MWAIT, "mwait" },
	{ PF2, 0x0f, 0x01, BYTE(0xca), NONE, "erets" },
	{ PF3, 0x0f, 0x01, BYTE(0xca), NONE, "eretu" },
	{ P66, 0x0f, 0x01, BYTE(0xcc), NONE, "tdcall" },
	{ P66, 0x0f, 0x01, BYTE(0xcd), NONE, "seamret" },
	{ P66, 0x0f, 0x01, BYTE(0xce), NONE, "seamops" },
	{ NP,  0x0f, 0x01, BYTE(0xcf), NONE, "encls" },
	{ P66, 0x0f, 0x01, BYTE(0xcf), NONE, "seamcall" },
	{ NP,  0x0f, 0x01, BYTE(0xd4), NONE, "vmfunc" },
	{ NP,  0x0f, 0x01, BYTE(0xd5), NONE, "xend" },
	{ NP,  0x0f, 0x01, BYTE(0xd6), NONE, "xtest" },
	{ NP,  0x0f, 0x01, BYTE(0xd7), NONE, "enclu" },
	{ NP,  0x0f, 0x01, BYTE(0xd8), NONE, "vmrun" },
	{ PF2, 0x0f, 0x01, BYTE(0xd9), NONE, "vmgexit" },
	{ PF3, 0x0f, 0x01, BYTE(0xd9), NONE, "vmgexit" },
	{ NP,  0x0f, 0x01, BYTE(0xda), NONE, "vmload" },
	{ NP,  0x0f, 0x01, BYTE(0xdb), NONE, "vmsave" },
	{ NP,  0x0f, 0x01, BYTE(0xdc), NONE, "stgi" },
	{ NP,  0x0f, 0x01, BYTE(0xdd), NONE, "clgi" },
	{ NP,  0x0f, 0x01, BYTE(0xde), NONE, "skinit" },
	{ NP,  0x0f, 0x01, BYTE(0xdf), NONE, "invlpga" },
	{ PF3, 0x0f, 0x01, BYTE(0xe8), NONE, "setssbsy" },
	{ PF2, 0x0f, 0x01, BYTE(0xe8), NONE, "xsusldtrk" },
	{ PF2, 0x0f, 0x01, BYTE(0xe9), NONE, "xresldtrk" },
	{ PF3, 0x0f, 0x01, BYTE(0xea), NONE, "saveprevssp" },
	{ PF3, 0x0f, 0x01, MEM(5),     NONE, "rstorssp" },
	{ PF3, 0x0f, 0x01, BYTE(0xec), NONE, "uiret" },
	{ PF3, 0x0f, 0x01, BYTE(0xed), NONE, "testui" },
	{ NP,  0x0f, 0x01, BYTE(0xee), PVP_X86_PKRU, "rdpkru" },
	{ PF3, 0x0f, 0x01, BYTE(0xee), NONE, "clui" },
	{ NP,  0x0f, 0x01, BYTE(0xef), PVP_X86_PKRU, "wrpkru" },
	{ PF3, 0x0f, 0x01, BYTE(0xef), NONE, "stui" },
	{ NP,  0x0f, 0x01, BYTE(0xfa), PVP_X86_MONITOR, "monitorx" },
	{ PF3, 0x0f, 0x01, BYTE(0xfa), NONE, "mcommit" },
	{ NP,  0x0f, 0x01, BYTE(0xfb), PVP_X86_MWAIT, "mwaitx" },
	{ NP,  0x0f, 0x01, BYTE(0xfc), NONE, "clzero" },
	{ NP,  0x0f, 0x01, BYTE(0xfd), NONE, "rdpru" },
	{ PF3, 0x0f, 0x01, BYTE(0xfd), NONE, "rmpquery" },
	{ NP,  0x0f, 0x01, BYTE(0xfe), NONE, "invlpgb" },
	{ PF3, 0x0f, 0x01, BYTE(0xfe), NONE, "rmpadjust" },
	{ PF2, 0x0f, 0x01, BYTE(0xfe), NONE, "rmpupdate" },
	{ NP,  0x0f, 0x01, BYTE(0xff), NONE, "tlbsync" },
	{ PF3, 0x0f, 0x01, BYTE(0xff), NONE, "psmash" },
	{ PF2, 0x0f, 0x01, BYTE(0xff), NONE, "pvalidate" },

	{ NP,  0x0f, 0x02, MODRM,      PVP_X86_LSL, "lar" },
	{ NP,  0x0f, 0x03, MODRM,      PVP_X86_LSL, "lsl" },
	{ PF3, 0x0f, 0x1e, REG(1),     NONE, "rdssp" },

	{ P66, 0x0f, 0xae, MEM(6),     PVP_X86_FLUSH, "clwb" },
	{ PF3, 0x0f, 0xae, MEM(6),     NONE, "clrssbsy" },
	{ NP,  0x0f, 0xae, MEM(7),     PVP_X86_FLUSH, "clflush" },
	{ P66, 0x0f, 0xae, MEM(7),     PVP_X86_FLUSH, "clflushopt" },
	{ PF3, 0x0f, 0xae, DIGIT(4),   NONE, "ptwrite" },
	{ PF3, 0x0f, 0xae, REG(5),     NONE, "incssp" },
	{ P66, 0x0f, 0xae, REG(6),     NONE, "tpause" },
	{ PF3, 0x0f, 0xae, REG(6),     NONE, "umonitor" },
	{ PF2, 0x0f, 0xae, REG(6),     NONE, "umwait" },

	{ NP,  0x0f, 0xc7, REG(6),     PVP_X86_RANDOM, "rdrand" },
	{ P66, 0x0f, 0xc7, REG(6),     PVP_X86_RANDOM, "rdrand" },
	{ PF3, 0x0f, 0xc7, REG(6),     NONE, "senduipi" },
	{ NP,  0x0f, 0xc7, REG(7),     PVP_X86_RANDOM, "rdseed" },
	{ P66, 0x0f, 0xc7, REG(7),     PVP_X86_RANDOM, "rdseed" },
	{ PF3, 0x0f, 0xc7, REG(7),     PVP_X86_RDPID, "rdpid" },

	{ P66, 0x38, 0xf5, MODRM,      NONE, "wruss" },
	{ NP,  0x38, 0xf6, MODRM,      NONE, "wrss" },
	{ P66, 0x38, 0xf8, MODRM,      NONE, "movdir64b" },
	{ PF2, 0x38, 0xf8, MODRM,      NONE, "enqcmd or urdmsr" },
	{ PF3, 0x38, 0xf8, MODRM,      NONE, "enqcmds or uwrmsr" },
	{ NP,  0x38, 0xf9, MODRM,      NONE, "movdiri" },
	{ NP,  0x38, 0xfc, MODRM,      NONE, "aadd" },
	{ P66, 0x38, 0xfc, MODRM,      NONE, "aand" },
	{ PF3, 0x38, 0xfc, MODRM,      NONE, "axor" },
	{ PF2, 0x38, 0xfc, MODRM,      NONE, "aor" },
	{ PF3, 0x3a, 0xf0, BYTE(0xc0), NONE, "hreset" },

	/* Without ModRM. */
	{ NP,  0x0f, 0x08, MODRM,      NONE, "invd" },
	{ PF3, 0x0f, 0x09, MODRM,      PVP_X86_WBINVD, "wbnoinvd" },
	{ NP,  0x0f, 0x34, MODRM,      NONE, "sysenter" },
	{ NP,  0x0f, 0x37, MODRM,      NONE, "getsec" },
};
// clang-format on

/* In 32-bit mode these do not exist. */
static bool is_amd64_only(const struct pvp_x86_encoding *row)
{
	return row->prefixes && ((row->opcode == 0x00 && row->map == 0x0f) ||
				 (row->opcode == 0x01 && row->modrm == 0xca));
}

static bool fits(const struct pvp_x86_encoding *row, uint8_t modrm)
{
	return (modrm & row->mask) == row->modrm &&
	       (row->where == PVP_X86_ANY ||
		(modrm >= 0xc0) == (row->where == PVP_X86_REGISTER));
}

const struct pvp_x86_encoding *pvp_x86_encoding_find(enum pvp_isa isa, unsigned prefixes,
						     const uint8_t *op, size_t nr)
{
	unsigned escape = nr > 1 && (op[1] == 0x38 || op[1] == 0x3a) ? 2 : 1;

	if (nr < escape + 1u || op[0] != 0x0f)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct pvp_x86_encoding *row = &rows[i];

		if (row->map != op[escape - 1] || row->opcode != op[escape] ||
		    row->prefixes != prefixes || (isa == PVP_ISA_I386 && is_amd64_only(row)))
			continue;
		if (!row->mask ? row->where == PVP_X86_ANY
			       : nr > escape + 1u && fits(row, op[escape + 1]))
			return row;
	}
	return NULL;
}

bool pvp_x86_by_row(const struct pvp_x86_encoding *row, const struct prefixes *p, size_t nr,
		    struct pvp_x86_insn *ret)
{
	const uint8_t *op = ret->bytes + p->len;
	/* The first operand of row->class: bytes of a register that ModRM names, or 0. */
	unsigned register_size = 0, len = 3;

	switch (row->class) {
	case PVP_X86_WRMSRNS:
	case PVP_X86_MONITOR:
	case PVP_X86_MWAIT:
	case PVP_X86_PKRU:
		break;
	case PVP_X86_RANDOM:
		register_size = ret->operand_size;
		break;
	case PVP_X86_RDPID:
		register_size = p->word;
		break;
	case PVP_X86_LKGS:
		register_size = 2;
		break;
	case PVP_X86_WBINVD:
		len = 2;
		break;
	default:
		return false;
	}
	if (nr < p->len + len)
		return false;
	ret->len = p->len + len;
	ret->opcode = op[1];
	ret->class = p->lock ? PVP_X86_UD : row->class;
	if (register_size) {
		/* (No prefix but REX has those bits.) */
		uint8_t last = p->len ? ret->bytes[p->len - 1] : 0;
		bool high = p->word == 8 && last >> 4 == 4 && (last & 1);

		ret->op[0] = (struct pvp_x86_operand){
			.kind = PVP_X86_REG,
			.size = register_size,
			.reg = PVP_X86_rax + (op[2] & 7) + (high ? 8 : 0),
		};
	}
	snprintf(ret->text, sizeof(ret->text), "%s", row->name);
	return true;
}

/* False, and length 0, when that many bytes are not there. */
static bool set_length(struct pvp_x86_insn *insn, size_t nr, unsigned len)
{
	insn->len = len <= nr ? len : 0;
	return insn->len;
}

/* Behind 0f: nop of a register, and the opcodes that are kept for hints; without f3 or f2 they do
 * nothing.  Source: Intel SDM vol. 2, table A-3 (reserved NOP). */
static bool is_hint(const uint8_t *op)
{
	return op[1] == 0x1f ? op[2] >> 6 == 3 : op[1] == 0x19 || (op[1] >= 0x1c && op[1] <= 0x1e);
}

/*
 * 66 on a near branch: in 64-bit mode Intel ignores it (SDM vol. 2, appendix A, superscript f64),
 * AMD, Capstone 4.0.2 and the engine take 16-bit operands; in 32-bit mode all do, and cut eip to 16
 * bits: to where a kernel has no text, and one kernel runs on both vendors' processors.  ud0 and ud1
 * have a ModRM byte; nop has one of any form.
 */
bool pvp_x86_by_opcode(enum pvp_isa isa, const struct prefixes *p, size_t nr,
		       struct pvp_x86_insn *ret)
{
	const uint8_t *op = ret->bytes + p->len;
	size_t left = nr - p->len;
	unsigned branch = pvp_x86_near_branch_length(p, op, left, isa == PVP_ISA_I386 ? 2 : 4);

	if (p->lock && branch && set_length(ret, nr, p->len + branch)) {
		snprintf(ret->text, sizeof(ret->text), "near branch with lock");
		ret->class = PVP_X86_UD; /* Intel SDM vol. 2, LOCK */
		return true;
	}
	if (p->data16 && !p->rex_w && branch) {
		snprintf(ret->text, sizeof(ret->text), "near branch with prefix 66");
		/* A short one has one length and one way on; taken, it ends below 64 KiB on AMD's. */
		if (set_length(ret, nr, p->len + branch) &&
		    ((op[0] & 0xf0) == 0x70 || (op[0] & 0xfc) == 0xe0)) {
			ret->class = PVP_X86_PLAIN;
			ret->opcode = op[0];
		}
		ret->foreign = ret->len && pvp_x86_branch_is_certain(op);
		return true;
	}
	if (op[0] != 0x0f || left < 2)
		return false;
	ret->opcode = op[1];
	if (op[1] == 0x0b && set_length(ret, nr, p->len + 2)) {
		snprintf(ret->text, sizeof(ret->text), "ud2");
		ret->class = PVP_X86_UD;
		return true;
	}
	if (op[1] == 0xaa && set_length(ret, nr, p->len + 2)) {
		snprintf(ret->text, sizeof(ret->text), "rsm");
		ret->class = PVP_X86_UD; /* outside of system-management mode */
		return true;
	}
	if ((op[1] == 0xb9 || op[1] == 0xff) &&
	    set_length(ret, nr, p->len + 2 + pvp_x86_modrm_length(p, op + 2, left - 2))) {
		snprintf(ret->text, sizeof(ret->text), "ud%d", op[1] == 0xb9);
		ret->class = PVP_X86_UD;
		return true;
	}
	if (left > 2 && is_hint(op) && !p->rep && !p->repne && !p->lock && !p->odd &&
	    set_length(ret, nr, p->len + 2 + pvp_x86_modrm_length(p, op + 2, left - 2))) {
		snprintf(ret->text, sizeof(ret->text), "nop");
		ret->class = PVP_X86_PLAIN;
		ret->nop = true;
		return true;
	}
	return false;
}
