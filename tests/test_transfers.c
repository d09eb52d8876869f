// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "transfers.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "findings_bench.h"

/* --- a tiny kernel --- */

#define RET	   (TINY_TEXT + 0x10) /* return sites */
#define RET2	   (TINY_TEXT + 0x20)
#define JCC_RET	   (TINY_TEXT + 0x30) /* je to the return thunk */
#define CALL_RAX   (TINY_TEXT + 0x40) /* retpolines */
#define CALL_R9	   (TINY_TEXT + 0x50)
#define JMP_RBX	   (TINY_TEXT + 0x60)
#define JE_RCX	   (TINY_TEXT + 0x70)
#define KEY_CALL   (TINY_TEXT + 0x80) /* static calls, of FUNC */
#define KEY_JMP	   (TINY_TEXT + 0x90)
#define KEY_JE	   (TINY_TEXT + 0xa0)
#define NULL_CALL  (TINY_TEXT + 0xb0) /* of NULL */
#define NULL_JMP   (TINY_TEXT + 0xc0)
#define NULL_JE	   (TINY_TEXT + 0xd0)
#define ZERO_CALL  (TINY_TEXT + 0xe0) /* of __static_call_return0 */
#define TRAP_CALL  (TINY_TEXT + 0xf0) /* of __WARN_trap */
#define THUNK	   (TINY_TEXT + 0x100)
#define SAFE	   (TINY_TEXT + 0x110)
#define FUNC	   (TINY_TEXT + 0x200)
#define OTHER	   (TINY_TEXT + 0x210)
#define TRAP	   (TINY_TEXT + 0x220)
#define TRAMP	   (TINY_TEXT + 0x300)
#define NULL_TRAMP (TINY_TEXT + 0x310)
#define ZERO_TRAMP (TINY_TEXT + 0x320)
#define TRAP_TRAMP (TINY_TEXT + 0x330)
#define RBX	   3
#define R9	   9

#define INT3S "\xcc\xcc\xcc\xcc\xcc\xcc"

static void retpoline(struct tiny *t, unsigned reg, const char *store, size_t len)
{
	const uint64_t at = TINY_THUNKS + reg * 32;

	/* call over an int3; mov %reg,(%rsp); ret */
	tiny_poke(t, at, "\xe8\x01\0\0\0\xcc", 6);
	tiny_poke(t, at + 6, store, len);
	tiny_poke(t, at + 6 + len, "\xc3", 1);
}

static void build(struct tiny *t)
{
	tiny_symbol(t, "boot_cpu_data", TINY_DATA + 0x700);
	tiny_symbol(t, "srso_return_thunk", THUNK);
	tiny_symbol(t, "srso_safe_ret", SAFE);
	tiny_symbol(t, "func", FUNC);
	tiny_symbol(t, "__WARN_trap", TRAP);
	tiny_poke(t, TINY_RETURN, "\xc3", 1);
	tiny_poke(t, TINY_RETURN0, "\x31\xc0\xc3", 3);
	tiny_branch(t, THUNK, 0xe8, SAFE);
	tiny_poke(t, SAFE, "\x48\x8d\x64\x24\x08\xc3", 6); /* lea 8(%rsp),%rsp; ret */
	tiny_poke(t, FUNC, "\xf3\x0f\x1e\xfa\x31\xc0\xc3", 7);
	tiny_poke(t, OTHER, "\xc3", 1);
	tiny_poke(t, TRAP, "\xf3\x0f\x1e\xfa\x67\x48\x0f\xb9\x3a\xc3", 10);
	retpoline(t, 0, "\x48\x89\x04\x24", 4);
	retpoline(t, 1, "\x48\x89\x0c\x24", 4);
	retpoline(t, RBX, "\x48\x89\x1c\x24", 4);
	retpoline(t, R9, "\x4c\x89\x0c\x24", 4);
	tiny_branch(t, RET, 0xe9, TINY_RETURN);
	tiny_branch(t, RET2, 0xe9, TINY_RETURN);
	tiny_branch(t, JCC_RET, 0x840f, TINY_RETURN);
	tiny_list(t, TINY_RETURNS, RET);
	tiny_list(t, TINY_RETURNS, RET2);
	tiny_list(t, TINY_RETURNS, JCC_RET);
	tiny_branch(t, CALL_RAX, 0xe8, TINY_THUNKS);
	tiny_poke(t, CALL_R9, "\x2e", 1);
	tiny_branch(t, CALL_R9 + 1, 0xe8, TINY_THUNKS + R9 * 32);
	tiny_branch(t, JMP_RBX, 0xe9, TINY_THUNKS + RBX * 32);
	tiny_branch(t, JE_RCX, 0x840f, TINY_THUNKS + 32);
	tiny_list(t, TINY_RETPOLINES, CALL_RAX);
	tiny_list(t, TINY_RETPOLINES, CALL_R9);
	tiny_list(t, TINY_RETPOLINES, JMP_RBX);
	tiny_list(t, TINY_RETPOLINES, JE_RCX);
	tiny_symbol(t, "__SCK__key", TINY_KEY(0));
	tiny_symbol(t, "__SCT__key", TRAMP);
	tiny_symbol(t, "__SCK__null", TINY_KEY(1));
	tiny_symbol(t, "__SCT__null", NULL_TRAMP);
	tiny_symbol(t, "__SCK__zero", TINY_KEY(2));
	tiny_symbol(t, "__SCT__zero", ZERO_TRAMP);
	tiny_symbol(t, "__SCK__trap", TINY_KEY(3));
	tiny_symbol(t, "__SCT__trap", TRAP_TRAMP);
	tiny_poke64(t, TINY_KEY(0), FUNC);
	tiny_poke64(t, TINY_KEY(1), 0);
	tiny_poke64(t, TINY_KEY(2), TINY_RETURN0);
	tiny_poke64(t, TINY_KEY(3), TRAP);
	tiny_trampoline(t, TRAMP, FUNC);
	tiny_trampoline(t, NULL_TRAMP, 0);
	tiny_trampoline(t, ZERO_TRAMP, TINY_RETURN0);
	tiny_trampoline(t, TRAP_TRAMP, TRAP);
	tiny_list(t, TINY_RETURNS, NULL_TRAMP);
	tiny_branch(t, KEY_CALL, 0xe8, TRAMP);
	tiny_branch(t, KEY_JMP, 0xe9, TRAMP);
	tiny_branch(t, KEY_JE, 0x840f, TRAMP);
	tiny_branch(t, NULL_CALL, 0xe8, NULL_TRAMP);
	tiny_branch(t, NULL_JMP, 0xe9, NULL_TRAMP);
	tiny_branch(t, NULL_JE, 0x840f, NULL_TRAMP);
	tiny_branch(t, ZERO_CALL, 0xe8, ZERO_TRAMP);
	tiny_branch(t, TRAP_CALL, 0xe8, TRAP_TRAMP);
	tiny_static_call(t, KEY_CALL, TINY_KEY(0));
	tiny_static_call(t, KEY_JMP, TINY_KEY(0) | 1);
	tiny_static_call(t, KEY_JE, TINY_KEY(0) | 1);
	tiny_static_call(t, NULL_CALL, TINY_KEY(1));
	tiny_static_call(t, NULL_JMP, TINY_KEY(1) | 1);
	tiny_static_call(t, NULL_JE, TINY_KEY(1) | 1);
	tiny_static_call(t, ZERO_CALL, TINY_KEY(2));
	tiny_static_call(t, TRAP_CALL, TINY_KEY(3));
}

/* Text after boot: bytes, of which the last four before `behind` others are rel32 to `to`. */
struct text {
	const char *bytes;
	uint8_t len, behind;
	uint64_t to;
};
#define BYTES(b)       { b, sizeof(b) - 1, 0, 0 }
#define TO(b, target)  { b "\0\0\0\0", sizeof(b) + 3, 0, target }
#define THEN(b, target, more) { b "\0\0\0\0" more, sizeof(b) + 2 + sizeof(more), sizeof(more) - 1, target }
#define LINKED	       { NULL, 0, 0, 0 }

static void lay(struct findings_bench *b, uint64_t addr, const struct text *text)
{
	uint8_t bytes[16];

	memcpy(bytes, text->bytes, text->len);
	if (text->to) {
		const int32_t rel = text->to - (addr + text->len - text->behind);

		memcpy(bytes + text->len - text->behind - 4, &rel, sizeof(rel));
	}
	bench_lay(b, addr, bytes, text->len);
}

/* Spoiled thunks, before the image is opened. */
static void thunk_adds(struct tiny *t)
{
	tiny_poke(t, SAFE, "\x48\x83\xc4\x08\xc3", 5); /* add $8,%rsp; ret */
}
static void thunk_skips(struct tiny *t)
{
	tiny_poke(t, SAFE, "\x48\x8d\x64\x24\x10\xc3", 6); /* lea 16(%rsp),%rsp; ret */
}
static void thunk_drops(struct tiny *t)
{
	tiny_poke(t, SAFE, "\x48\x8d\x64\x24\x08\xc2\x08\x00", 8); /* lea; ret $8 */
}
static void thunk_clobbers(struct tiny *t)
{
	tiny_poke(t, SAFE, "\x48\x8d\x49\x01\x48\x8d\x64\x24\x08\xc3", 10); /* lea 1(%rcx),%rcx */
}
static void thunk_stores(struct tiny *t)
{
	tiny_poke(t, SAFE, "\x48\x89\x44\x24\x10\x48\x8d\x64\x24\x08\xc3", 11); /* above */
}
static void thunk_disables(struct tiny *t)
{
	tiny_poke(t, SAFE, "\xfb\xfa\x48\x8d\x64\x24\x08\xc3", 8); /* sti; cli */
}
static void thunk_outs(struct tiny *t)
{
	tiny_poke(t, SAFE, "\xe6\x80\x48\x8d\x64\x24\x08\xc3", 8); /* out %al,$0x80 */
}
static void thunk_fences(struct tiny *t)
{
	/* verw 0(%rsp) is not among them: it changes ZF.  lfence; mov below the stack pointer */
	tiny_poke(t, SAFE, "\x0f\xae\xe8\x48\x89\x44\x24\xf8\x48\x8d\x64\x24\x08\xc3", 14);
}
static void thunk_foreign(struct tiny *t)
{
	tiny_poke(t, SAFE, "\x0f\x01\xd4", 3); /* vmfunc */
}
static void thunk_rolls(struct tiny *t)
{
	tiny_poke(t, SAFE, "\xeb\xfe", 2);
}
static void retpoline_adds(struct tiny *t)
{
	/* call over an int3; add $8,%rsp; jmp *%rax */
	tiny_poke(t, TINY_THUNKS, "\xe8\x01\0\0\0\xcc\x48\x83\xc4\x08\xff\xe0", 12);
}
static void retpoline_other(struct tiny *t)
{
	retpoline(t, 0, "\x48\x89\x14\x24", 4); /* mov %rdx,(%rsp) */
}

// clang-format off
/*
 * What stands at a site after boot, and the verdict.  TO: opcode, rel32 to there; THEN: with bytes
 * behind.
 */
static const struct {
	const char *what;
	uint64_t site;
	struct text text;
	void (*spoil)(struct tiny *t);
	enum pvp_verdict want;
	const char *detail; /* part of the line; NULL: whatever */
} rows[] = {
	{ "ret, linked",           RET,       LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "ret",                   RET,       BYTES("\xc3\xcc\xcc\xcc\xcc"), NULL,           PVP_EQUIVALENT, NULL },
	{ "ret, srso",             RET,       TO("\xe9", THUNK),             NULL,           PVP_EQUIVALENT, NULL },
	{ "ret, fences",           RET,       TO("\xe9", THUNK),             thunk_fences,   PVP_EQUIVALENT, NULL },
	{ "ret, add for lea",      RET,       TO("\xe9", THUNK),             thunk_adds,     PVP_DIVERGENT, "rflags 0x" },
	{ "ret to rsp+16",         RET,       TO("\xe9", THUNK),             thunk_skips,    PVP_DIVERGENT, "where the word at sp+8 leads" },
	{ "ret drops a word",      RET,       TO("\xe9", THUNK),             thunk_drops,    PVP_DIVERGENT, "rsp 0x" },
	{ "ret, rcx lost",         RET,       TO("\xe9", THUNK),             thunk_clobbers, PVP_DIVERGENT, "rcx 0x" },
	{ "ret, store above",      RET,       TO("\xe9", THUNK),             thunk_stores,   PVP_DIVERGENT, "memory at" },
	{ "ret, sti; cli",         RET,       TO("\xe9", THUNK),             thunk_disables, PVP_DIVERGENT, NULL },
	{ "ret, port I/O",         RET,       TO("\xe9", THUNK),             thunk_outs,     PVP_DIVERGENT, "effect out" },
	{ "ret, loop",             RET,       TO("\xe9", THUNK),             thunk_rolls,    PVP_DIVERGENT, "budget" },
	{ "ret, not modelled",     RET,       TO("\xe9", THUNK),             thunk_foreign,  PVP_INCONCLUSIVE, "unmodelled" },
	{ "ret to the thunk's +1", RET,       TO("\xe9", THUNK + 1),         NULL,           PVP_DIVERGENT, NULL },
	{ "ret $8",                RET,       BYTES("\xc2\x08\x00\xcc\xcc"), NULL,           PVP_DIVERGENT, "rsp" },
	{ "ret, lost",             RET,       BYTES("\x0f\x1f\x44\x00\x00"), NULL,           PVP_DIVERGENT, "it has to arrive where the word at sp+0 leads" },
	{ "ret, call",             RET,       TO("\xe8", TINY_RETURN),       NULL,           PVP_DIVERGENT, NULL },
	{ "ret, int3",             RET,       BYTES(INT3S),                  NULL,           PVP_DIVERGENT, "fault 3" },
	{ "jcc ret",               JCC_RET,   LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "jcc ret, srso",         JCC_RET,   TO("\x0f\x84", THUNK),         NULL,           PVP_EQUIVALENT, NULL },
	{ "jcc ret, inverted",     JCC_RET,   TO("\x0f\x85", THUNK),         NULL,           PVP_DIVERGENT, NULL },
	{ "jcc ret, unconditional", JCC_RET,  BYTES("\xc3\x90\x90\x90\x90\x90"), NULL,       PVP_DIVERGENT, "behind the site" },

	{ "call *rax, linked",     CALL_RAX,  LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "call *rax",             CALL_RAX,  BYTES("\xff\xd0\x0f\x1f\x00"), NULL,           PVP_EQUIVALENT, NULL },
	{ "call *rax, 7.2",        CALL_RAX,  BYTES("\x2e\x2e\x2e\xff\xd0"), NULL,           PVP_EQUIVALENT, NULL },
	{ "lfence; call *rax",     CALL_RAX,  BYTES("\x0f\xae\xe8\xff\xd0"), NULL,           PVP_EQUIVALENT, NULL },
	{ "call *rcx for rax",     CALL_RAX,  BYTES("\xff\xd1\x0f\x1f\x00"), NULL,           PVP_DIVERGENT, NULL },
	{ "jmp *rax for call",     CALL_RAX,  BYTES("\xff\xe0\x0f\x1f\x00"), NULL,           PVP_DIVERGENT, "rsp" },
	{ "call, thunk of rbx",    CALL_RAX,  TO("\xe8", TINY_THUNKS + RBX * 32), NULL,      PVP_DIVERGENT, NULL },
	{ "call, thunk + 1",       CALL_RAX,  TO("\xe8", TINY_THUNKS + 1),   NULL,           PVP_DIVERGENT, NULL },
	{ "call, thunk stores rdx", CALL_RAX, LINKED,                        retpoline_other, PVP_DIVERGENT, NULL },
	{ "call, thunk adds",      CALL_RAX,  LINKED,                        retpoline_adds, PVP_DIVERGENT, "rflags" },
	{ "call, back to int3",    CALL_RAX,  BYTES("\xff\xd0\xcc\xcc\xcc"), NULL,           PVP_DIVERGENT, "return address" },
	{ "call, cut NOP",         CALL_RAX,  BYTES("\xff\xd0\x0f\x1f\x44"), NULL,           PVP_DIVERGENT, "return address" },
	{ "call *rax, lea first",  CALL_RAX,  BYTES("\x8d\x00\xff\xd0\x90"), NULL,           PVP_DIVERGENT, NULL },
	{ "call *r9, linked",      CALL_R9,   LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "call *r9",              CALL_R9,   BYTES("\x41\xff\xd1\x0f\x1f\x00"), NULL,       PVP_EQUIVALENT, NULL },
	{ "call *r9, no REX",      CALL_R9,   BYTES("\xff\xd1\x0f\x1f\x40\x00"), NULL,       PVP_DIVERGENT, NULL },
	{ "jmp *rbx, linked",      JMP_RBX,   LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "jmp *rbx",              JMP_RBX,   BYTES("\xff\xe3\xcc\x66\x90"), NULL,           PVP_EQUIVALENT, NULL },
	{ "jmp, lost",             JMP_RBX,   BYTES("\x0f\x1f\x44\x00\x00"), NULL,           PVP_DIVERGENT, "end at" },
	{ "je *rcx, linked",       JE_RCX,    LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "jne; jmp *rcx",         JE_RCX,    BYTES("\x75\x04\xff\xe1\xcc\x90"), NULL,       PVP_EQUIVALENT, NULL },
	{ "je; jmp *rcx",          JE_RCX,    BYTES("\x74\x04\xff\xe1\xcc\x90"), NULL,       PVP_DIVERGENT, NULL },
	{ "jne without distance",  JE_RCX,    BYTES("\x75\x00\xff\xe1\xcc\x90"), NULL,       PVP_DIVERGENT, NULL },
	{ "jne one short",         JE_RCX,    BYTES("\x75\x03\xff\xe1\xcc\xcc"), NULL,       PVP_DIVERGENT, NULL },
	{ "jb for je",             JE_RCX,    TO("\x0f\x82", TINY_THUNKS + 32), NULL,        PVP_DIVERGENT, NULL },
	{ "jmp for je",            JE_RCX,    THEN("\xe9", TINY_THUNKS + 32, "\x90"), NULL,  PVP_DIVERGENT, NULL },

	{ "static call, linked",   KEY_CALL,  LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "static call",           KEY_CALL,  TO("\xe8", FUNC),              NULL,           PVP_EQUIVALENT, NULL },
	{ "static call, endbr",    KEY_CALL,  TO("\xe8", FUNC + 4),          NULL,           PVP_EQUIVALENT, NULL },
	{ "static call, + 1",      KEY_CALL,  TO("\xe8", FUNC + 1),          NULL,           PVP_DIVERGENT, "func" },
	{ "static call, neighbour", KEY_CALL, TO("\xe8", OTHER),             NULL,           PVP_DIVERGENT, "func" },
	{ "static call, jmp",      KEY_CALL,  TO("\xe9", FUNC),              NULL,           PVP_DIVERGENT, "rsp" },
	{ "static call, lost",     KEY_CALL,  BYTES("\x0f\x1f\x44\x00\x00"), NULL,           PVP_DIVERGENT, "func" },
	{ "tail call, linked",     KEY_JMP,   LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "tail call",             KEY_JMP,   TO("\xe9", FUNC),              NULL,           PVP_EQUIVALENT, NULL },
	{ "tail call, ret",        KEY_JMP,   BYTES("\xc3\xcc\xcc\xcc\xcc"), NULL,           PVP_DIVERGENT, NULL },
	{ "tail call, call",       KEY_JMP,   TO("\xe8", FUNC),              NULL,           PVP_DIVERGENT, "rsp" },
	{ "jcc tail, linked",      KEY_JE,    LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "jcc tail",              KEY_JE,    TO("\x0f\x84", FUNC),          NULL,           PVP_EQUIVALENT, NULL },
	{ "jcc tail, inverted",    KEY_JE,    TO("\x0f\x85", FUNC),          NULL,           PVP_DIVERGENT, NULL },
	{ "jcc tail, jmp and rest", KEY_JE,   THEN("\xe9", FUNC, "\x90"),    NULL,           PVP_DIVERGENT, "behind the site" },
	{ "NULL",                  NULL_CALL, BYTES("\x0f\x1f\x44\x00\x00"), NULL,           PVP_EQUIVALENT, NULL },
	{ "NULL, 5.10",            NULL_CALL, BYTES("\x66\x66\x66\x66\x90"), NULL,           PVP_EQUIVALENT, NULL },
	{ "NULL left as call",     NULL_CALL, LINKED,                        NULL,           PVP_DIVERGENT, "behind the site" },
	{ "NULL, call of func",    NULL_CALL, TO("\xe8", FUNC),              NULL,           PVP_DIVERGENT, "behind the site" },
	{ "NULL, xor",             NULL_CALL, BYTES("\x2e\x2e\x2e\x31\xc0"), NULL,           PVP_DIVERGENT, "rax" },
	{ "NULL tail",             NULL_JMP,  BYTES("\xc3\xcc\xcc\xcc\xcc"), NULL,           PVP_EQUIVALENT, NULL },
	{ "NULL tail, thunk",      NULL_JMP,  TO("\xe9", THUNK),             NULL,           PVP_EQUIVALENT, NULL },
	{ "NULL tail, NOP",        NULL_JMP,  BYTES("\x0f\x1f\x44\x00\x00"), NULL,           PVP_DIVERGENT, NULL },
	{ "NULL jcc",              NULL_JE,   TO("\x0f\x84", TINY_RETURN),   NULL,           PVP_EQUIVALENT, NULL },
	{ "NULL jcc, ret",         NULL_JE,   BYTES("\xc3\xcc\xcc\xcc\xcc\xcc"), NULL,       PVP_DIVERGENT, "behind the site" },
	{ "return0",               ZERO_CALL, BYTES("\x2e\x2e\x2e\x31\xc0"), NULL,           PVP_EQUIVALENT, NULL },
	{ "return0, call",         ZERO_CALL, TO("\xe8", TINY_RETURN0),      NULL,           PVP_EQUIVALENT, NULL },
	{ "return0, 1",            ZERO_CALL, BYTES("\xb8\x01\0\0\0"),       NULL,           PVP_DIVERGENT, "rax 0x1" },
	{ "return0, garbage",      ZERO_CALL, BYTES("\x0f\x1f\x44\x00\x00"), NULL,           PVP_DIVERGENT, "rax" },
	{ "return0, rcx",          ZERO_CALL, BYTES("\x2e\x2e\x2e\x31\xc9"), NULL,           PVP_DIVERGENT, NULL },
	{ "return0, al",           ZERO_CALL, BYTES("\x2e\x2e\x2e\x30\xc0"), NULL,           PVP_DIVERGENT, "rax" },
	{ "trap",                  TRAP_CALL, BYTES("\x67\x48\x0f\xb9\x3a"), NULL,           PVP_EQUIVALENT, NULL },
	{ "trap, call",            TRAP_CALL, TO("\xe8", TRAP),              NULL,           PVP_EQUIVALENT, NULL },
	{ "trap, ud2",             TRAP_CALL, BYTES("\x0f\x0b\x90\x90\x90"), NULL,           PVP_DIVERGENT, "another instruction" },
	{ "trap, NOP",             TRAP_CALL, BYTES("\x0f\x1f\x44\x00\x00"), NULL,           PVP_DIVERGENT, NULL },
	{ "trampoline",            TRAMP,     LINKED,                        NULL,           PVP_EQUIVALENT, NULL },
	{ "trampoline, neighbour", TRAMP,     TO("\xe9", OTHER),             NULL,           PVP_DIVERGENT, NULL },
	{ "NULL trampoline",       NULL_TRAMP, LINKED,                       NULL,           PVP_EQUIVALENT, NULL },
	{ "NULL trampoline, func", NULL_TRAMP, TO("\xe9", FUNC),             NULL,           PVP_DIVERGENT, NULL },
};
// clang-format on

static void open_bench(struct findings_bench *b, void (*spoil)(struct tiny *t))
{
	bench_init(b);
	build(&b->world.tiny);
	if (spoil)
		spoil(&b->world.tiny);
	bench_open(b, NULL);
}

/* site: 0, all of them. */
static void look(struct findings_bench *b, struct pvp_transfer_sites *transfers, uint64_t site,
		 unsigned jobs, struct pvp_check_result *ret)
{
	bool wanted[64] = {0};
	const struct pvp_check_input input = {
		.image = b->image,
		.tables = &b->tables,
		.sites = &b->sites,
		.transfers = transfers,
		.platform = &b->world.platform,
		.patched = &b->predicted,
		.given = &b->given,
		.nr_states = CHECK_STATES,
		.transfer_wanted = site ? wanted : NULL,
		.jobs = jobs,
	};

	pvp_ck_ok(pvp_transfer_sites_scan(b->image, &b->tables, transfers));
	ck_assert_uint_le(transfers->sites.nr, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < transfers->sites.nr; i++)
		wanted[i] = transfers->sites.v[i].addr == site;
	memset(ret, 0, sizeof(*ret));
	pvp_ck_ok(pvp_transfers_check(&input, ret));
}

START_TEST(meanings)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	const struct pvp_cell *cell;
	struct findings_bench b;

	open_bench(&b, rows[_i].spoil);
	if (rows[_i].text.bytes)
		lay(&b, rows[_i].site, &rows[_i].text);
	look(&b, &transfers, rows[_i].site, 1, &result);
	ck_assert_msg(result.nr_transfer_cells == 1, "%s: %zu cells", rows[_i].what,
		      result.nr_transfer_cells);
	cell = &result.transfer_cells[0];
	ck_assert_msg(cell->verdict == rows[_i].want, "%s: %s: %s", rows[_i].what,
		      pvp_verdict_name(cell->verdict), cell->detail ? cell->detail : "");
	if (rows[_i].detail)
		ck_assert_msg(cell->detail && strstr(cell->detail, rows[_i].detail), "%s: %s",
			      rows[_i].what, cell->detail);
	if (rows[_i].want == PVP_EQUIVALENT)
		ck_assert_uint_eq(cell->end, CHECK_STATES);
	pvp_check_result_deinit(&result);
	pvp_transfer_sites_deinit(&transfers);
	bench_close(&b);
}
END_TEST

/* --- classes, workers, what was asked for --- */

static const struct pvp_transfer_tally *tally_of(const struct pvp_check_result *result,
					       enum pvp_site_kind kind)
{
	return &result->transfers[kind - PVP_SITE_RETURN];
}

/* Two returns that differ in nothing are one class; either of them may be the one that is bad. */
static const struct {
	const char *what;
	struct text first, second;
	size_t classes, divergent;
} classes[] = {
	/* (the third is je, and stays) */
	{"alike", BYTES("\xc3\xcc\xcc\xcc\xcc"), BYTES("\xc3\xcc\xcc\xcc\xcc"), 2, 0},
	{"same thunk", TO("\xe9", THUNK), TO("\xe9", THUNK), 2, 0},
	{"other thunk", TO("\xe9", THUNK), TO("\xe9", TINY_RETURN), 3, 0},
	{"second bad", TO("\xe9", THUNK), TO("\xe9", THUNK + 1), 3, 1},
	{"both bad", TO("\xe9", THUNK + 1), TO("\xe9", THUNK + 1), 2, 2},
	{"same bytes, another place", BYTES("\xe9\xeb\0\0\0"), BYTES("\xe9\xeb\0\0\0"), 3, 1},
	{"no known shape", BYTES("\x90\xc3\xcc\xcc\xcc"), BYTES("\x90\xc3\xcc\xcc\xcc"), 3, 0},
};

START_TEST(class_of)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	const struct pvp_transfer_tally *tally;
	struct findings_bench b;

	open_bench(&b, NULL);
	lay(&b, RET, &classes[_i].first);
	lay(&b, RET2, &classes[_i].second);
	look(&b, &transfers, 0, 2, &result);
	tally = tally_of(&result, PVP_SITE_RETURN);
	ck_assert_msg(tally->classes == classes[_i].classes, "%s: %zu classes", classes[_i].what,
		      tally->classes);
	ck_assert_msg(tally->verdicts[PVP_DIVERGENT] == classes[_i].divergent, "%s: %zu DIVERGENT",
		      classes[_i].what, tally->verdicts[PVP_DIVERGENT]);
	ck_assert_uint_eq(tally->sites, 3);
	ck_assert_uint_eq(tally->in_full + tally->of_class, 3);
	ck_assert_uint_eq(tally->verdicts[PVP_SKIPPED], 0);
	pvp_check_result_deinit(&result);
	pvp_transfer_sites_deinit(&transfers);
	bench_close(&b);
}
END_TEST

START_TEST(asked_for)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	struct findings_bench b;

	open_bench(&b, NULL);
	look(&b, &transfers, JMP_RBX, 1, &result);
	ck_assert_uint_eq(result.nr_transfer_cells, 1);
	ck_assert_str_eq(result.transfer_cells[0].site->op, "retpoline.rbx");
	ck_assert_int_eq(result.transfer_cells[0].verdict, PVP_EQUIVALENT);
	ck_assert_uint_eq(tally_of(&result, PVP_SITE_RETPOLINE)->verdicts[PVP_SKIPPED], 3);
	ck_assert_uint_eq(tally_of(&result, PVP_SITE_RETURN)->verdicts[PVP_SKIPPED], 3);
	ck_assert_uint_eq(result.cases, CHECK_STATES);
	pvp_check_result_deinit(&result);
	pvp_transfer_sites_deinit(&transfers);
	bench_close(&b);
}
END_TEST

/* .retpoline_sites leads to no thunk; or to rsp's, which no retpoline can have. */
START_TEST(no_thunk)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	struct findings_bench b;

	bench_init(&b);
	build(&b.world.tiny);
	tiny_branch(&b.world.tiny, CALL_RAX, 0xe8, FUNC);
	tiny_branch(&b.world.tiny, JMP_RBX, 0xe9, TINY_THUNKS + 4 * 32);
	bench_open(&b, NULL);
	look(&b, &transfers, 0, 1, &result);
	ck_assert_uint_eq(tally_of(&result, PVP_SITE_RETPOLINE)->verdicts[PVP_INCONCLUSIVE], 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(result.transfer_cells[i].reason, PVP_REASON_NO_CONTRACT);
	ck_assert_str_eq(result.transfer_cells[0].site->op, "retpoline.unknown");
	pvp_check_result_deinit(&result);
	pvp_transfer_sites_deinit(&transfers);
	bench_close(&b);
}
END_TEST

/* An alternative that applies has other code there, and decides what it means. */
START_TEST(replaced)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	struct findings_bench b;

	for (unsigned applies = 0; applies < 2; applies++) {
		bench_init(&b);
		build(&b.world.tiny);
		tiny_alt(&b.world.tiny, RET - 3, 8, applies ? XENPV | NOT : XENPV, "\x90", 1);
		bench_open(&b, NULL);
		bench_lay(&b, RET, "\x90\x90\x90\x90\x90", 5);
		look(&b, &transfers, RET, 1, &result);
		ck_assert_uint_eq(tally_of(&result, PVP_SITE_RETURN)->replaced, applies);
		ck_assert_uint_eq(result.nr_transfer_cells, 1);
		ck_assert_int_eq(result.transfer_cells[0].verdict,
				 applies ? PVP_SKIPPED : PVP_DIVERGENT);
		pvp_check_result_deinit(&result);
		pvp_transfer_sites_deinit(&transfers);
		bench_close(&b);
	}
}
END_TEST

/* What a file gives in place of an address that boot decides is not the text that runs. */
START_TEST(run_time_address)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	struct findings_bench b;
	const uint8_t *old;
	uint8_t bytes[5], by[5];

	open_bench(&b, NULL);
	old = pvp_image_bytes(b.image, CALL_RAX, 5);
	memcpy(bytes, old, 5);
	memset(by, PVP_PASS_RETPOLINE, 5);
	memset(by + 1, PVP_PASS_RETPOLINE | PVP_BY_SYMBOLIC, 4);
	pvp_patched_add(&b.predicted, CALL_RAX, old, bytes, by, 5);
	look(&b, &transfers, CALL_RAX, 1, &result);
	ck_assert_uint_eq(result.nr_transfer_cells, 1);
	ck_assert_int_eq(result.transfer_cells[0].verdict, PVP_INCONCLUSIVE);
	ck_assert_int_eq(result.transfer_cells[0].reason, PVP_REASON_RUN_TIME_ADDRESS);
	pvp_check_result_deinit(&result);
	pvp_transfer_sites_deinit(&transfers);
	pvp_patched_deinit(&b.predicted);
	bench_close(&b);
}
END_TEST

/* --- our own kernel --- */

static void open_transfers(const char *path, const char *platform, struct kernel *kernel,
			  struct boot *boot, struct pvp_transfer_sites *transfers)
{
	/* As `verify' has it. */
	const struct pvp_overrides overrides = {.initcalls = true};

	kernel_open(path, kernel);
	boot_open(kernel, platform, &overrides, boot);
	pvp_ck_ok(pvp_transfer_sites_scan(kernel->image, &kernel->tables, transfers));
	boot->input.transfers = transfers;
	boot->input.given = NULL;
}

static void close_transfers(struct kernel *kernel, struct boot *boot,
			   struct pvp_transfer_sites *transfers)
{
	pvp_transfer_sites_deinit(transfers);
	boot_close(boot);
	kernel_close(kernel);
}

static const char *const own_platforms[] = {"native", "xen-pv"};

START_TEST(own_kernel)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result = {0};
	struct kernel kernel;
	struct boot boot;

	open_transfers(PVP_BUNDLED_KERNEL, own_platforms[_i], &kernel, &boot, &transfers);
	pvp_ck_ok(pvp_transfers_check(&boot.input, &result));
	for (size_t i = 0; i < result.nr_transfer_cells; i++)
		ck_abort_msg("%s: %s#%u: %s", own_platforms[_i], result.transfer_cells[i].site->op,
			     result.transfer_cells[i].site->ordinal, result.transfer_cells[i].detail);
	pvp_check_result_deinit(&result);
	close_transfers(&kernel, &boot, &transfers);
}
END_TEST

static void die_quietly(void)
{
	const struct rlimit no_core = {0};

	setrlimit(RLIMIT_CORE, &no_core);
	ck_assert_int_ge(dup2(open("/dev/null", O_WRONLY), STDERR_FILENO), 0);
}

static const unsigned job_counts[] = {1, 2, 7};

/* All sites one class each, and one in three ends its process: that is its result, and no other's. */
START_TEST(worker_dies)
{
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result;
	struct findings_bench b;
	bool wanted[64];
	size_t nr = 0;

	open_bench(&b, NULL);
	pvp_ck_ok(pvp_transfer_sites_scan(b.image, &b.tables, &transfers));
	memset(wanted, true, sizeof(wanted));
	die_quietly();
	for (size_t i = 0; i < transfers.sites.nr; i++)
		if (i % 3 == 1 || i % 3 == 0)
			transfers.sites.v[i].linked = (const uint8_t *)8;
	{
		const struct pvp_check_input input = {
			.image = b.image,
			.tables = &b.tables,
			.sites = &b.sites,
			.transfers = &transfers,
			.platform = &b.world.platform,
			.patched = &b.predicted,
			.nr_states = CHECK_STATES,
			.transfer_wanted = wanted,
			.jobs = job_counts[_i],
		};

		memset(&result, 0, sizeof(result));
		pvp_ck_ok(pvp_transfers_check(&input, &result));
	}
	ck_assert_uint_eq(result.nr_transfer_cells, transfers.sites.nr);
	for (size_t i = 0; i < result.nr_transfer_cells; i++) {
		const struct pvp_cell *cell = &result.transfer_cells[i];

		if (i % 3 == 2) {
			ck_assert_int_ne(cell->reason, PVP_REASON_WORKER_DIED);
			continue;
		}
		nr++;
		ck_assert_int_eq(cell->verdict, PVP_INCONCLUSIVE);
		ck_assert_int_eq(cell->reason, PVP_REASON_WORKER_DIED);
		ck_assert(strstr(cell->detail, "ended by "));
	}
	ck_assert_uint_ge(nr, 8);
	pvp_check_result_deinit(&result);
	pvp_transfer_sites_deinit(&transfers);
	bench_close(&b);
}
END_TEST

/* --- Debian's kernels --- */

// clang-format off
static const struct {
	const char *file, *platform;
	size_t least[PVP_NR_TRANSFER_KINDS]; /* sites: return, retpoline, key-call, trampoline */
} debian[] = {
	{ "vmlinuz-5.10.223-amd64", "native",               { 47000, 8520, 890, 600 } },
	{ "vmlinuz-5.10.223-amd64", "xen-pv",               { 47000, 8520, 890, 600 } },
	{ "vmlinuz-5.10.223-amd64", "kvm",                  { 47000, 8520, 890, 600 } },
	{ "vmlinuz-5.10.223-amd64", "native+rethunk",       { 47000, 8520, 890, 600 } },
	{ "vmlinuz-5.10.223-amd64", "native+srso",          { 47000, 8520, 890, 600 } },
	{ "vmlinuz-5.10.223-amd64", "native+srso-alias",    { 47000, 8520, 890, 600 } },
	{ "vmlinuz-5.10.223-amd64", "native+retpoline",     { 47000, 8520, 890, 600 } },
	{ "vmlinuz-5.10.223-amd64", "native+lfence",        { 47000, 8520, 890, 600 } },
	{ "vmlinuz-5.10.223-i386",  "native",               { 0, 0, 0, 600 } },
	{ "vmlinuz-5.10.223-i386",  "kvm",                  { 0, 0, 0, 600 } },
	{ "vmlinuz-6.1.176-amd64",  "native",               { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "xen-pv",               { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "kvm",                  { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "native+rethunk",       { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "native+srso",          { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "native+srso-alias",    { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "native+its",           { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "native+its-retpoline", { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "native+retpoline",     { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-amd64",  "native+lfence",        { 50000, 8812, 3800, 680 } },
	{ "vmlinuz-6.1.176-i386",   "native",               { 0, 0, 0, 660 } },
	{ "vmlinuz-6.1.176-i386",   "kvm",                  { 0, 0, 0, 660 } },
	{ "vmlinuz-6.12.107-amd64", "native",               { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "xen-pv",               { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "kvm",                  { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "native+rethunk",       { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "native+srso",          { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "native+srso-alias",    { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "native+its",           { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "native+its-retpoline", { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "native+retpoline",     { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "native+lfence",        { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-6.12.107-amd64", "native+call-depth",    { 57000, 8791, 7000, 3700 } },
	{ "vmlinuz-7.2.13-amd64",   "native",               { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "xen-pv",               { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "kvm",                  { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "native+rethunk",       { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "native+srso",          { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "native+srso-alias",    { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "native+its",           { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "native+its-retpoline", { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "native+retpoline",     { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "native+lfence",        { 65000, 10388, 9000, 3900 } },
	{ "vmlinuz-7.2.13-amd64",   "native+call-depth",    { 65000, 10388, 9000, 3900 } },
};
// clang-format on

START_TEST(debians)
{
	const char *file = debian[_i].file, *platform = debian[_i].platform;
	const char *path = pvp_test_file(pvp_test_kernels(), file, "transfers debian");
	struct pvp_transfer_sites transfers;
	struct pvp_check_result result = {0};
	struct kernel kernel;
	struct boot boot;

	if (!path)
		return;
	open_transfers(path, platform, &kernel, &boot, &transfers);
	pvp_ck_ok(pvp_transfers_check(&boot.input, &result));
	for (size_t i = 0; i < result.nr_transfer_cells; i++)
		ck_abort_msg("%s, %s: %zu; %s#%u: %s: %s", file, platform, result.nr_transfer_cells,
			     result.transfer_cells[i].site->op, result.transfer_cells[i].site->ordinal,
			     pvp_verdict_name(result.transfer_cells[i].verdict),
			     result.transfer_cells[i].detail);
	for (unsigned i = 0; i < PVP_NR_TRANSFER_KINDS; i++) {
		ck_assert_uint_ge(result.transfers[i].sites, debian[_i].least[i]);
		ck_assert_uint_le(result.transfers[i].replaced, i ? 0 : 24); /* thunks' own returns */
		ck_assert_uint_eq(result.transfers[i].sites,
				  result.transfers[i].verdicts[PVP_EQUIVALENT] +
					  result.transfers[i].replaced);
		/* One in a hundred, whatever the classes are. */
		ck_assert_uint_ge(result.transfers[i].in_full, result.transfers[i].sites / 150);
	}
	pvp_check_result_deinit(&result);
	close_transfers(&kernel, &boot, &transfers);
}
END_TEST

Suite *transfers_suite(void)
{
	Suite *s = suite_create("transfers");
	TCase *tiny = tcase_create("tiny"), *own = tcase_create("own kernel"),
	      *real = tcase_create("real kernels");

	tcase_set_timeout(tiny, 20);
	tcase_add_loop_test(tiny, meanings, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(tiny, class_of, 0, ARRAY_SIZE(classes));
	tcase_add_test(tiny, asked_for);
	tcase_add_test(tiny, no_thunk);
	tcase_add_test(tiny, replaced);
	tcase_add_test(tiny, run_time_address);
	tcase_add_loop_test(tiny, worker_dies, 0, ARRAY_SIZE(job_counts));
	suite_add_tcase(s, tiny);
	tcase_set_timeout(own, 60);
	tcase_add_loop_test(own, own_kernel, 0, ARRAY_SIZE(own_platforms));
	suite_add_tcase(s, own);
	tcase_set_timeout(real, 120);
	tcase_set_tags(real, PVP_TAG_KERNELS);
	tcase_add_loop_test(real, debians, 0, ARRAY_SIZE(debian));
	suite_add_tcase(s, real);
	return s;
}
