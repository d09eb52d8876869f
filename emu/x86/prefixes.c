// SPDX-License-Identifier: GPL-2.0-only
/*
 * prefixes.c - prefixes, ModRM and near branches: what Capstone and the engine do not tell, or tell
 * wrongly.
 */
#include "prefixes.h"

struct prefixes pvp_x86_prefixes_scan(enum pvp_isa isa, const uint8_t *bytes, size_t nr)
{
	struct prefixes p = { .word = isa == PVP_ISA_AMD64 ? 8 : 4 };
	unsigned segments = 0, bases = 0;
	bool rex = false;

	for (; p.len < nr; p.len++) {
		uint8_t b = bytes[p.len];
		bool is_rex = isa == PVP_ISA_AMD64 && (b & 0xf0) == 0x40;

		switch (b) {
		case 0x26: /* es, cs, ss, ds: ignored in 64-bit mode, flat in the other */
		case 0x2e:
		case 0x36:
		case 0x3e:
			segments++;
			break;
		case 0x64: /* fs, gs */
		case 0x65:
			bases++;
			break;
		case 0x66:
			p.data16 = true;
			break;
		case 0x67:
			p.address16 = isa == PVP_ISA_I386;
			break;
		case 0xf0:
			p.lock = true;
			break;
		case 0xf2:
			p.repne = true;
			break;
		case 0xf3:
			p.rep = true;
			break;
		default:
			if (!is_rex) {
				p.odd |= (p.repne && p.rep) || bases > 1 || (bases && segments);
				return p;
			}
		}
		p.odd |= rex;
		rex = is_rex;
		p.rex_w |= rex && (b & 8);
	}
	p.odd = true; /* no opcode */
	return p;
}

/* Source: Intel SDM vol. 2, 2.1.5. */
unsigned pvp_x86_modrm_length(const struct prefixes *p, const uint8_t *modrm, size_t nr)
{
	unsigned mod = nr ? modrm[0] >> 6 : 3, rm = nr ? modrm[0] & 7 : 0;
	unsigned base = rm == 4 && nr > 1 ? modrm[1] & 7 : rm;

	if (mod == 3)
		return 1;
	if (p->address16)
		return mod ? 1 + mod : rm == 6 ? 3 : 1;
	return 1 + (rm == 4) + (mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0);
}

unsigned pvp_x86_near_branch_length(const struct prefixes *p, const uint8_t *op, size_t nr,
				    unsigned near)
{
	switch (op[0]) {
	case 0x70 ... 0x7f: /* jcc */
	case 0xe0 ... 0xe3: /* loop, jrcxz */
	case 0xeb:
		return 2;
	case 0xe8:
	case 0xe9:
		return 1 + near;
	case 0xc2:
		return 3;
	case 0xc3:
		return 1;
	case 0xff: /* /2 call, /4 jmp */
		if (nr > 1 && ((op[1] >> 3 & 7) == 2 || (op[1] >> 3 & 7) == 4))
			return 1 + pvp_x86_modrm_length(p, op + 1, nr - 1);
		return 0;
	case 0x0f:
		return nr > 1 && (op[1] & 0xf0) == 0x80 ? 2 + near : 0;
	default:
		return 0;
	}
}

bool pvp_x86_branch_is_certain(const uint8_t *op)
{
	return op[0] == 0xc2 || op[0] == 0xc3 || op[0] == 0xe8 || op[0] == 0xe9 || op[0] == 0xeb ||
	       op[0] == 0xff;
}
