// SPDX-License-Identifier: GPL-2.0-only
/* test_decode.c - what is plain, what is sensitive, what nobody knows; lengths and operands. */
#include <check.h>

#include "check_helpers.h"
#include "machine.h"
#include "small_machine.h"
#include "suites.h"
#include "x86/decode.h"

static struct pvp_x86_decoder *decoder;

static void setup(void)
{
	pvp_ck_ok(pvp_x86_decoder_create(PVP_ISA_AMD64, &decoder));
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
	pvp_x86_decode(decoder, bytes, sizeof(bytes), 0xffffffff81000000, ret);
	return nr;
}

#define PLAIN	   PVP_X86_PLAIN
#define UNMODELLED PVP_X86_UNMODELLED

// clang-format off
/* Encodings with their disassembly and class. */
static const struct {
	const char *bytes, *text;
	int class;
} encodings[] = {
	/* plain */
	{ "48 89 07",                "mov [rdi],rax",              PLAIN },
	{ "e8 00 00 00 00",          "call",                       PLAIN },
	{ "2e e8 00 00 00 00",       "cs call",                    PLAIN },
	{ "f2 e8 00 00 00 00",       "bnd call",                   PLAIN },
	{ "ff 14 25 00 10 00 80",    "call [0x..80001000]",        PLAIN },
	{ "3e ff e0",                "notrack jmp rax",            PLAIN },
	{ "ff 20",                   "jmp [rax]",                  PLAIN },
	{ "c3",                      "ret",                        PLAIN },
	{ "f3 c3",                   "rep ret",                    PLAIN },
	{ "f3 0f 1e fa",             "endbr64",                    PLAIN },
	{ "9c",                      "pushfq",                     PLAIN },
	{ "66 50",                   "push ax",                    PLAIN },
	{ "f0 48 0f b1 0f",          "lock cmpxchg [rdi],rcx",     PLAIN },
	{ "f0 48 0f c7 0f",          "lock cmpxchg16b [rdi]",      PLAIN },
	{ "f0 87 07",                "lock xchg [rdi],eax",        PLAIN },
	{ "f2 0f 85 00 00 00 00",    "bnd jne",                    PLAIN },
	{ "0f bc c1",                "bsf eax,ecx",                PLAIN },
	{ "0f ae e8",                "lfence",                     PLAIN },
	{ "0f ae f0",                "mfence",                     PLAIN },
	{ "0f ae f8",                "sfence",                     PLAIN },
	{ "0f ae 3f",                "clflush [rdi]",              PVP_X86_FLUSH },
	{ "41 90",                   "xchg r8d,eax",               PLAIN },
	{ "49 90",                   "xchg r8,rax",                PLAIN },
	{ "f3 41 90",                "xchg r8d,eax, no pause",     PLAIN },

	/* One mnemonic, two instructions: strings are plain, SSE is not. */
	{ "a5",                      "movsd (string)",             PLAIN },
	{ "f3 a5",                   "rep movsd (string)",         PLAIN },
	{ "48 a5",                   "movsq",                      PLAIN },
	{ "a7",                      "cmpsd (string)",             PLAIN },
	{ "f2 0f 10 07",             "movsd xmm0,[rdi]",           UNMODELLED },
	{ "f2 0f 11 07",             "movsd [rdi],xmm0",           UNMODELLED },
	{ "f2 0f c2 c1 00",          "cmpeqsd xmm0,xmm1",          UNMODELLED },

	/* sensitive */
	{ "fa",                      "cli",                        PVP_X86_CLI },
	{ "fb",                      "sti",                        PVP_X86_STI },
	{ "f4",                      "hlt",                        PVP_X86_HLT },
	{ "9d",                      "popfq",                      PVP_X86_POPF },
	{ "66 9d",                   "popfw",                      PVP_X86_POPF },
	{ "0f 20 d8",                "mov rax,cr3",                PVP_X86_MOV_CR },
	{ "0f 22 d8",                "mov cr3,rax",                PVP_X86_MOV_CR },
	{ "44 0f 20 c0",             "mov rax,cr8",                PVP_X86_MOV_CR },
	{ "41 0f 22 e7",             "mov cr4,r15",                PVP_X86_MOV_CR },
	{ "0f 21 f8",                "mov rax,dr7",                PVP_X86_MOV_DR },
	{ "0f 23 f8",                "mov dr7,rax",                PVP_X86_MOV_DR },
	{ "0f 06",                   "clts",                       PVP_X86_CLTS },
	{ "0f 01 f0",                "lmsw ax",                    PVP_X86_LMSW },
	{ "48 0f 01 e0",             "smsw rax",                   PVP_X86_SMSW },
	{ "0f 32",                   "rdmsr",                      PVP_X86_RDMSR },
	{ "0f 30",                   "wrmsr",                      PVP_X86_WRMSR },
	{ "0f 33",                   "rdpmc",                      PVP_X86_RDPMC },
	{ "0f 31",                   "rdtsc",                      PVP_X86_RDTSC },
	{ "0f 01 f9",                "rdtscp",                     PVP_X86_RDTSC },
	{ "0f a2",                   "cpuid",                      PVP_X86_CPUID },
	{ "e4 70",                   "in al,0x70",                 PVP_X86_IN },
	{ "66 ed",                   "in ax,dx",                   PVP_X86_IN },
	{ "e7 80",                   "out 0x80,eax",               PVP_X86_OUT },
	{ "0f 01 17",                "lgdt [rdi]",                 PVP_X86_LGDT },
	{ "0f 01 07",                "sgdt [rdi]",                 PVP_X86_SGDT },
	{ "0f 01 1f",                "lidt [rdi]",                 PVP_X86_LIDT },
	{ "0f 01 0f",                "sidt [rdi]",                 PVP_X86_SIDT },
	{ "0f 00 d0",                "lldt ax",                    PVP_X86_LLDT },
	{ "0f 00 c0",                "sldt eax",                   PVP_X86_SLDT },
	{ "0f 00 d8",                "ltr ax",                     PVP_X86_LTR },
	{ "48 0f 00 c8",             "str rax",                    PVP_X86_STR },
	{ "0f 01 3f",                "invlpg [rdi]",               PVP_X86_INVLPG },
	{ "66 0f 38 82 07",          "invpcid rax,[rdi]",          PVP_X86_INVPCID },
	{ "0f 09",                   "wbinvd",                     PVP_X86_WBINVD },
	{ "0f 01 f8",                "swapgs",                     PVP_X86_SWAPGS },
	{ "f2 0f 00 f7",             "lkgs",                       PVP_X86_LKGS },
	{ "f2 41 0f 00 f7",          "lkgs",                       PVP_X86_LKGS },
	{ "f2 f0 0f 00 f7",          "lkgs",                       PVP_X86_UD },
	{ "f3 48 0f ae c0",          "rdfsbase rax",               PVP_X86_FSGSBASE },
	{ "f3 0f ae d8",             "wrgsbase eax",               PVP_X86_FSGSBASE },
	{ "0f 01 d0",                "xgetbv",                     PVP_X86_XGETBV },
	{ "0f 01 d1",                "xsetbv",                     PVP_X86_XSETBV },
	{ "0f 01 ca",                "clac",                       PVP_X86_CLAC },
	{ "0f 01 cb",                "stac",                       PVP_X86_CLAC },
	{ "0f 01 e8",                "serialize",                  PVP_X86_SERIALIZE },
	{ "0f 00 2f",                "verw [rdi]",                 PVP_X86_VERW },
	{ "0f 00 e1",                "verr cx",                    PVP_X86_VERW },
	{ "0f 03 c0",                "lsl eax,eax",                PVP_X86_LSL },
	{ "0f 02 07",                "lar eax,[rdi]",              PVP_X86_LSL },
	{ "f3 0f c7 f8",             "rdpid rax",                  PVP_X86_RDPID },
	{ "0f 01 c6",                "wrmsrns",                    PVP_X86_WRMSRNS },
	{ "8e d8",                   "mov ds,eax",                 PVP_X86_MOV_SEG },
	{ "8c 07",                   "mov [rdi],es",               PVP_X86_MOV_SEG },
	{ "48 8c e8",                "mov rax,gs",                 PVP_X86_MOV_SEG },
	{ "f3 48 0f b8 c1",          "popcnt rax,rcx",             PVP_X86_BIT_COUNT },
	{ "f3 0f bc c1",             "tzcnt eax,ecx",              PVP_X86_BIT_COUNT },
	{ "66 f3 0f bd c1",          "lzcnt ax,cx",                PVP_X86_BIT_COUNT },
	{ "f3 90",                   "pause",                      PVP_X86_PAUSE },
	{ "48 cf",                   "iretq",                      PVP_X86_IRET },
	{ "48 0f 07",                "sysretq",                    PVP_X86_SYSRET },
	{ "0f 05",                   "syscall",                    PVP_X86_SYSCALL },
	{ "0f 01 c1",                "vmcall",                     PVP_X86_VMCALL },
	{ "0f 01 d9",                "vmmcall",                    PVP_X86_VMMCALL },
	{ "cc",                      "int3",                       PVP_X86_INT3 },
	{ "0f 0b",                   "ud2",                        PVP_X86_UD },
	{ "66 0f 0b",                "ud2 with a prefix",          PVP_X86_UD },
	{ "0f b9 3a",                "ud1 edi,[rdx]",              PVP_X86_UD },
	{ "67 48 0f b9 3a",          "ud1 rdi,[edx]: 7.2's WARN",  PVP_X86_UD },
	{ "0f b9 84 24 00 10 00 00", "ud1 eax,[rsp+0x1000]",       PVP_X86_UD },
	{ "0f ff c0",                "ud0 eax,eax",                PVP_X86_UD },
	{ "0f 0b 78 65 6e 0f a2",    "xen cpuid",                  PVP_X86_XEN_CPUID },

	/* Prefixes and opcodes that make another instruction of it, which the engine may run as
	 * the one it knows. */
	{ "f2 0f 01 ca",             "erets, run as clac",         UNMODELLED },
	{ "f3 0f 01 ca",             "eretu, run as clac",         UNMODELLED },
	{ "f3 0f 09",                "wbnoinvd",                   PVP_X86_WBINVD },
	{ "0f 08",                   "invd: wbinvd without wb",    UNMODELLED },
	{ "f3 0f 01 d9",             "vmgexit",                    UNMODELLED },
	{ "f2 0f 01 d9",             "vmgexit",                    UNMODELLED },
	{ "f3 0f c7 f0",             "senduipi rax",               UNMODELLED },
	{ "f3 48 0f ae e8",          "incsspq rax, run as lfence", UNMODELLED },
	{ "3e f3 48 0f ae e8",       "incsspq behind a segment",   UNMODELLED },
	{ "67 f3 0f ae f0",          "umonitor eax",               UNMODELLED },
	{ "f2 0f ae f0",             "umwait eax",                 UNMODELLED },
	{ "66 0f ae f0",             "tpause eax",                 UNMODELLED },
	{ "f3 0f ae 27",             "ptwrite [rdi]",              UNMODELLED },
	{ "66 0f ae 3f",             "clflushopt [rdi]",           PVP_X86_FLUSH },
	{ "66 0f ae 37",             "clwb [rdi]",                 PVP_X86_FLUSH },
	{ "66 0f 01 cf",             "seamcall",                   UNMODELLED },
	{ "f2 0f 00 c0",             "lkgs' group",                UNMODELLED },
	{ "f2 f3 0f bc c1",          "tzcnt or bsf",               UNMODELLED },
	{ "f3 f2 0f bc c1",          "bsf or tzcnt",               UNMODELLED },
	{ "48 66 05 00 00",          "REX that does not count",    UNMODELLED },
	{ "f0 03 07",                "lock add eax,[rdi]",         PVP_X86_UD },
	{ "64 2e 8b 07",             "fs or nothing",              UNMODELLED },
	{ "66 0f c8",                "bswap ax: undefined",        UNMODELLED },

	/* Known to the disassembler, of no concern to kernels at a pv site, or not to be run. */
	{ "0f a0",                   "push fs",                    UNMODELLED },
	{ "0f a9",                   "pop gs",                     UNMODELLED },
	{ "ff 18",                   "lcall [rax]",                UNMODELLED },
	{ "ff 28",                   "ljmp [rax]",                 UNMODELLED },
	{ "cb",                      "retf",                       UNMODELLED },
	{ "cd 80",                   "int 0x80",                   UNMODELLED },
	{ "f1",                      "int1",                       UNMODELLED },
	{ "66 cf",                   "iretw",                      UNMODELLED },
	{ "0f 34",                   "sysenter",                   UNMODELLED },
	{ "0f 35",                   "sysexit",                    PVP_X86_SYSRET },
	{ "6c",                      "insb",                       UNMODELLED },
	{ "6e",                      "outsb",                      UNMODELLED },
	{ "0f 01 c8",                "monitor",                    PVP_X86_MONITOR },
	{ "0f 01 c9",                "mwait",                      PVP_X86_MWAIT },
	{ "0f 50 c3",                "movmskps eax, xmm3",         PVP_X86_VECTOR },
	{ "0f 01 ee",                "rdpkru",                     PVP_X86_PKRU },
	{ "f0 f6 ff",                "lock idiv bh",               PVP_X86_UD },
	{ "f0 90",                   "lock nop",                   PVP_X86_UD },
	{ "f0 0f c8",                "lock bswap eax",             PVP_X86_UD },
	{ "f0 48 8b 07",             "lock mov",                   PVP_X86_UD },
	{ "f0 fa",                   "lock cli",                   PVP_X86_UD },
	{ "0f 01 d4",                "vmfunc",                     UNMODELLED },
	{ "0f 01 d8",                "vmrun",                      UNMODELLED },
	{ "0f 01 c2",                "vmlaunch",                   UNMODELLED },
	{ "0f c7 f0",                "rdrand eax",                 PVP_X86_RANDOM },
	{ "0f ae 07",                "fxsave [rdi]",               UNMODELLED },
	{ "0f 77",                   "emms",                       UNMODELLED },
	{ "d9 c0",                   "fld st0",                    UNMODELLED },
	{ "c5 f8 77",                "vzeroupper",                 UNMODELLED },
	{ "62 f1 7c 48 28 c0",       "vmovaps zmm0,zmm0",          UNMODELLED },
	{ "66 0f ef c0",             "pxor xmm0,xmm0",             UNMODELLED },
	{ "48 0f c7 27",             "xsavec64 [rdi]",             UNMODELLED },

	/* 66 on a near branch: the length is Intel's, not Capstone's and the engine's. */
	{ "66 e8 00 00 00 00",       "data16 call",                UNMODELLED },
	{ "66 e9 00 00 00 00",       "data16 jmp",                 UNMODELLED },
	{ "66 0f 84 00 00 00 00",    "data16 je",                  UNMODELLED },
	{ "66 eb 00",                "data16 jmp short",           UNMODELLED },
	{ "66 74 00",                "data16 je short",            PLAIN },
	{ "66 c3",                   "data16 ret",                 UNMODELLED },
	{ "66 c2 08 00",             "data16 ret 8",               UNMODELLED },
	{ "66 ff d0",                "data16 call rax",            UNMODELLED },
	{ "66 ff 25 00 00 00 00",    "data16 jmp [rip]",           UNMODELLED },
	{ "2e 66 e8 00 00 00 00",    "cs data16 call",             UNMODELLED },
	{ "66 66 e8 00 00 00 00",    "data16 data16 call",         UNMODELLED },
	{ "66 48 e8 00 00 00 00",    "data16 rex.w call",          PLAIN },
	{ "66 66 48 e8 00 00 00 00", "data16 data16 rex.w call",   PLAIN },

};

/* Not decoded by the disassembler, so unmodelled and without a length. */
static const struct {
	const char *bytes, *text;
} undecoded[] = {
	{ "f2 0f 01 c6",             "rdmsrlist" },
	{ "f2 0f 00 37",             "lkgs [rdi]" },
	{ "66 0f 01 cc",             "tdcall" },
	{ "f3 48 0f 1e c8",          "rdsspq rax" },
	{ "f2 0f 01 ff",             "pvalidate" },
	{ "f0 0f 20 c0",             "lock mov eax,cr0" },
	{ "06",                      "push es" },
	{ "d5 18 90",                "REX2" },
	{ "0f 01 fd",                "rdpru" },
};
// clang-format on

START_TEST(encoding)
{
	struct pvp_x86_insn insn;
	size_t len = decode(encodings[_i].bytes, &insn);
	const char *text = encodings[_i].text;

	ck_assert_msg(insn.class == encodings[_i].class, "%s: %s, expected %s", text,
		      pvp_x86_class_name(insn.class), pvp_x86_class_name(encodings[_i].class));
	ck_assert_msg(insn.len == len, "%s: %u bytes, expected %zu", text, insn.len, len);
	ck_assert_msg(!insn.nop, "%s: no NOP", text);
	ck_assert_msg(insn.text[0], "%s: no text", text);
	ck_assert_uint_eq(insn.addr, 0xffffffff81000000);
}
END_TEST

START_TEST(not_decoded)
{
	struct pvp_x86_insn insn;

	decode(undecoded[_i].bytes, &insn);
	ck_assert_msg(insn.class == UNMODELLED && !insn.len && !insn.nop && insn.text[0],
		      "%s: %s, %u bytes", undecoded[_i].text, pvp_x86_class_name(insn.class),
		      insn.len);
}
END_TEST

START_TEST(every_class_has_a_row)
{
	for (int class = PVP_X86_PLAIN; class < PVP_X86_NR_CLASSES; class ++) {
		/* the client's, and the machine's: not the decoder's */
		bool seen = class == PVP_X86_SPECIAL || class == PVP_X86_AHEAD;

		for (size_t i = 0; i < ARRAY_SIZE(encodings); i++)
			seen |= encodings[i].class == class;
		ck_assert_msg(seen, "no row of class %s", pvp_x86_class_name(class));
	}
}
END_TEST

/* Lengths 1 to 9 as the manual recommends them (Intel SDM vol. 2, NOP), and what else does nothing.
 */
static const char *const nops[] = {
	"90",
	"66 90",
	"0f 1f 00",
	"0f 1f 40 00",
	"0f 1f 44 00 00",
	"66 0f 1f 44 00 00",
	"0f 1f 80 00 00 00 00",
	"0f 1f 84 00 00 00 00 00",
	"66 0f 1f 84 00 00 00 00 00",
	"66 2e 0f 1f 84 00 00 00 00 00",
	"66 66 2e 0f 1f 84 00 00 00 00 00",
	"0f 1f 40 cc",
	"48 90",       /* xchg rax,rax */
	"0f 1f c0",    /* nop eax */
	"66 0f 1f c1", /* nop cx */
	"66 66 90",
	"3e 0f 1f 44 00 00",
};

START_TEST(nop)
{
	struct pvp_x86_insn insn;
	size_t len = decode(nops[_i], &insn);

	ck_assert_msg(insn.nop && insn.class == PVP_X86_PLAIN, "%s: %s", nops[_i], insn.text);
	ck_assert_msg(insn.len == len, "%s: %u bytes", nops[_i], insn.len);
}
END_TEST

static const struct {
	const char *bytes;
	struct pvp_x86_operand op[2];
} operands[] = {
#define REG(r, bytes)                                                                              \
	{                                                                                          \
		.kind = PVP_X86_REG, .size = bytes, .reg = PVP_X86_##r                             \
	}
#define OTHER(nr)                                                                                  \
	{                                                                                          \
		.kind = PVP_X86_OTHER, .number = nr                                                \
	}
#define NO_REG PVP_X86_NR_STATE
#define MEM(bytes, b, i, s, d, seg, a32)                                                           \
	{                                                                                          \
		.kind = PVP_X86_MEM, .size = bytes, .base = b, .index = i, .scale = s, .disp = d,  \
		.segment_base = seg, .address_size = a32 ? 4 : 8                                              \
	}
	/* mov cr8,r9 */
	{ "45 0f 22 c1", { OTHER(8), REG(r9, 8) } },
	/* mov rsi,dr6 */
	{ "0f 21 f6", { REG(rsi, 8), OTHER(6) } },
	/* mov gs,word [rbx+rcx*4-8] */
	{ "8e 6c 8b f8", { OTHER(5), MEM(2, PVP_X86_rbx, PVP_X86_rcx, 4, -8, NO_REG, false) } },
	/* popcnt r10w,gs:[r13+0x12345678] */
	{ "66 65 f3 45 0f b8 95 78 56 34 12",
	  { REG(r10, 2), MEM(2, PVP_X86_r13, NO_REG, 1, 0x12345678, PVP_X86_gs_base, false) } },
	/* lgdt [rip-16] */
	{ "0f 01 15 f0 ff ff ff", { MEM(10, PVP_X86_rip, NO_REG, 1, -16, NO_REG, false) } },
	/* invlpg fs:[eax+edx] */
	{ "64 67 0f 01 3c 10", { MEM(1, PVP_X86_rax, PVP_X86_rdx, 1, 0, PVP_X86_fs_base, true) } },
	/* sgdt [0xfffffffff0000000]: no base, no index */
	{ "0f 01 04 25 00 00 00 f0", { MEM(10, NO_REG, NO_REG, 1, -0x10000000, NO_REG, false) } },
	/* in al,0xff */
	{ "e4 ff", { REG(rax, 1), { .kind = PVP_X86_IMM, .imm = 0xff } } },
	/* smsw r15d */
	{ "41 0f 01 e7", { REG(r15, 4) } },
	/* invpcid r8,[rsp] */
	{ "66 44 0f 38 82 04 24",
	  { REG(r8, 8), MEM(16, PVP_X86_rsp, NO_REG, 1, 0, NO_REG, false) } },
};

START_TEST(operand)
{
	struct pvp_x86_insn insn;

	decode(operands[_i].bytes, &insn);
	for (int k = 0; k < 2; k++) {
		const struct pvp_x86_operand *got = &insn.op[k], *want = &operands[_i].op[k];

		ck_assert_msg(got->kind == want->kind, "%s: kind %d", insn.text, got->kind);
		ck_assert_msg(want->kind != PVP_X86_REG ||
				      (got->reg == want->reg && got->shift == want->shift),
			      "%s: operand %d is register %u", insn.text, k, got->reg);
		ck_assert_msg(got->number == want->number, "%s: number %u", insn.text, got->number);
		ck_assert_msg(!want->size || want->kind == PVP_X86_MEM || got->size == want->size,
			      "%s: operand %d has %u bytes", insn.text, k, got->size);
		ck_assert_msg(want->kind != PVP_X86_IMM || (got->imm & 0xff) == want->imm,
			      "%s: immediate %#lx", insn.text, (unsigned long)got->imm);
		ck_assert_msg(want->kind != PVP_X86_MEM ||
				      (got->base == want->base && got->index == want->index &&
				       (got->index == NO_REG || got->scale == want->scale) &&
				       got->disp == want->disp &&
				       got->segment_base == want->segment_base &&
				       got->address_size == want->address_size),
			      "%s: operand %d: base %u index %u scale %u disp %#lx segment %u",
			      insn.text, k, got->base, got->index, got->scale, (long)got->disp,
			      got->segment_base);
	}
}
END_TEST

static const struct {
	const char *bytes;
	uint8_t size;
} operand_sizes[] = {
	{ "9d", 4 },	   { "66 9d", 2 },    { "48 9d", 8 },	 { "66 48 9d", 8 },
	{ "f3 66 9d", 2 }, { "2e 66 9d", 2 }, { "66 41 9d", 2 }, { "0f 01 e0", 4 },
};

START_TEST(operand_size)
{
	struct pvp_x86_insn insn;

	decode(operand_sizes[_i].bytes, &insn);
	ck_assert_msg(insn.operand_size == operand_sizes[_i].size, "%s: %u",
		      operand_sizes[_i].bytes, insn.operand_size);
}
END_TEST

/* Not modelled, but certain to change what no pv operation does. */
static const struct {
	const char *bytes;
	bool foreign;
} foreigners[] = {
	{"0f 58 c1", true},  /* addps */
	{"0f 28 c0", false}, /* movaps to itself */
	{"0f db ed", false}, /* pand with itself */
	{"0f 62 ed", true},  /* punpckldq with itself */
	{"cb", true},	     /* retf */
	{"ca 08 00", true},
	{"cd 80", true}, /* int */
	{"f1", true},
	{"de f6", true},  /* fdivp */
	{"d8 d1", false}, /* fcom */
	{"df 0f", true},  /* fisttp */
	{"d9 38", false}, /* fnstcw */
	{"db e3", true},  /* fninit */
	{"df e0", false}, /* fnstsw ax */
	{"0f a8", true},  /* push gs */
	{"0f a1", true},  /* pop fs */
	{"0f a2", false}, /* cpuid */
	{"0f 08", true},  /* invd */
	{"df c4", true},  /* ffreep */
	{"c5 e8 c6 c3 ff", true},  /* vshufps */
	{"c4 e1 68 58 c3", true},  /* vaddps */
	{"c5 f8 28 c0", false},	   /* vmovaps to itself */
	{"c5 f8 77", true},	   /* vzeroupper */
	{"0f 77", true},	   /* emms */
	{"0f 37", true},	   /* getsec */
	{"9b", true},		   /* fwait */
	{"0f d7 c0", true},	   /* pmovmskb eax,mm0 */
	{"66 0f d7 c0", false},	   /* pmovmskb eax,xmm0 */
	{"c5 f8 2e c1", false},	   /* vucomiss */
	{"c4 e2 68 f2 c3", false}, /* andn */
	{"de d9", true},  /* fcompp */
	{"dd e1", false}, /* fucom */
	{"d9 e8", true},  /* fld1 */
	{"d9 fe", true},  /* fsin */
	{"d9 e4", false}, /* ftst */
	/* call, ret, jne with 66: AMD's processors go below 64 KiB, where the branch is taken */
	{"66 e8 00 00 00 00", true},
	{"66 c3", true},
	{"66 ff d0", true},
	{"66 75 00", false},
	{"66 48 e8 00 00 00 00", false}, /* rex.w is stronger */
};

START_TEST(foreign)
{
	struct pvp_x86_insn insn;

	decode(foreigners[_i].bytes, &insn);
	ck_assert_msg(insn.foreign == foreigners[_i].foreign, "%s (%s)", foreigners[_i].bytes,
		      insn.text);
}
END_TEST

/* Instructions cut short are not decoded, and nothing is read behind them (ASan's part). */
START_TEST(truncated)
{
	struct pvp_x86_insn insn;
	uint8_t bytes[16], *exact;
	size_t len;

	len = pvp_test_hex(encodings[_i].bytes, bytes, sizeof(bytes));
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

/* Whatever the bytes: a length within them, a text, and nothing without a length that is known. */
START_TEST(random_bytes)
{
	for (uint64_t i = 0; i < 50000; i++) {
		struct pvp_x86_insn insn;
		uint8_t bytes[16];
		uint64_t words[2] = { pvp_mix(_i, 2 * i), pvp_mix(_i, 2 * i + 1) };

		memcpy(bytes, words, sizeof(bytes));
		if (_i == 1) /* most two-byte opcodes are rare in random bytes */
			bytes[0] = 0x0f;
		if (_i == 2)
			bytes[1] = 0x0f;
		pvp_x86_decode(decoder, bytes, sizeof(bytes), 0, &insn);
		ck_assert(insn.len <= 15);
		ck_assert(insn.class < PVP_X86_NR_CLASSES && insn.class != PVP_X86_UNSEEN);
		ck_assert(insn.len || insn.class == UNMODELLED);
		ck_assert(!insn.nop || insn.class == PLAIN);
		ck_assert(insn.text[0]);
	}
}
END_TEST

START_TEST(rule_names)
{
	ck_assert(pvp_machine_rule_known("cli"));
	ck_assert(pvp_machine_rule_known("xen-cpuid"));
	ck_assert(pvp_machine_rule_known("bit-count"));
	ck_assert(!pvp_machine_rule_known("plain"));
	ck_assert(!pvp_machine_rule_known("unmodelled"));
	ck_assert(!pvp_machine_rule_known("CLI"));
	ck_assert(!pvp_machine_rule_known(""));
}
END_TEST

Suite *decode_suite(void)
{
	Suite *suite = suite_create("decode");
	TCase *tc = tcase_create("classes");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, encoding, 0, ARRAY_SIZE(encodings));
	tcase_add_loop_test(tc, not_decoded, 0, ARRAY_SIZE(undecoded));
	tcase_add_test(tc, every_class_has_a_row);
	tcase_add_loop_test(tc, nop, 0, ARRAY_SIZE(nops));
	tcase_add_loop_test(tc, operand, 0, ARRAY_SIZE(operands));
	tcase_add_loop_test(tc, operand_size, 0, ARRAY_SIZE(operand_sizes));
	tcase_add_loop_test(tc, foreign, 0, ARRAY_SIZE(foreigners));
	tcase_add_test(tc, rule_names);
	suite_add_tcase(suite, tc);

	tc = tcase_create("hostile");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, truncated, 0, ARRAY_SIZE(encodings));
	tcase_add_loop_test(tc, random_bytes, 0, 3);
	suite_add_tcase(suite, tc);
	return suite;
}
