// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_lint_instructions.c - an instruction of each opcode with each prefix, as objdump reads it:
 * what is sensitive by its name is a place of lint's, and of that length; what is not is none.
 */
#include "look.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "check_bench.h"
#include "check_helpers.h"
#include "patterns.h"
#include "suites.h"

#define SLOT 32 /* bytes for each, NOPs behind it */

// clang-format off
/* objdump's names, in Intel syntax and without prefixes; with operands where they matter.  The first
 * that fits counts. */
static const struct {
	const char *text, *kind;
} names[] = {
	{ "cli", "cli" }, { "sti", "sti" }, { "hlt", "hlt" }, { "popf*", "popf" }, { "pushf*", "pushf" },
	{ "mov cr*", "mov-to-cr" }, { "mov *,cr*", "mov-from-cr" },
	{ "mov db*|mov dr*", "mov-dr" }, { "mov *,db*|mov *,dr*", "mov-dr" },
	{ "clts", "clts" }, { "lmsw *", "lmsw" }, { "smsw *", "smsw" },
	{ "rdmsr", "rdmsr" }, { "wrmsr", "wrmsr" }, { "wrmsrns|wrmsrlist|rdmsrlist", "wrmsrns" },
	{ "rdpmc", "rdpmc" }, { "cpuid", "cpuid" },
	{ "in *|ins *", "in" }, { "out *|outs *", "out" },
	{ "lgdt*", "lgdt" }, { "sgdt*", "sgdt" }, { "lidt*", "lidt" }, { "sidt*", "sidt" },
	{ "lldt *", "lldt" }, { "sldt *", "sldt" }, { "ltr *", "ltr" }, { "str *", "str" },
	{ "lar *", "lar" }, { "lsl *", "lsl" }, { "verr *", "verr" },
	{ "mov *,cs|mov *,ss|mov ss,*", "cs-ss" },
	{ "call FWORD*|call TBYTE*|rex.W call FWORD*|jmp FWORD*|jmp TBYTE*|retf*", "far" },
	{ "call DWORD*|jmp DWORD*", "far" }, /* with 66; the near ones are QWORD */
	{ "lss *", "lss" }, { "invlpg *", "invlpg" }, { "invpcid *", "invpcid" },
	{ "wbinvd|wbnoinvd", "wbinvd" }, { "invd", "invd" }, { "swapgs", "swapgs" },
	{ "iret*", "iret" }, { "sysret*|sysexit*", "sysret" }, { "xsetbv", "xsetbv" },
	{ "clac", "clac-stac|eret" }, /* with f2 and f3 it does not know FRED's */
	{ "stac", "clac-stac" }, { "xsaves*|xrstors*", "xsaves" },
	{ "monitor|monitor *", "mwait" }, { "mwait|mwait *", "mwait" },
	{ "vmcall", "vmcall" }, { "vmmcall", "vmmcall" }, { "vmgexit", "vmgexit" },
	{ "vmx*|vmclear*|vmptr*|vmread*|vmwrite*|vmlaunch|vmresume|invept*|invvpid*|vmfunc|getsec", "vmx" },
	{ "vmrun*|vmload*|vmsave*|stgi|clgi|skinit*|invlpga*", "svm" },
	{ "rsm", "rsm" }, { "encls|enclv", "sgx" },
	{ "tdcall", "tdcall" }, { "seamcall|seamret|seamops", "seamcall" },
	{ "pvalidate*", "pvalidate" }, { "psmash*", "psmash" }, { "rmpadjust*", "rmpadjust" },
	{ "rmpupdate*", "rmpupdate" }, { "invlpgb*", "invlpgb" }, { "tlbsync", "tlbsync" },
	{ "pconfig*", "pconfig" }, { "setssbsy", "setssbsy" }, { "clrssbsy *", "setssbsy" },
	{ "wruss*", "wruss" }, { "enqcmds *", "enqcmds" }, { "loadiwkey *", "loadiwkey" },
	{ "hreset *", "hreset" },
	{ "rmpquery", "rmpquery" },
};

/* What objdump 2.40 does not know: behind the prefix that chooses it. */
static const struct {
	const char *kind;
	uint8_t prefix, bytes[3]; /* 0: none */
} unknown[] = {
	{ "lkgs",     0xf2, { 0x0f, 0x00, 0xf7 } },
	{ "undecoded", 0xf2, { 0x0f, 0x00, 0x37 } }, /* lkgs of memory */
	{ "eret",     0xf2, { 0x0f, 0x01, 0xca } },
	{ "eret",     0xf3, { 0x0f, 0x01, 0xca } },
	{ "rmpquery", 0xf3, { 0x0f, 0x01, 0xfd } },
	{ "rmpquery", 0xf2, { 0x0f, 0x01, 0xfd } },
	{ "pconfig",  0,    { 0x0f, 0x01, 0xc7 } },
};

static const struct {
	uint8_t len, bytes[3];
} prefixes[] = {
	{ 0, { 0 } },       { 1, { 0x66 } },       { 1, { 0xf3 } },       { 1, { 0xf2 } },
	{ 1, { 0x48 } },    { 1, { 0x67 } },       { 1, { 0x2e } },       { 1, { 0x65 } },
	{ 1, { 0x44 } },    { 1, { 0x41 } },       { 2, { 0x66, 0x48 } }, { 2, { 0xf3, 0x48 } },
	{ 2, { 0xf2, 0x48 } }, { 2, { 0x66, 0xf3 } }, { 2, { 0xf2, 0x66 } }, { 2, { 0x2e, 0x66 } },
	{ 2, { 0x48, 0x66 } }, { 2, { 0x67, 0xf3 } }, { 3, { 0x66, 0x2e, 0x4f } },
};
// clang-format on

static struct kernel kernel;
static struct boot xen_pv;
static struct pvp_x86_decoder *decoder;

static void setup(void)
{
	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
	boot_open(&kernel, "xen-pv", NULL, &xen_pv);
	pvp_ck_ok(pvp_x86_decoder_create(PVP_ISA_AMD64, &decoder));
}

static void teardown(void)
{
	pvp_x86_decoder_destroy(decoder);
	boot_close(&xen_pv);
	kernel_close(&kernel);
}

struct slots {
	uint8_t (*v)[SLOT];
	size_t nr, cap;
};

static void add(struct slots *slots, size_t prefix, const uint8_t *op, size_t len)
{
	uint8_t(*slot)[SLOT] = pvp_push(&slots->v, &slots->nr, &slots->cap);
	const size_t at = prefixes[prefix].len;

	memset(*slot, 0x90, SLOT);
	memcpy(*slot, prefixes[prefix].bytes, at);
	memcpy(*slot + at, op, len);
}

static bool is_prefix(unsigned byte)
{
	return (byte & 0xf0) == 0x40 || (byte & 0xe7) == 0x26 || (byte & 0xfc) == 0x64 ||
	       byte == 0xf0 || byte == 0xf2 || byte == 0xf3;
}

/* All opcodes; of groups all of ModRM. */
static void add_opcodes(size_t prefix, struct slots *slots)
{
	static const uint8_t some[] = {0x00, 0x0c, 0x10, 0x1b, 0x2d, 0x3f, 0xc0, 0xd1, 0xea, 0xfb};
	static const uint8_t groups[] = {0x00, 0x01, 0xae, 0xc7};

	for (unsigned op = 0; op < 256; op++) {
		bool all = op == 0x8c || op == 0x8e || op == 0xff;

		for (unsigned k = 0; op != 0x0f && !is_prefix(op) && k < (all ? 256 : sizeof(some));
		     k++)
			add(slots, prefix, (const uint8_t[]){op, all ? k : some[k]}, 2);
		all = memchr(groups, op, sizeof(groups));
		for (unsigned k = 0; op != 0x38 && op != 0x3a && k < (all ? 256 : sizeof(some));
		     k++)
			add(slots, prefix, (const uint8_t[]){0x0f, op, all ? k : some[k]}, 3);
		for (unsigned k = 0; k < sizeof(some); k++) {
			add(slots, prefix, (const uint8_t[]){0x0f, 0x38, op, some[k]}, 4);
			add(slots, prefix, (const uint8_t[]){0x0f, 0x3a, op, some[k]}, 4);
		}
	}
}

/* What of them is in the maps that are read, with each mandatory prefix and length of vectors. */
static void add_vectors(struct slots *slots)
{
	static const uint8_t some[] = {0x0c, 0x15, 0x44, 0x84, 0xd1};

	for (unsigned op = 0; op < 256; op++)
		for (unsigned k = 0; k < sizeof(some); k++)
			for (uint8_t pp = 0; pp < 16; pp++)
				for (uint8_t map = 1; map <= 3; map++) {
					const uint8_t wide = pp & 8 ? 0xf0 : 0x70;

					add(slots, 0,
					    (const uint8_t[]){0xc4, 0xe0 | map, wide | (pp & 7), op,
							      some[k]},
					    5);
					add(slots, 0,
					    (const uint8_t[]){0xc5, wide | (pp & 7), op, some[k]},
					    4);
					add(slots, 0,
					    (const uint8_t[]){0x62, 0xf0 | map,
							      wide | 0xc | (pp & 3),
							      pp & 4 ? 0x48 : 0x08, op, some[k]},
					    6);
				}
}

/* The words of objdump's that stand for prefixes; returns what is behind them. */
static const char *behind_prefixes(const char *text)
{
	static const char *const words[] = {"data16", "addr32",	  "repz",    "repnz",
					    "rep",    "bnd",	  "cs",	     "gs",
					    "lock",   "xacquire", "xrelease"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const size_t len = strlen(words[i]);

		if (!strncmp(text, words[i], len) && (text[len] == ' ' || !text[len]))
			return behind_prefixes(text + len + strspn(text + len, " "));
	}
	if (!strncmp(text, "rex", 3)) {
		const size_t len = strcspn(text, " ");

		return behind_prefixes(text + len + strspn(text + len, " "));
	}
	return text;
}

/* -1: no name that matters. */
static int name_of(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (pvp_pattern_fits(names[i].text, text))
			return i;
	return -1;
}

static bool is_vector(const uint8_t *bytes)
{
	return bytes[0] == 0xc4 || bytes[0] == 0xc5 || bytes[0] == 0x62;
}

static bool agrees(const uint8_t *bytes, const char *text, unsigned len, int name)
{
	const char *want = name < 0 ? NULL : names[name].kind, *got;
	struct pvp_look look;

	pvp_look(decoder, xen_pv.platform, bytes, SLOT, 0x1000, &look);
	got = look.what ? look.what->name : look.len ? "nothing" : "undecoded";
	/* What we cannot read is a place, too. */
	if (want && (!look.len || (look.what && pvp_pattern_fits(want, got) && look.len == len)))
		return true;
	if (!want && strstr(text, "(bad)"))
		return true;
	if (!want && !look.what && (!is_vector(bytes) || look.len == len))
		return true;
	for (unsigned i = 0; i < len; i++)
		fprintf(stderr, "%02x ", bytes[i]);
	fprintf(stderr, ": %s: is %s of %u bytes\n", text, got, look.len);
	return false;
}

/* The lines of objdump that are for the first instruction of a slot. */
static size_t compare(FILE *lines, const struct slots *slots, size_t *seen)
{
	size_t wrong = 0, last = SIZE_MAX;
	unsigned before = 0;
	char line[512];

	while (fgets(line, sizeof(line), lines)) {
		char *bytes = strchr(line, '\t'), *text = bytes ? strchr(bytes + 1, '\t') : NULL;
		const size_t at = strtoul(line, NULL, 16);
		unsigned len = 0;
		char *end;
		int name;

		if (!text)
			continue;
		*text++ = '\0';
		for (char *p = bytes; strtoul(p, &end, 16), end != p; p = end)
			len++;
		text[strcspn(text, "\n#")] = '\0';
		for (end = text + strlen(text); end > text && end[-1] == ' ';)
			*--end = '\0';
		for (char *p = text; *p; p++) /* blanks between name and operands are one */
			while (p[0] == ' ' && p[1] == ' ')
				memmove(p, p + 1, strlen(p));
		if (at % SLOT == 0)
			before = 0;
		if (at / SLOT == last || at % SLOT != before)
			continue;
		const char *bare = behind_prefixes(text);

		before += len;
		if (!*bare) /* prefixes alone: the next line goes on */
			continue;
		last = at / SLOT;
		name = name_of(bare);
		if (name >= 0)
			seen[name]++;
		wrong += !agrees(slots->v[last], bare, before, name);
	}
	return wrong;
}

START_TEST(as_objdump_reads_it)
{
	size_t seen[ARRAY_SIZE(names)] = {0}, wrong;
	struct slots slots = {0};
	char path[64], command[256];
	FILE *f;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		add_opcodes(i, &slots);
	add_vectors(&slots);
	snprintf(path, sizeof(path), "/tmp/pvproof-lint-%d.bin", (int)getpid());
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(slots.v, SLOT, slots.nr, f), slots.nr);
	ck_assert_int_eq(fclose(f), 0);
	snprintf(command, sizeof(command), "objdump -Dwz -b binary -m i386:x86-64 -M intel %s",
		 path);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	wrong = compare(f, &slots, seen);
	ck_assert_int_eq(pclose(f), 0);
	unlink(path);
	free(slots.v);
	ck_assert_msg(!wrong, "%zu of %zu are not what objdump says", wrong, slots.nr);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ck_assert_msg(seen[i], "%s: not among them", names[i].text);
}
END_TEST

/* Prefixes that choose nothing, in front and behind. */
START_TEST(unknown_to_objdump)
{
	static const uint8_t around[][2] = {{0, 0}, {0x2e, 0}, {0x67, 0}, {0, 0x48}, {0x65, 0x4c}};

	for (size_t i = 0; i < ARRAY_SIZE(around); i++) {
		uint8_t bytes[SLOT];
		struct pvp_look look;
		unsigned len = 0;
		const char *got;

		memset(bytes, 0x90, sizeof(bytes));
		if (around[i][0])
			bytes[len++] = around[i][0];
		if (unknown[_i].prefix)
			bytes[len++] = unknown[_i].prefix;
		if (around[i][1])
			bytes[len++] = around[i][1];
		memcpy(bytes + len, unknown[_i].bytes, 3);
		pvp_look(decoder, xen_pv.platform, bytes, sizeof(bytes), 0x1000, &look);
		got = look.what ? look.what->name : look.len ? "nothing" : "undecoded";
		ck_assert_msg(!strcmp(got, unknown[_i].kind), "%s: row %d, prefixes %zu: is %s",
			      unknown[_i].kind, _i, i, got);
		ck_assert(!look.len || look.len == len + 3);
	}
}
END_TEST

/* Of VEX and EVEX: length, whatever the disassembler knows; 0: another map. */
static const struct {
	const char *text;
	uint8_t nr, bytes[12], len;
} vectors[] = {
	{"vbroadcasti128 ymm2, [rdx + 0x10]", 6, {0xc4, 0xe2, 0x7d, 0x5a, 0x52, 0x10}, 6},
	{"vzeroupper", 3, {0xc5, 0xf8, 0x77}, 3},
	{"vpclmulqdq ymm0, ymm1, ymm2, 1", 6, {0xc4, 0xe3, 0x75, 0x44, 0xc2, 0x01}, 6},
	{"tilerelease", 5, {0xc4, 0xe2, 0x78, 0x49, 0xc0}, 5},
	{"vpternlogd zmm0, zmm1, zmm2, 0x96", 7, {0x62, 0xf3, 0x75, 0x48, 0x25, 0xc2, 0x96}, 7},
	{"vprord ymm0, ymm0, 16", 7, {0x62, 0xf1, 0x7d, 0x28, 0x72, 0xc0, 0x10}, 7},
	{"vmovdqu32 zmm0, [rsp + 64 * 1]", 8, {0x62, 0xf1, 0x7e, 0x48, 0x6f, 0x44, 0x24, 0x01}, 8},
	{"its end is not there", 7, {0x62, 0xf1, 0x7e, 0x48, 0x6f, 0x44, 0x24}, 0},
	{"rdmsr rax, imm32", 10, {0xc4, 0xe7, 0x7b, 0xf6, 0xc0, 0x10, 0, 0, 0, 0}, 0},
	{"wrmsrns imm32, rax", 10, {0xc4, 0xe7, 0x7a, 0xf6, 0xc0, 0x10, 0, 0, 0, 0}, 0},
	{"invpcid of APX", 6, {0x62, 0xf4, 0x7e, 0x08, 0xf2, 0x00}, 0},
	{"no prefix goes with it", 6, {0x66, 0xc4, 0xe2, 0x7d, 0x5a, 0x02}, 0},
};

START_TEST(vector)
{
	struct pvp_look look;

	pvp_look(decoder, xen_pv.platform, vectors[_i].bytes, vectors[_i].nr, 0x1000, &look);
	ck_assert_msg(look.len == vectors[_i].len, "%s: %u bytes", vectors[_i].text, look.len);
	ck_assert_ptr_null(look.what);
}
END_TEST

Suite *lint_instructions_suite(void)
{
	Suite *suite = suite_create("lint_instructions");
	TCase *opcodes = tcase_create("opcodes");

	tcase_add_checked_fixture(opcodes, setup, teardown);
	tcase_set_timeout(opcodes, 60);
	tcase_add_test(opcodes, as_objdump_reads_it);
	tcase_add_loop_test(opcodes, unknown_to_objdump, 0, ARRAY_SIZE(unknown));
	tcase_add_loop_test(opcodes, vector, 0, ARRAY_SIZE(vectors));
	suite_add_tcase(suite, opcodes);
	return suite;
}
