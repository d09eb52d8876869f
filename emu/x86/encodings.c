// SPDX-License-Identifier: GPL-2.0-only
#include "encodings.h"

#include "decode.h"

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
