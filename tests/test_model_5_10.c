// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_model_5_10.c - what 5.10 does otherwise than 6.1, on amd64: init.patch and its forms, NOPs
 * by CPU, the order of passes, static calls.
 */
#include "suites.h"

#include "check_helpers.h"
#include "model_world.h"

#define NATIVE	TINY_FUNCS /* the file's init.patch */
#define DEFAULT TINY_DEFAULT

/* Slots. */
#define IO_DELAY    3
#define WBINVD	    24
#define IRET	    31
#define SAVE_FL	    34
#define RESTORE_FL  35
#define IRQ_DISABLE 36
#define IRQ_ENABLE  37
#define READ_CR2    46
#define READ_CR3    48
#define WRITE_CR3   49
#define PTE_VAL	    66
#define SPIN_UNLOCK 81
#define PREEMPTED   84

#define OWN(slot) (TINY_FUNCS + (slot)*16) /* what the file has there */
#define OTHER	  (TINY_FUNCS + 0x508)	   /* what it has nowhere */

static void init(struct world *w)
{
	world_init_kind(w, TINY_5_10);
	w->platform.cpu = (struct pvp_cpu_model){2, 15, 107}; /* K8 NOPs */
	tiny_symbol(&w->tiny, "__raw_callee_save___native_queued_spin_unlock", OWN(SPIN_UNLOCK));
	tiny_symbol(&w->tiny, "__raw_callee_save___native_vcpu_is_preempted", OWN(PREEMPTED));
}

// clang-format off
/* At a 7-byte site.  want: e8 and e9 have the displacement to func, the rest as given. */
static const struct {
	const char *what;
	uint64_t patch; /* init.patch */
	unsigned slot;
	uint64_t func; /* in the slot */
	uint8_t want[7];
} ops[] = {
	{ "save_fl",               NATIVE,  SAVE_FL,     OWN(SAVE_FL),     { 0x9c, 0x58, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	{ "restore_fl",            NATIVE,  RESTORE_FL,  OWN(RESTORE_FL),  { 0x57, 0x9d, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	{ "irq_disable",           NATIVE,  IRQ_DISABLE, OWN(IRQ_DISABLE), { 0xfa, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 } },
	{ "irq_enable",            NATIVE,  IRQ_ENABLE,  OWN(IRQ_ENABLE),  { 0xfb, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 } },
	{ "read_cr2",              NATIVE,  READ_CR2,    OWN(READ_CR2),    { 0x0f, 0x20, 0xd0, 0x66, 0x66, 0x66, 0x90 } },
	{ "read_cr3",              NATIVE,  READ_CR3,    OWN(READ_CR3),    { 0x0f, 0x20, 0xd8, 0x66, 0x66, 0x66, 0x90 } },
	{ "write_cr3",             NATIVE,  WRITE_CR3,   OWN(WRITE_CR3),   { 0x0f, 0x22, 0xdf, 0x66, 0x66, 0x66, 0x90 } },
	{ "wbinvd",                NATIVE,  WBINVD,      OWN(WBINVD),      { 0x0f, 0x09, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	/* The hook of a platform that left init.patch alone is lost. */
	{ "write_cr3, changed",    NATIVE,  WRITE_CR3,   OTHER,            { 0x0f, 0x22, 0xdf, 0x66, 0x66, 0x66, 0x90 } },
	{ "irq_disable, changed",  NATIVE,  IRQ_DISABLE, OTHER,            { 0xfa, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 } },
	{ "wbinvd, NULL",          NATIVE,  WBINVD,      0,                { 0x0f, 0x09, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	{ "save_fl, nop",          NATIVE,  SAVE_FL,     TINY_NOP,         { 0x9c, 0x58, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	{ "read_cr2, ident",       NATIVE,  READ_CR2,    TINY_IDENT,       { 0x0f, 0x20, 0xd0, 0x66, 0x66, 0x66, 0x90 } },
	{ "unlock",                NATIVE,  SPIN_UNLOCK, OWN(SPIN_UNLOCK), { 0xc6, 0x07, 0x00, 0x66, 0x66, 0x66, 0x90 } },
	{ "unlock, changed",       NATIVE,  SPIN_UNLOCK, OTHER,            { 0xe8, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "unlock, the other's",   NATIVE,  SPIN_UNLOCK, OWN(PREEMPTED),   { 0xe8, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "preempted",             NATIVE,  PREEMPTED,   OWN(PREEMPTED),   { 0x31, 0xc0, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	{ "preempted, changed",    NATIVE,  PREEMPTED,   OTHER,            { 0xe8, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "preempted, nop",        NATIVE,  PREEMPTED,   TINY_NOP,         { 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 } },
	{ "call",                  NATIVE,  IO_DELAY,    OWN(IO_DELAY),    { 0xe8, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "nothing to do",         NATIVE,  IO_DELAY,    TINY_NOP,         { 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 } },
	{ "NULL",                  NATIVE,  IO_DELAY,    0,                { 0x0f, 0x0b, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	{ "identity",              NATIVE,  PTE_VAL,     TINY_IDENT,       { 0x48, 0x89, 0xf8, 0x66, 0x66, 0x66, 0x90 } },
	{ "identity elsewhere",    NATIVE,  IO_DELAY,    TINY_IDENT,       { 0x48, 0x89, 0xf8, 0x66, 0x66, 0x66, 0x90 } },
	{ "iret",                  NATIVE,  IRET,        OWN(IRET),        { 0xe9, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "iret, NULL",            NATIVE,  IRET,        0,                { 0x0f, 0x0b, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	{ "iret, nop",             NATIVE,  IRET,        TINY_NOP,         { 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 } },
	{ "save_fl by default",    DEFAULT, SAVE_FL,     OWN(SAVE_FL),     { 0xe8, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "read_cr3 by default",   DEFAULT, READ_CR3,    OWN(READ_CR3),    { 0xe8, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "unlock by default",     DEFAULT, SPIN_UNLOCK, OWN(SPIN_UNLOCK), { 0xe8, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "preempted by default",  DEFAULT, PREEMPTED,   OWN(PREEMPTED),   { 0xe8, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "identity by default",   DEFAULT, PTE_VAL,     TINY_IDENT,       { 0x48, 0x89, 0xf8, 0x66, 0x66, 0x66, 0x90 } },
	{ "iret by default",       DEFAULT, IRET,        OTHER,            { 0xe9, 0, 0, 0, 0, 0x66, 0x90 } },
	{ "NULL by default",       DEFAULT, WRITE_CR3,   0,                { 0x0f, 0x0b, 0x66, 0x66, 0x90, 0x66, 0x90 } },
	{ "nop by default",        DEFAULT, IRQ_ENABLE,  TINY_NOP,         { 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 } },
};
// clang-format on

START_TEST(op_bytes)
{
	uint8_t want[8];
	struct world w;

	init(&w);
	w.pv_ops[0] = ops[_i].patch;
	w.pv_ops[ops[_i].slot] = ops[_i].func;
	tiny_pv_call(&w.tiny, SITE, ops[_i].slot);
	tiny_para(&w.tiny, SITE, ops[_i].slot, 7);
	memcpy(want, ops[_i].want, 7);
	if (want[0] == 0xe8 || want[0] == 0xe9)
		world_branch(want, want[0], SITE, ops[_i].func);
	want[7] = 0xcc; /* behind the site */
	ck_assert_int_eq(world_expect(&w, ops[_i].what, SITE, want, sizeof(want)),
			 PVP_PASS_PARAVIRT);
}
END_TEST

/* The entry code jumps through iret's slot, in 6 bytes. */
START_TEST(iret_jmp)
{
	uint8_t want[7] = {0, 0, 0, 0, 0, 0x90, 0xcc};
	struct world w;

	init(&w);
	tiny_pv_jmp(&w.tiny, SITE, IRET);
	tiny_para(&w.tiny, SITE, IRET, 6);
	world_branch(want, 0xe9, SITE, OWN(IRET));
	world_expect(&w, "iret", SITE, want, sizeof(want));
}
END_TEST

/* The reader wants room for the call; whoever hands the model another table gets what a kernel
 * does. */
static struct pvp_error *patch_with_len(struct world *w, unsigned len, uint8_t *ret)
{
	struct pvp_patched patched;
	struct pvp_tables tables;
	struct pvp_image *image;
	struct pvp_error *err;

	pvp_ck_ok(tiny_open(&w->tiny, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	tables.para[1].len = len;
	err = pvp_model_patch(image, &tables, &w->platform, &patched);
	pvp_tables_deinit(&tables);
	if (!err) {
		ck_assert(pvp_patched_bytes(&patched, image, SITE, 7, ret));
		pvp_patched_deinit(&patched);
	}
	pvp_image_close(image);
	return err;
}

// clang-format off
#define WHERE ".parainstructions entry at 0xffffffff82200010, site 0xffffffff81000040: "
static const struct {
	const char *what;
	unsigned slot;
	uint64_t func;
	unsigned len;
	const char *message; /* NULL: no error */
} rooms[] = {
	{ "cr3, too short",     READ_CR3,    OWN(READ_CR3),    2,   WHERE "3 bytes exceed the 2-byte site" },
	{ "cr3, just fits",     READ_CR3,    OWN(READ_CR3),    3,   NULL },
	{ "unlock, too short",  SPIN_UNLOCK, OWN(SPIN_UNLOCK), 2,   WHERE "3 bytes exceed the 2-byte site" },
	{ "cli, just fits",     IRQ_DISABLE, 0,                1,   NULL },
	{ "call, too short",    IO_DELAY,    OTHER,            4,   WHERE "5 bytes exceed the 4-byte site" },
	{ "call, just fits",    IO_DELAY,    OTHER,            5,   NULL },
	{ "NULL, too short",    IO_DELAY,    0,                1,   WHERE "2 bytes exceed the 1-byte site" },
	{ "ident, too short",   PTE_VAL,     TINY_IDENT,       2,   WHERE "3 bytes exceed the 2-byte site" },
	{ "nop, no room needed", IO_DELAY,   TINY_NOP,         1,   NULL },
	{ "iret, too short",    IRET,        OTHER,            4,   NULL }, /* stays */
	{ "iret out of reach",  IRET,        0x100001000,      7,   WHERE "0x100001000 is out of reach" },
	{ "call out of reach",  IO_DELAY,    0x100001000,      7,   WHERE "0x100001000 is out of reach" },
	{ "longest",            IO_DELAY,    OTHER,            254, NULL },
	{ "too long",           IO_DELAY,    OTHER,            255, WHERE "the kernel stops at a site of 255 bytes" },
};
// clang-format on

START_TEST(room)
{
	uint8_t linked[7], got[7];
	struct world w;

	init(&w);
	w.pv_ops[rooms[_i].slot] = rooms[_i].func;
	tiny_pv_call(&w.tiny, SITE, rooms[_i].slot);
	tiny_para(&w.tiny, SITE, rooms[_i].slot, 7);
	memcpy(linked, w.tiny.text + (SITE - TINY_TEXT), sizeof(linked));
	if (rooms[_i].message) {
		pvp_ck_err(patch_with_len(&w, rooms[_i].len, got), PVP_ERR_BAD_DATA,
			   rooms[_i].message);
		return;
	}
	pvp_ck_ok(patch_with_len(&w, rooms[_i].len, got));
	if (rooms[_i].slot == IRET)
		pvp_ck_bytes(rooms[_i].what, got, linked, sizeof(got));
	else
		ck_assert_msg(memcmp(got, linked, sizeof(got)), "%s: nothing done", rooms[_i].what);
	if (rooms[_i].len < 7)
		pvp_ck_bytes(rooms[_i].what, got + rooms[_i].len, linked + rooms[_i].len,
			     7 - rooms[_i].len);
}
END_TEST

START_TEST(init_patch_errors)
{
	struct world w;

	init(&w);
	w.pv_ops[0] = OTHER;
	world_expect_error(
		&w, PVP_ERR_UNSUPPORTED,
		".parainstructions entry at 0xffffffff82200000, site 0xffffffff81000700: "
		"init.patch is 0xffffffff81000d08, neither native_patch nor "
		"paravirt_patch_default");
	w.pv_ops[0] = 0;
	world_expect_error(&w, PVP_ERR_UNSUPPORTED, "init.patch is 0, neither");
	w.platform.nr_pv_ops = 0;
	world_expect_error(&w, PVP_ERR_BAD_DATA, "no slot 0");
}
END_TEST

/* The CPU's NOPs are everywhere: behind a call, in an alternative, in place of a static call. */
START_TEST(nops_of_the_cpu)
{
	static const uint8_t key_null_k8[] = {0x66, 0x66, 0x66, 0x66, 0x90};
	static const uint8_t key_null_p6[] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
	static const uint8_t jmp_k8[] = {0xeb, 0x0e, 0x66, 0x66, 0x90, 0x66, 0x90};
	static const uint8_t jmp_p6[] = {0xeb, 0x0e, 0x0f, 0x1f, 0x00, 0x66, 0x90};
	static const uint8_t cli_k8[] = {0xfa, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90};
	static const uint8_t cli_p6[] = {0xfa, 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00};
	uint8_t jmp[5];
	struct world w;

	init(&w);
	world_feature(&w, ALWAYS);
	tiny_pv_call(&w.tiny, SITE, IRQ_DISABLE);
	tiny_para(&w.tiny, SITE, IRQ_DISABLE, 7);
	world_branch(jmp, 0xe9, TINY_REPLACEMENT, SITE + 0x20);
	tiny_alt(&w.tiny, SITE + 0x10, 7, ALWAYS, jmp, 5);
	tiny_branch(&w.tiny, SITE + 0x20, 0xe8, SITE + 0x100);
	tiny_poke64(&w.tiny, TINY_KEY(0), 0);
	tiny_static_call(&w.tiny, SITE + 0x20, TINY_KEY(0));
	world_expect(&w, "k8, pv site", SITE, cli_k8, 7);
	world_expect(&w, "k8, alternative", SITE + 0x10, jmp_k8, 7);
	world_expect(&w, "k8, static call", SITE + 0x20, key_null_k8, 5);
	w.platform.cpu.family = 23; /* P6 NOPs */
	world_expect(&w, "p6, pv site", SITE, cli_p6, 7);
	world_expect(&w, "p6, alternative", SITE + 0x10, jmp_p6, 7);
	world_expect(&w, "p6, static call", SITE + 0x20, key_null_p6, 5);
}
END_TEST

/* 5.10 patches pv sites last: the direct call overwrites an alternative of the same site. */
START_TEST(alternative_then_paravirt)
{
	uint8_t call[7] = {0, 0, 0, 0, 0, 0x66, 0x90};
	struct world w;

	init(&w);
	world_feature(&w, ALWAYS);
	tiny_pv_call(&w.tiny, SITE, IO_DELAY);
	tiny_para(&w.tiny, SITE, IO_DELAY, 7);
	tiny_alt(&w.tiny, SITE, 7, ALWAYS, "\xfa", 1);
	world_branch(call, 0xe8, SITE, OWN(IO_DELAY));
	ck_assert_int_eq(world_expect(&w, "call", SITE, call, 7), PVP_PASS_PARAVIRT);
}
END_TEST

START_TEST(traced)
{
	static const struct {
		enum pvp_pass pass;
		bool wrote;
	} want[] = {
		{PVP_PASS_FILE, true},	       {PVP_PASS_PLATFORM, false},
		{PVP_PASS_STATIC_CALL, false}, {PVP_PASS_RETPOLINE, false},
		{PVP_PASS_RETURN, false},      {PVP_PASS_ALTERNATIVE, true},
		{PVP_PASS_SMP_LOCK, false},    {PVP_PASS_PARAVIRT, true},
	};
	static const uint8_t nop[] = {0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90};
	static const uint8_t cli[] = {0xfa, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90};
	struct pvp_tables tables;
	struct pvp_image *image;
	struct pvp_trace trace;
	struct world w;

	init(&w);
	world_feature(&w, ALWAYS);
	tiny_pv_call(&w.tiny, SITE, IRQ_DISABLE);
	tiny_para(&w.tiny, SITE, IRQ_DISABLE, 7);
	tiny_alt(&w.tiny, SITE, 7, ALWAYS, NULL, 0);
	pvp_ck_ok(tiny_open(&w.tiny, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	pvp_ck_ok(pvp_model_trace(image, &tables, &w.platform, SITE, 7, &trace));
	ck_assert_uint_eq(trace.nr, ARRAY_SIZE(want));
	for (size_t i = 0; i < trace.nr; i++) {
		ck_assert_int_eq(trace.v[i].pass, want[i].pass);
		ck_assert_int_eq(trace.v[i].wrote, want[i].wrote);
	}
	pvp_ck_bytes("alternative", trace.v[5].bytes, nop, 7);
	pvp_ck_bytes("smp_lock", trace.v[6].bytes, nop, 7);
	pvp_ck_bytes("paravirt", trace.v[7].bytes, cli, 7);
	pvp_trace_deinit(&trace);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

// clang-format off
/* In place of a retpoline there is no int3 behind a jmp, and with lfence r8 and up do not fit. */
static const struct {
	const char *what;
	unsigned features[2];
	unsigned opcode, reg;
	uint8_t want[6]; /* 0: as linked */
} retpolines[] = {
	{ "call rax",        { 0 },                 0xe8,   0,  { 0xff, 0xd0, 0x66, 0x66, 0x90 } },
	{ "jmp rax",         { 0 },                 0xe9,   0,  { 0xff, 0xe0, 0x66, 0x66, 0x90 } },
	{ "jmp r11",         { 0 },                 0xe9,   11, { 0x41, 0xff, 0xe3, 0x66, 0x90 } },
	{ "je rcx",          { 0 },                 0x840f, 1,  { 0x75, 0x04, 0xff, 0xe1, 0x66, 0x90 } },
	{ "retpoline",       { RETPOLINE },         0xe9,   0,  { 0 } },
	{ "lfence jmp rax",  { RETPOLINE, LFENCE }, 0xe9,   0,  { 0x0f, 0xae, 0xe8, 0xff, 0xe0 } },
	{ "lfence jmp r9",   { RETPOLINE, LFENCE }, 0xe9,   9,  { 0 } },
	{ "lfence call r15", { LFENCE },            0xe8,   15, { 0 } },
	/* 677 means nothing yet. */
	{ "its",             { ITS },               0xe8,   0,  { 0xff, 0xd0, 0x66, 0x66, 0x90 } },
};
// clang-format on

START_TEST(retpoline_bytes)
{
	const unsigned opcode = retpolines[_i].opcode, len = opcode > 0xff ? 6 : 5;
	const bool stays = !retpolines[_i].want[0];
	uint8_t want[6];
	struct world w;

	init(&w);
	world_features(&w, retpolines[_i].features, 2);
	tiny_branch(&w.tiny, SITE, opcode, TINY_THUNKS + retpolines[_i].reg * 32);
	tiny_list(&w.tiny, TINY_RETPOLINES, SITE);
	memcpy(want, stays ? w.tiny.text + (SITE - TINY_TEXT) : retpolines[_i].want, len);
	ck_assert_int_eq(world_expect(&w, retpolines[_i].what, SITE, want, len),
			 stays ? PVP_PASS_FILE : PVP_PASS_RETPOLINE);
}
END_TEST

// clang-format off
#define FUNC (TINY_FUNCS + 0x30)
static const struct {
	const char *what;
	uint8_t linked[6];
	bool tail;
	unsigned feature;
	uint64_t func; /* the key's value on the platform; the file has TINY_FUNCS */
	uint8_t want[6]; /* e8, e9: the displacement to func is computed */
} static_calls[] = {
	{ "call",              { 0xe8, 0, 0, 0, 0, 0xcc }, false, 0,       FUNC,         { 0xe8, 0, 0, 0, 0, 0xcc } },
	{ "call NULL",         { 0xe8, 0, 0, 0, 0, 0xcc }, false, 0,       0,            { 0x66, 0x66, 0x66, 0x66, 0x90, 0xcc } },
	{ "call return0",      { 0xe8, 0, 0, 0, 0, 0xcc }, false, 0,       TINY_RETURN0, { 0xe8, 0, 0, 0, 0, 0xcc } },
	{ "tail",              { 0xe9, 0, 0, 0, 0, 0xcc }, true,  0,       FUNC,         { 0xe9, 0, 0, 0, 0, 0xcc } },
	{ "tail NULL",         { 0xe9, 0, 0, 0, 0, 0x90 }, true,  0,       0,            { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0x90 } },
	{ "tail NULL, thunks", { 0xe9, 0, 0, 0, 0, 0x90 }, true,  RETHUNK, 0,            { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0x90 } },
	/* The kernel warns, and writes all the same. */
	{ "no call",           { 0xb8, 1, 2, 3, 4, 0xcc }, false, 0,       FUNC,         { 0xe8, 0, 0, 0, 0, 0xcc } },
	{ "tail jcc",          { 0x0f, 0x84, 1, 2, 3, 4 }, true,  0,       FUNC,         { 0xe9, 0, 0, 0, 0, 4 } },
};
// clang-format on

START_TEST(static_call_bytes)
{
	uint8_t want[6];
	struct world w;

	init(&w);
	if (static_calls[_i].feature)
		world_feature(&w, static_calls[_i].feature);
	/* No signature behind it: 5.10 does not have one. */
	tiny_branch(&w.tiny, SITE + 0x100, 0xe9, TINY_FUNCS);
	tiny_symbol(&w.tiny, "__SCK__call", TINY_KEY(0));
	tiny_symbol(&w.tiny, "__SCT__call", SITE + 0x100);
	tiny_poke64(&w.tiny, TINY_KEY(0), TINY_FUNCS);
	w.calls[0].key = TINY_KEY(0);
	w.calls[0].func = static_calls[_i].func;
	w.platform.nr_static_calls = 1;
	tiny_poke(&w.tiny, SITE, static_calls[_i].linked, 6);
	tiny_static_call(&w.tiny, SITE, TINY_KEY(0) | static_calls[_i].tail);
	memcpy(want, static_calls[_i].want, 6);
	if (want[0] == 0xe8 || want[0] == 0xe9)
		world_branch(want, want[0], SITE, static_calls[_i].func);
	ck_assert_int_eq(world_expect(&w, static_calls[_i].what, SITE, want, 6),
			 PVP_PASS_STATIC_CALL);
	/* The trampoline goes along. */
	memcpy(want, "\xc3\xcc\xcc\xcc\xcc", 5);
	if (static_calls[_i].func)
		world_branch(want, 0xe9, SITE + 0x100, static_calls[_i].func);
	world_expect(&w, static_calls[_i].what, SITE + 0x100, want, 5);
}
END_TEST

/* A trampoline of NULL is a jump to the return thunk without a signature: an ordinary return. */
START_TEST(null_trampoline)
{
	uint8_t want[6] = {0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0x90};
	struct world w;

	init(&w);
	tiny_branch(&w.tiny, SITE, 0xe9, TINY_RETURN);
	tiny_poke(&w.tiny, SITE + 5, "\x90", 1);
	tiny_list(&w.tiny, TINY_RETURNS, SITE);
	ck_assert_int_eq(world_expect(&w, "off", SITE, want, 6), PVP_PASS_RETURN);
	world_feature(&w, RETHUNK);
	w.platform.return_thunk = TINY_TEXT + 0xe30;
	world_branch(want, 0xe9, SITE, TINY_TEXT + 0xe30);
	ck_assert_int_eq(world_expect(&w, "on", SITE, want, 6), PVP_PASS_RETURN);
}
END_TEST

Suite *model_5_10_suite(void)
{
	Suite *s = suite_create("model 5.10");
	TCase *para = tcase_create("paravirt"), *calls = tcase_create("static calls"),
	      *other = tcase_create("other passes");

	tcase_add_loop_test(para, op_bytes, 0, ARRAY_SIZE(ops));
	tcase_add_loop_test(para, room, 0, ARRAY_SIZE(rooms));
	tcase_add_test(para, iret_jmp);
	tcase_add_test(para, init_patch_errors);
	suite_add_tcase(s, para);
	tcase_add_loop_test(calls, static_call_bytes, 0, ARRAY_SIZE(static_calls));
	tcase_add_test(calls, null_trampoline);
	suite_add_tcase(s, calls);
	tcase_add_loop_test(other, retpoline_bytes, 0, ARRAY_SIZE(retpolines));
	tcase_add_test(other, nops_of_the_cpu);
	tcase_add_test(other, alternative_then_paravirt);
	tcase_add_test(other, traced);
	suite_add_tcase(s, other);
	return s;
}
