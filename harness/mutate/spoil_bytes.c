// SPDX-License-Identifier: GPL-2.0-only
/*
 * spoil_bytes.c - instructions more or less around the good ones, and padding that is none.
 */
#include "spoil.h"

#include <string.h>

struct insn {
	uint8_t len, bytes[6];
};

#define INSN(...)                                                                                  \
	{                                                                                          \
		sizeof((uint8_t[]){__VA_ARGS__}),                                                  \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

static bool append_insn(struct pvp_spoil *s, const struct insn *insn)
{
	return insn->len && pvp_spoil_append(s, insn->bytes, insn->len);
}

bool pvp_spoil_lost_op(struct pvp_spoil *s)
{
	return s->body && pvp_spoil_replace(s, "", 0);
}

bool pvp_spoil_clobber(struct pvp_spoil *s)
{
	static const struct insn amd64[] = {
		INSN(0x93),		/* xchg %eax,%ebx */
		INSN(0x95),		/* xchg %eax,%ebp */
		INSN(0x31, 0xdb),	/* xor %ebx,%ebx */
		INSN(0x31, 0xed),	/* xor %ebp,%ebp */
		INSN(0x45, 0x31, 0xe4), /* xor %r12d,%r12d */
		INSN(0x45, 0x31, 0xed), /* xor %r13d,%r13d */
		INSN(0x45, 0x31, 0xf6), /* xor %r14d,%r14d */
		INSN(0x45, 0x31, 0xff), /* xor %r15d,%r15d */
	};
	static const struct insn i386[] = {
		INSN(0x93),	  /* xchg %eax,%ebx */
		INSN(0x95),	  /* xchg %eax,%ebp */
		INSN(0x96),	  /* xchg %eax,%esi */
		INSN(0x97),	  /* xchg %eax,%edi */
		INSN(0x31, 0xdb), /* xor %ebx,%ebx */
		INSN(0x31, 0xed), /* xor %ebp,%ebp */
		INSN(0x31, 0xf6), /* xor %esi,%esi */
		INSN(0x31, 0xff), /* xor %edi,%edi */
	};

	return append_insn(s, &(s->amd64 ? amd64 : i386)[s->variant]);
}

bool pvp_spoil_thunk(struct pvp_spoil *s)
{
	static const struct insn amd64[] = {
		INSN(0x91),		/* xchg %eax,%ecx */
		INSN(0x92),		/* xchg %eax,%edx */
		INSN(0x96),		/* xchg %eax,%esi */
		INSN(0x97),		/* xchg %eax,%edi */
		INSN(0x31, 0xc9),	/* xor %ecx,%ecx */
		INSN(0x31, 0xd2),	/* xor %edx,%edx */
		INSN(0x31, 0xf6),	/* xor %esi,%esi */
		INSN(0x45, 0x31, 0xc0), /* xor %r8d,%r8d */
		INSN(0x45, 0x31, 0xdb), /* xor %r11d,%r11d */
	};
	/* Its thunks may change eax and edx: PVOP_VCALLEE_CLOBBERS, asm/paravirt_types.h. */
	static const struct insn i386[9] = {
		INSN(0x91),	  /* xchg %eax,%ecx */
		INSN(0x41),	  /* inc %ecx */
		INSN(0x31, 0xc9), /* xor %ecx,%ecx */
	};

	return s->contract &&
	       (s->contract->class == PVP_CLASS_CALLEE ||
		s->contract->class == PVP_CLASS_VCALLEE) &&
	       append_insn(s, &(s->amd64 ? amd64 : i386)[s->variant]);
}

bool pvp_spoil_argument(struct pvp_spoil *s)
{
	static const struct row {
		unsigned arg;
		struct insn insn;
	} amd64[] =
		{
			{0, INSN(0x97)},       /* xchg %eax,%edi */
			{1, INSN(0x96)},       /* xchg %eax,%esi */
			{0, INSN(0x31, 0xff)}, /* xor %edi,%edi */
			{1, INSN(0x31, 0xf6)}, /* xor %esi,%esi */
		},
	  i386[] = {
		  {0, INSN(0x93)},	 /* xchg %eax,%ebx */
		  {1, INSN(0x87, 0xd3)}, /* xchg %edx,%ebx */
		  {0, INSN(0x40)},	 /* inc %eax */
		  {1, INSN(0x42)},	 /* inc %edx */
	  };
	const struct row *row = &(s->amd64 ? amd64 : i386)[s->variant];

	return s->contract && row->arg < s->contract->nr_args &&
	       pvp_spoil_prepend(s, row->insn.bytes, row->insn.len);
}

/* --- padding --- */

bool pvp_spoil_runs_on(struct pvp_spoil *s)
{
	/* mov $imm32,%eax; a two-byte opcode; an operand-size prefix; call rel32 */
	static const uint8_t last[] = {0xb8, 0x0f, 0x66, 0xe8};

	if (s->jump || s->site->tail || s->body == s->len)
		return false;
	memset(s->out + s->body, 0x90, s->len - s->body);
	s->out[s->len - 1] = last[s->variant];
	return true;
}

bool pvp_spoil_cut_nop(struct pvp_spoil *s)
{
	/* Intel SDM vol. 2, NOP: recommended sequences, by length. */
	static const uint8_t nops[][9] = {
		[2] = {0x66, 0x90},
		[3] = {0x0f, 0x1f, 0x00},
		[4] = {0x0f, 0x1f, 0x40, 0x00},
		[5] = {0x0f, 0x1f, 0x44, 0x00, 0x00},
		[6] = {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
		[7] = {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
		[8] = {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
		[9] = {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
	};
	size_t room = s->len - s->body, longer;

	if (s->jump || s->site->tail || !room)
		return false;
	if (room > 6)
		room = 6;
	longer = room + 1 + s->variant;
	memset(s->out + s->body, 0x90, s->len - s->body);
	memcpy(s->out + s->len - room, nops[longer], room);
	return true;
}

/* --- bytes of others --- */

bool pvp_spoil_torn(struct pvp_spoil *s)
{
	size_t nr = s->variant / 2 + 1;

	if (nr >= s->len || !memcmp(s->good, s->site->linked, s->len))
		return false;
	if (s->variant % 2)
		memcpy(s->out, s->site->linked, nr);
	else
		memcpy(s->out + nr, s->site->linked + nr, s->len - nr);
	return memcmp(s->out, s->site->linked, s->len);
}

bool pvp_spoil_breakpoint(struct pvp_spoil *s)
{
	s->out[0] = 0xcc; /* int3 */
	return s->variant == 0 || pvp_spoil_replace(s, "\x0f\x0b", 2);
}

bool pvp_spoil_missing(struct pvp_spoil *s)
{
	memcpy(s->out, s->site->linked, s->len);
	return true;
}

/* A call of the very function that the platform has there is the operation, not a spoiled patch. */
static bool is_the_call(const struct pvp_spoil *s)
{
	const struct pvp_platform *platform = s->context->input->check.platform;
	int32_t rel;

	if (s->site->kind != PVP_SITE_PARAVIRT || s->len < 5 || s->out[0] != 0xe8)
		return false;
	memcpy(&rel, s->out + 1, sizeof(rel));
	return s->site->addr + 5 + (int64_t)rel == platform->pv_ops[s->site->slot];
}

static bool take(struct pvp_spoil *s, const struct pvp_patched *from)
{
	return from &&
	       pvp_patched_bytes(from, s->context->input->check.image, s->site->addr, s->len,
				 s->out) &&
	       !is_the_call(s);
}

bool pvp_spoil_backend(struct pvp_spoil *s)
{
	return take(s, s->context->input->other);
}

bool pvp_spoil_stale(struct pvp_spoil *s)
{
	return take(s, s->context->input->stale[s->variant]);
}

/* --- one instruction more --- */

bool pvp_spoil_return(struct pvp_spoil *s)
{
	return s->variant == 0 ? pvp_spoil_replace(s, "\xc3", 1) : pvp_spoil_append(s, "\xc3", 1);
}

bool pvp_spoil_df(struct pvp_spoil *s)
{
	return s->variant == 0 ? pvp_spoil_append(s, "\xfd", 1) : pvp_spoil_prepend(s, "\xfd", 1);
}

/* An operation that leaves interrupts so anyway is left out. */
bool pvp_spoil_if(struct pvp_spoil *s)
{
	if (s->variant == 0)
		return strcmp(s->site->op, "irq.irq_disable") && pvp_spoil_append(s, "\xfa", 1);
	return strcmp(s->site->op, "irq.irq_enable") && pvp_spoil_append(s, "\xfb", 1);
}

/* DF and IF have kinds of their own.  Arithmetic flags are nobody's behind a call. */
bool pvp_spoil_flags(struct pvp_spoil *s)
{
	static const struct insn insns[] = {
		INSN(0x0f, 0x01, 0xcb),			  /* stac */
		INSN(0x0f, 0x01, 0xca),			  /* clac */
		INSN(0x6a, 0x02, 0x9d),			  /* push $2; popf: all clear */
		INSN(0x6a, 0xff, 0x9d),			  /* push $-1; popf: all set */
		INSN(0x68, 0x02, 0x01, 0x00, 0x00, 0x9d), /* push $imm32; popf: TF */
		INSN(0x68, 0x02, 0x30, 0x00, 0x00, 0x9d), /* IOPL */
		INSN(0x68, 0x02, 0x40, 0x00, 0x00, 0x9d), /* NT */
		INSN(0x68, 0x02, 0x00, 0x04, 0x00, 0x9d), /* AC */
		INSN(0x68, 0x02, 0x00, 0x20, 0x00, 0x9d), /* ID */
	};

	return append_insn(s, &insns[s->variant]);
}

bool pvp_spoil_extra(struct pvp_spoil *s)
{
	/* push %rax, pop %rax, push %rbx, pop %rbx, leave */
	static const uint8_t insns[] = {0x50, 0x58, 0x53, 0x5b, 0xc9};

	return pvp_spoil_append(s, &insns[s->variant], 1);
}
