// SPDX-License-Identifier: GPL-2.0-only
/* test_i386_decode.c - classes, lengths and operands where 32-bit mode differs from 64-bit mode. */
#include <check.h>

#include "check_helpers.h"
#include "machine.h"
#include "small_machine.h"
#include "suites.h"
#include "x86/decode.h"

#define ADDR 0xc1000000

static struct pvp_x86_decoder *decoder;

static void setup(void)
{
	pvp_ck_ok(pvp_x86_decoder_create(PVP_ISA_I386, &decoder));
}

static void teardown(void)
{
	pvp_x86_decoder_destroy(decoder);
}

/* Decodes hex with NOPs behind it; the number of bytes in hex. */
static size_t decode(const char *hex, struct pvp_x86_insn *ret)
{
	uint8_t bytes[16];
	size_t nr = pvp_test_hex(hex, bytes, sizeof(bytes));

	memset(bytes + nr, 0x90, sizeof(bytes) - nr);
	pvp_x86_decode(decoder, bytes, sizeof(bytes), ADDR, ret);
	return nr;
}

#define PLAIN	   PVP_X86_PLAIN
#define UNMODELLED PVP_X86_UNMODELLED

// clang-format off
static const struct {
	const char *bytes, *text;
	int class;
} encodings[] = {
	/* plain */
	{ "40",                      "inc eax, no REX",            PLAIN },
	{ "4f",                      "dec edi, no REX",            PLAIN },
	{ "66 48",                   "dec ax",                     PLAIN },
	{ "55",                      "push ebp",                   PLAIN },
	{ "89 e5",                   "mov ebp,esp",                PLAIN },
	{ "60",                      "pusha",                      PLAIN },
	{ "61",                      "popa",                       PLAIN },
	{ "9c",                      "pushfd",                     PLAIN },
	{ "66 9c",                   "pushf",                      PLAIN },
	{ "c9",                      "leave",                      PLAIN },
	{ "a1 00 10 00 c1",          "mov eax,[0xc1001000]",       PLAIN },
	{ "64 a1 00 08 e8 c1",       "mov eax,fs:[0xc1e80800]",    PLAIN },
	{ "65 33 05 14 00 00 00",    "xor eax,gs:[0x14]",          PLAIN },
	{ "64 ff 05 00 10 00 c1",    "inc fs:[0xc1001000]",        PLAIN },
	{ "ff 15 00 10 00 c1",       "call [0xc1001000]",          PLAIN },
	{ "ff 25 00 10 00 c1",       "jmp [0xc1001000]",           PLAIN },
	{ "e8 00 00 00 00",          "call",                       PLAIN },
	{ "3e 8d 74 26 00",          "ds lea esi,[esi+eiz+0]",     PLAIN },
	{ "8d 76 04",                "lea esi,[esi+4]",            PLAIN },
	{ "f0 83 44 24 fc 00",       "lock add [esp-4],0: smp_mb", PLAIN },
	{ "f0 0f c7 0f",             "lock cmpxchg8b [edi]",       PLAIN },
	{ "f0 0f b1 17",             "lock cmpxchg [edi],edx",     PLAIN },
	{ "f3 ab",                   "rep stosd",                  PLAIN },
	{ "f3 a5",                   "rep movsd",                  PLAIN },
	{ "0f 44 c1",                "cmove eax,ecx",              PLAIN },
	{ "0f a4 c2 03",             "shld edx,eax,3",             PLAIN },
	{ "67 8b 07",                "mov eax,[bx]",               PLAIN },
	{ "67 8b 46 10",             "mov eax,[bp+0x10]",          PLAIN },
	{ "67 8b 06 34 12",          "mov eax,[0x1234]",           PLAIN },
	{ "f3 0f 1e fa",             "endbr64, a nop here",        PLAIN },

	/* sensitive */
	{ "fa",                      "cli",                        PVP_X86_CLI },
	{ "fb",                      "sti",                        PVP_X86_STI },
	{ "f4",                      "hlt",                        PVP_X86_HLT },
	{ "9d",                      "popfd",                      PVP_X86_POPF },
	{ "66 9d",                   "popf",                       PVP_X86_POPF },
	{ "0f 20 d8",                "mov eax,cr3",                PVP_X86_MOV_CR },
	{ "0f 22 e0",                "mov cr4,eax",                PVP_X86_MOV_CR },
	{ "0f 21 f8",                "mov eax,dr7",                PVP_X86_MOV_DR },
	{ "0f 23 c6",                "mov dr0,esi",                PVP_X86_MOV_DR },
	{ "0f 06",                   "clts",                       PVP_X86_CLTS },
	{ "0f 01 f0",                "lmsw ax",                    PVP_X86_LMSW },
	{ "0f 01 e0",                "smsw eax",                   PVP_X86_SMSW },
	{ "0f 32",                   "rdmsr",                      PVP_X86_RDMSR },
	{ "0f 30",                   "wrmsr",                      PVP_X86_WRMSR },
	{ "0f 01 c6",                "wrmsrns",                    PVP_X86_WRMSRNS },
	{ "0f 03 c1",                "lsl eax,ecx",                PVP_X86_LSL },
	{ "f3 0f c7 f8",             "rdpid eax",                  PVP_X86_RDPID },
	{ "0f 33",                   "rdpmc",                      PVP_X86_RDPMC },
	{ "0f 31",                   "rdtsc",                      PVP_X86_RDTSC },
	{ "0f 01 f9",                "rdtscp",                     PVP_X86_RDTSC },
	{ "0f a2",                   "cpuid",                      PVP_X86_CPUID },
	{ "ec",                      "in al,dx",                   PVP_X86_IN },
	{ "66 ed",                   "in ax,dx",                   PVP_X86_IN },
	{ "e6 80",                   "out 0x80,al",                PVP_X86_OUT },
	{ "0f 01 10",                "lgdt [eax]",                 PVP_X86_LGDT },
	{ "0f 01 00",                "sgdt [eax]",                 PVP_X86_SGDT },
	{ "0f 01 18",                "lidt [eax]",                 PVP_X86_LIDT },
	{ "0f 01 08",                "sidt [eax]",                 PVP_X86_SIDT },
	{ "0f 00 d0",                "lldt ax",                    PVP_X86_LLDT },
	{ "0f 00 c0",                "sldt eax",                   PVP_X86_SLDT },
	{ "0f 00 d8",                "ltr ax",                     PVP_X86_LTR },
	{ "0f 00 c8",                "str eax",                    PVP_X86_STR },
	{ "0f 01 38",                "invlpg [eax]",               PVP_X86_INVLPG },
	{ "66 0f 38 82 02",          "invpcid eax,[edx]",          PVP_X86_INVPCID },
	{ "0f 09",                   "wbinvd",                     PVP_X86_WBINVD },
	{ "0f 01 d0",                "xgetbv",                     PVP_X86_XGETBV },
	{ "0f 01 d1",                "xsetbv",                     PVP_X86_XSETBV },
	{ "0f 01 ca",                "clac",                       PVP_X86_CLAC },
	{ "0f 00 e8",                "verw ax",                    PVP_X86_VERW },
	{ "f3 0f b8 c0",             "popcnt eax,eax",             PVP_X86_BIT_COUNT },
	{ "f3 90",                   "pause",                      PVP_X86_PAUSE },
	{ "0f 01 e8",                "serialize",                  PVP_X86_SERIALIZE },
	{ "0f 01 c8",                "monitor",                    PVP_X86_MONITOR },
	{ "0f 01 c9",                "mwait",                      PVP_X86_MWAIT },
	{ "0f 01 ef",                "wrpkru",                     PVP_X86_PKRU },
	{ "66 0f d7 c1",             "pmovmskb eax, xmm1",         PVP_X86_VECTOR },
	{ "2e c6 00 00",             "mov byte ptr cs:[eax], 0",   UNMODELLED },
	{ "2e 8a 00",                "mov al, cs:[eax]",           PLAIN },
	{ "cf",                      "iretd",                      PVP_X86_IRET },
	{ "0f 35",                   "sysexit",                    PVP_X86_SYSRET },
	{ "0f 05",                   "syscall",                    PVP_X86_SYSCALL },
	{ "0f 01 c1",                "vmcall",                     PVP_X86_VMCALL },
	{ "0f 01 d9",                "vmmcall",                    PVP_X86_VMMCALL },
	{ "cc",                      "int3",                       PVP_X86_INT3 },
	{ "0f 0b",                   "ud2",                        PVP_X86_UD },
	{ "0f b9 3a",                "ud1 edi,[edx]",              PVP_X86_UD },
	{ "67 0f b9 3e 34 12",       "ud1 edi,[0x1234]",           PVP_X86_UD },
	{ "67 0f b9 7a 01",          "ud1 edi,[bp+si+1]",          PVP_X86_UD },
	{ "67 0f b9 ba 01 00",       "ud1 edi,[bp+si+1], long",    PVP_X86_UD },
	{ "67 0f b9 3a",             "ud1 edi,[bp+si]",            PVP_X86_UD },
	{ "0f 01 f8",                "swapgs: of 64-bit mode",     PVP_X86_UD },
	{ "0f 0b 78 65 6e 0f a2",    "xen cpuid",                  PVP_X86_XEN_CPUID },
	{ "f0 03 07",                "lock add eax,[edi]",         PVP_X86_UD },

	/* segments */
	{ "8e d8",                   "mov ds,eax",                 PVP_X86_MOV_SEG },
	{ "8c e8",                   "mov eax,gs",                 PVP_X86_MOV_SEG },
	{ "06",                      "push es",                    PVP_X86_MOV_SEG },
	{ "07",                      "pop es",                     PVP_X86_MOV_SEG },
	{ "0e",                      "push cs",                    PVP_X86_MOV_SEG },
	{ "16",                      "push ss",                    PVP_X86_MOV_SEG },
	{ "17",                      "pop ss",                     PVP_X86_MOV_SEG },
	{ "1e",                      "push ds",                    PVP_X86_MOV_SEG },
	{ "1f",                      "pop ds",                     PVP_X86_MOV_SEG },
	{ "0f a0",                   "push fs",                    PVP_X86_MOV_SEG },
	{ "0f a1",                   "pop fs",                     PVP_X86_MOV_SEG },
	{ "0f a8",                   "push gs",                    PVP_X86_MOV_SEG },
	{ "0f a9",                   "pop gs",                     PVP_X86_MOV_SEG },
	{ "66 0f a0",                "push fs, 16 bits",           PVP_X86_MOV_SEG },

	/* Known to the disassembler, and to nobody here. */
	{ "27",                      "daa",                        PLAIN },
	{ "37",                      "aaa",                        PLAIN },
	{ "d4 0a",                   "aam",                        PLAIN },
	{ "d5 0a",                   "aad",                        PLAIN },
	{ "d6",                      "salc",                       UNMODELLED },
	{ "62 07",                   "bound eax,[edi]",            UNMODELLED },
	{ "63 c1",                   "arpl cx,ax",                 UNMODELLED },
	{ "c4 07",                   "les eax,[edi]",              UNMODELLED },
	{ "c5 07",                   "lds eax,[edi]",              UNMODELLED },
	{ "0f b2 24 24",             "lss esp,[esp]",              UNMODELLED },
	{ "0f b4 07",                "lfs eax,[edi]",              UNMODELLED },
	{ "9a 00 00 00 c1 60 00",    "lcall 0x60:0xc1000000",      UNMODELLED },
	{ "ea 00 00 00 c1 60 00",    "ljmp 0x60:0xc1000000",       UNMODELLED },
	{ "ff 18",                   "lcall [eax]",                UNMODELLED },
	{ "ff 28",                   "ljmp [eax]",                 UNMODELLED },
	{ "cb",                      "retf",                       UNMODELLED },
	{ "ce",                      "into",                       UNMODELLED },
	{ "cd 80",                   "int 0x80",                   UNMODELLED },
	{ "66 cf",                   "iret, 16 bits",              UNMODELLED },
	{ "66 60",                   "pushaw",                     UNMODELLED },
	{ "66 61",                   "popaw",                      UNMODELLED },
	{ "67 e3 00",                "jcxz",                       UNMODELLED },
	{ "0f 34",                   "sysenter",                   UNMODELLED },
	{ "6d",                      "insd",                       UNMODELLED },
	{ "db e3",                   "fninit",                     UNMODELLED },
	{ "0f ae 07",                "fxsave [edi]",               UNMODELLED },
	{ "0f c7 f0",                "rdrand eax",                 PVP_X86_RANDOM },
	{ "f2 0f 01 ca",             "erets",                      UNMODELLED },
	{ "f3 0f ae e8",             "incsspd eax",                UNMODELLED },
	{ "f3 0f 09",                "wbnoinvd",                   PVP_X86_WBINVD },
	{ "66 0f ae 3f",             "clflushopt [edi]",           PVP_X86_FLUSH },
	{ "66 0f c8",                "bswap ax",                   UNMODELLED },
	{ "64 26 8b 07",             "fs or es",                   UNMODELLED },
	{ "f2 f3 0f bc c1",          "tzcnt or bsf",               UNMODELLED },
	{ "c5 f8 77",                "vzeroupper",                 UNMODELLED },

	/* 66 on a near branch cuts eip to 16 bits: displacements are 2 bytes. */
	{ "66 e8 00 00",             "call, 16 bits",              UNMODELLED },
	{ "66 e9 00 00",             "jmp, 16 bits",               UNMODELLED },
	{ "66 0f 84 00 00",          "je, 16 bits",                UNMODELLED },
	{ "66 eb 00",                "jmp short, 16 bits",         UNMODELLED },
	{ "66 74 00",                "je short, 16 bits",          PLAIN },
	{ "66 66 7f 10",             "jg short, 16 bits",          PLAIN },
	{ "66 c3",                   "ret, 16 bits",               UNMODELLED },
	{ "66 ff d0",                "call ax",                    UNMODELLED },
	{ "67 66 ff 16 34 12",       "call [0x1234], 16 bits",     UNMODELLED },
};

/* Lengths 1 to 9 by kernels: the 5.10 tables for CPUs without a long nop (K7, Intel's of old), and
 * 0f 1f.  Source: asm/nops.h of Linux 5.10, facts only. */
static const char *const nops[] = {
	"90",
	"66 90",
	"89 f6",                   /* mov esi,esi */
	"8b c0",                   /* mov eax,eax */
	"8d 76 00",                /* lea esi,[esi+0] */
	"8d 74 26 00",             /* lea esi,[esi+eiz+0] */
	"3e 8d 74 26 00",
	"8d b6 00 00 00 00",
	"8d b4 26 00 00 00 00",
	"3e 8d b4 26 00 00 00 00",
	"8d 04 20",                /* lea eax,[eax+eiz] */
	"8d 44 20 00",
	"8d 80 00 00 00 00",
	"8d 04 05 00 00 00 00",    /* lea eax,[eax*1+0] */
	"66 67 8d 74 00",          /* lea si,[si+0] */
	"0f 1f 00",
	"0f 1f 44 00 00",
	"66 0f 1f 84 00 00 00 00 00",
	"0f 1f c0",
};

/* What looks like one. */
static const char *const no_nops[] = {
	"89 f7",                   /* mov edi,esi */
	"8d 76 01",                /* lea esi,[esi+1] */
	"8d 77 00",                /* lea esi,[edi+0] */
	"8d 34 36",                /* lea esi,[esi+esi] */
	"8d 34 75 00 00 00 00",    /* lea esi,[esi*2] */
	"67 8d 74 00",             /* lea esi,[si+0]: clears the upper half */
	"66 8d 76 00",             /* lea si,[esi+0], which could be one */
	"8d 35 00 00 00 00",       /* lea esi,[0] */
	"8b 36",                   /* mov esi,[esi] */
	"8e c0",                   /* mov es,eax */
	"0f 20 c0",                /* mov eax,cr0 */
	"87 f7",                   /* xchg edi,esi */
	"01 f6",                   /* add esi,esi */
};
// clang-format on

START_TEST(encoding)
{
	struct pvp_x86_insn insn;
	const char *text = encodings[_i].text;
	size_t len = decode(encodings[_i].bytes, &insn);
	int class = encodings[_i].class;

	ck_assert_msg(insn.class == class, "%s: %s, expected %s", text,
		      pvp_x86_class_name(insn.class), pvp_x86_class_name(class));
	ck_assert_msg(insn.len == len, "%s: %u bytes, expected %zu", text, insn.len, len);
	ck_assert_msg(insn.text[0], "%s: no text", text);
}
END_TEST

START_TEST(every_class_has_a_row)
{
	for (int class = PVP_X86_PLAIN; class < PVP_X86_NR_CLASSES; class ++) {
		/* The client's; of 64-bit mode only. */
		bool seen = class == PVP_X86_SPECIAL || class == PVP_X86_AHEAD ||
			    class == PVP_X86_SWAPGS || class == PVP_X86_LKGS || class == PVP_X86_FSGSBASE;

		for (size_t i = 0; i < ARRAY_SIZE(encodings); i++)
			seen |= encodings[i].class == class;
		ck_assert_msg(seen, "no row of class %s", pvp_x86_class_name(class));
	}
}
END_TEST

START_TEST(nop)
{
	struct pvp_x86_insn insn;
	size_t len = decode(nops[_i], &insn);

	ck_assert_msg(insn.nop && insn.class == PLAIN, "%s: %s", nops[_i], insn.text);
	ck_assert_msg(insn.len == len, "%s: %u bytes", nops[_i], insn.len);
}
END_TEST

START_TEST(no_nop)
{
	struct pvp_x86_insn insn;
	size_t len = decode(no_nops[_i], &insn);

	ck_assert_msg(!insn.nop, "%s: %s", no_nops[_i], insn.text);
	ck_assert_msg(insn.len == len, "%s: %u bytes", no_nops[_i], insn.len);
}
END_TEST

#define NO_REG PVP_X86_NR_STATE

/* Memory operands, of the operand that is one. */
static const struct {
	const char *bytes;
	uint8_t address_size, base, index, scale;
	int64_t disp;
	uint8_t segment_base;
} operands[] = {
	/* lgdt [0xc1001000]: no base, no rip */
	{ "0f 01 15 00 10 00 c1", 4, NO_REG, NO_REG, 1, 0xc1001000, NO_REG },
	/* invlpg fs:[eax+edx*8-4] */
	{ "64 0f 01 7c d0 fc", 4, PVP_X86_rax, PVP_X86_rdx, 8, -4, PVP_X86_fs_base },
	/* mov gs:[ebp+0x12345678],ds */
	{ "65 8c 9d 78 56 34 12", 4, PVP_X86_rbp, NO_REG, 1, 0x12345678, PVP_X86_gs_base },
	/* popcnt eax,cs:[esp] */
	{ "2e f3 0f b8 04 24", 4, PVP_X86_rsp, NO_REG, 1, 0, NO_REG },
	/* sidt [bx+si-2] */
	{ "67 0f 01 48 fe", 2, PVP_X86_rbx, PVP_X86_rsi, 1, -2, NO_REG },
	/* lidt [bp+0x1234] */
	{ "67 0f 01 9e 34 12", 2, PVP_X86_rbp, NO_REG, 1, 0x1234, NO_REG },
};

START_TEST(operand)
{
	const struct pvp_x86_operand *op;
	struct pvp_x86_insn insn;
	size_t len = decode(operands[_i].bytes, &insn);

	op = insn.op[0].kind == PVP_X86_MEM ? &insn.op[0] : &insn.op[1];
	ck_assert_uint_eq(insn.len, len);
	ck_assert_msg(op->kind == PVP_X86_MEM && op->address_size == operands[_i].address_size &&
			      op->base == operands[_i].base && op->index == operands[_i].index &&
			      (op->index == NO_REG || op->scale == operands[_i].scale) &&
			      (uint32_t)op->disp == (uint32_t)operands[_i].disp &&
			      op->segment_base == operands[_i].segment_base,
		      "%s: %u bytes base %u index %u scale %u disp %#lx segment %u", insn.text,
		      op->address_size, op->base, op->index, op->scale, (long)op->disp,
		      op->segment_base);
}
END_TEST

static const struct {
	const char *bytes;
	uint8_t size;
} operand_sizes[] = {
	{ "9d", 4 }, { "66 9d", 2 }, { "f3 66 9d", 2 }, { "cf", 4 }, { "66 48", 2 }, { "48", 4 },
};

START_TEST(operand_size)
{
	struct pvp_x86_insn insn;

	decode(operand_sizes[_i].bytes, &insn);
	ck_assert_msg(insn.operand_size == operand_sizes[_i].size, "%s: %u",
		      operand_sizes[_i].bytes, insn.operand_size);
}
END_TEST

/* Instructions cut short are not decoded, and nothing is read behind them (ASan's part). */
START_TEST(truncated)
{
	struct pvp_x86_insn insn;
	uint8_t bytes[16], *exact;
	size_t len = pvp_test_hex(encodings[_i].bytes, bytes, sizeof(bytes));

	for (size_t nr = 0; nr < len; nr++) {
		exact = malloc(nr ? nr : 1);
		memcpy(exact, bytes, nr);
		pvp_x86_decode(decoder, exact, nr, 0, &insn);
		free(exact);
		ck_assert_msg(insn.len <= nr, "%s: %u bytes of %zu", encodings[_i].text, insn.len,
			      nr);
		ck_assert_msg(insn.len || insn.class == UNMODELLED, "%s cut to %zu: %s",
			      encodings[_i].text, nr, pvp_x86_class_name(insn.class));
	}
}
END_TEST

START_TEST(random_bytes)
{
	for (uint64_t i = 0; i < 50000; i++) {
		struct pvp_x86_insn insn;
		uint8_t bytes[16];
		uint64_t words[2] = { pvp_mix(_i, 2 * i), pvp_mix(_i, 2 * i + 1) };

		memcpy(bytes, words, sizeof(bytes));
		if (_i == 1) /* most two-byte opcodes are rare in random bytes */
			bytes[0] = 0x0f;
		pvp_x86_decode(decoder, bytes, sizeof(bytes), 0, &insn);
		ck_assert(insn.len <= 15);
		ck_assert(insn.class < PVP_X86_NR_CLASSES && insn.class != PVP_X86_UNSEEN);
		ck_assert(insn.len || insn.class == UNMODELLED);
		ck_assert(!insn.nop || insn.class == PLAIN);
		ck_assert(insn.text[0]);
	}
}
END_TEST

Suite *i386_decode_suite(void)
{
	Suite *suite = suite_create("i386_decode");
	TCase *tc = tcase_create("classes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, encoding, 0, ARRAY_SIZE(encodings));
	tcase_add_test(tc, every_class_has_a_row);
	tcase_add_loop_test(tc, nop, 0, ARRAY_SIZE(nops));
	tcase_add_loop_test(tc, no_nop, 0, ARRAY_SIZE(no_nops));
	tcase_add_loop_test(tc, operand, 0, ARRAY_SIZE(operands));
	tcase_add_loop_test(tc, operand_size, 0, ARRAY_SIZE(operand_sizes));
	suite_add_tcase(suite, tc);

	tc = tcase_create("hostile");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, truncated, 0, ARRAY_SIZE(encodings));
	tcase_add_loop_test(tc, random_bytes, 0, 2);
	suite_add_tcase(suite, tc);
	return suite;
}
