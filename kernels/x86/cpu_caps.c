// SPDX-License-Identifier: GPL-2.0-only
/*
 * boot_cpu_data: who the CPU is, and the capability words that the patcher decides by.
 */
#include "boot.h"
#include "cpu.h"
#include "pv.h"

/* Capability words that are a register of CPUID.  Source: asm/cpufeatures.h of 6.1; the others are
 * the kernel's own, or of other vendors. */
static const struct {
	u32 word, leaf, subleaf, reg; /* reg: 0 eax .. 3 edx */
} words[] = {
	{0, 1, 0, 3},  {1, 0x80000001, 0, 3},  {4, 1, 0, 2},	       {6, 0x80000001, 0, 2},
	{9, 7, 0, 1},  {10, 0xd, 1, 0},	       {12, 7, 1, 0},	       {13, 0x80000008, 0, 1},
	{14, 6, 0, 0}, {15, 0x8000000a, 0, 3}, {16, 7, 0, 2},	       {17, 0x80000007, 0, 1},
	{18, 7, 0, 3}, {19, 0x8000001f, 0, 0}, {20, 0x80000021, 0, 0},
};

static void cpuid(u32 leaf, u32 subleaf, u32 regs[4])
{
	regs[0] = leaf;
	regs[1] = 0;
	regs[2] = subleaf;
	regs[3] = 0;
	pv_cpuid(&regs[0], &regs[1], &regs[2], &regs[3]);
}

void set_cap(u32 feature)
{
	boot_cpu_data.x86_capability[feature / 32] |= 1U << feature % 32;
}

void clear_cap(u32 feature)
{
	boot_cpu_data.x86_capability[feature / 32] &= ~(1U << feature % 32);
}

bool has_cap(u32 feature)
{
	return boot_cpu_data.x86_capability[feature / 32] >> feature % 32 & 1;
}

#ifdef __i386__
/* What 5.10 chooses NOPs by.  That a CPU has long ones no 32-bit kernel believes. */
static void find_nops(const struct cpuinfo_x86 *c)
{
	if (c->vendor != VENDOR_AMD)
		return;
	if (c->family >= 15 && has_cap(X86_FEATURE_LM))
		set_cap(X86_FEATURE_K8);
	else if (c->family >= 6)
		set_cap(X86_FEATURE_K7);
}
#endif

void identify_cpu(void)
{
	struct cpuinfo_x86 *c = &boot_cpu_data;
	u32 regs[4], top[2];

	cpuid(0x80000000, 0, regs);
	top[1] = regs[0];
	cpuid(0, 0, regs);
	top[0] = regs[0];
	c->vendor = regs[2] == 0x444d4163 /* ..cAMD */ ? VENDOR_AMD : VENDOR_INTEL;
	cpuid(1, 0, regs);
	c->stepping = regs[0] & 15;
	c->model = (regs[0] >> 4 & 15) | (regs[0] >> 12 & 0xf0);
	c->family = regs[0] >> 8 & 15;
	if (c->family == 15)
		c->family += regs[0] >> 20;
	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].leaf > top[words[i].leaf >> 31])
			continue;
		cpuid(words[i].leaf, words[i].subleaf, regs);
		c->x86_capability[words[i].word] = regs[words[i].reg];
	}
	set_cap(X86_FEATURE_ALWAYS);
	set_cap(X86_FEATURE_REP_GOOD);
	ONLY_AMD64(set_cap(X86_FEATURE_NOPL)); /* 64-bit CPUs have it */
	ONLY_I386(find_nops(c));
	if (c->vendor == VENDOR_AMD)
		set_cap(X86_FEATURE_VMMCALL);
}

/* feature=+N, feature=-N: last, over all else. */
static void apply_forced_caps(void)
{
	const char *value;

	for (u32 i = 0; (value = cmdline_nth("feature", i)); i++) {
		u64 nr = parse_number(value + (*value == '+' || *value == '-'));

		if (nr >= 32 * ARRAY_SIZE(boot_cpu_data.x86_capability))
			panic("feature=: no such feature");
		if (*value == '-')
			clear_cap(nr);
		else
			set_cap(nr);
	}
}

void select_mitigations(void)
{
	const char *spectre = cmdline_value("spectre_v2"), *retbleed = cmdline_value("retbleed");

	if (!spectre || !same_word(spectre, "off"))
		set_cap(X86_FEATURE_RETPOLINE);
	if (spectre && same_word(spectre, "retpoline,lfence"))
		set_cap(X86_FEATURE_RETPOLINE_LFENCE);
#ifdef __x86_64__
	if (retbleed && same_word(retbleed, "unret")) {
		set_cap(X86_FEATURE_RETHUNK);
		set_cap(X86_FEATURE_UNRET);
		x86_return_thunk = retbleed_return_thunk;
	}
#if PVKERNEL_GEN >= 612
	if (retbleed && same_word(retbleed, "stuff")) {
		set_cap(X86_FEATURE_RETHUNK);
		set_cap(X86_FEATURE_CALL_DEPTH);
		x86_return_thunk = call_depth_return_thunk;
	}
#endif
#else
	if (retbleed)
		panic("retbleed=: a 32-bit kernel has no return thunks");
#endif
	apply_forced_caps();
}

#ifdef __x86_64__
const char *return_thunk_name(void)
{
	if (!has_cap(X86_FEATURE_RETHUNK))
		return "__x86_return_thunk";
	return has_cap(X86_FEATURE_UNRET) ? "retbleed_return_thunk" : "call_depth_return_thunk";
}
#endif

void report_caps(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(boot_cpu_data.x86_capability); i++)
		print("# caps %02u %08x\n", i, boot_cpu_data.x86_capability[i]);
}
