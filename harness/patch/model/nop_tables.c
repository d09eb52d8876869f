// SPDX-License-Identifier: GPL-2.0-only
/*
 * nop_tables.c - the kernel's NOPs by length, and which CPU gets which.
 */
#include "passes.h"

// clang-format off
/* Source: asm/nops.h and the tables at the head of arch/x86/kernel/alternative.c of Linux 5.10;
 * asm/nops.h of 6.1 and 6.12.  Some entries are two instructions. */
static const struct pvp_nops p6 = {
	.name = "p6",
	.atomic5 = { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
	.longest = 8,
	.v = {
		{ 0x90 },                                           /* nop */
		{ 0x66, 0x90 },                                     /* xchg %ax,%ax */
		{ 0x0f, 0x1f, 0x00 },                               /* nopl (%rax) */
		{ 0x0f, 0x1f, 0x40, 0x00 },                         /* nopl 0(%rax) */
		{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },                   /* nopl 0(%rax,%rax,1) */
		{ 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },             /* nopw 0(%rax,%rax,1) */
		{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },       /* nopl 0L(%rax) */
		{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 }, /* nopl 0L(%rax,%rax,1) */
	},
};

static const struct pvp_nops p6_long = {
	.name = "p6",
	.atomic5 = { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
	.longest = 11,
	.v = {
		{ 0x90 },
		{ 0x66, 0x90 },
		{ 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40, 0x00 },
		{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
		{ 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },             /* nopl %cs:.. */
		{ 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },       /* nopw %cs:.. */
		{ 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
	},
};

static const struct pvp_nops k8 = {
	.name = "k8",
	.atomic5 = { 0x66, 0x66, 0x66, 0x66, 0x90 },
	.longest = 8,
	.v = {
		{ 0x90 },
		{ 0x66, 0x90 },
		{ 0x66, 0x66, 0x90 },
		{ 0x66, 0x66, 0x66, 0x90 },
		{ 0x66, 0x66, 0x90, 0x66, 0x90 },                   /* 3 + 2 */
		{ 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 },             /* 3 + 3 */
		{ 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x90 },       /* 4 + 3 */
		{ 0x66, 0x66, 0x66, 0x90, 0x66, 0x66, 0x66, 0x90 }, /* 4 + 4 */
	},
};

static const struct pvp_nops k7 = {
	.name = "k7",
	.atomic5 = { 0x3e, 0x8d, 0x44, 0x20, 0x00 },
	.longest = 8,
	.v = {
		{ 0x90 },
		{ 0x8b, 0xc0 },                                     /* mov %eax,%eax */
		{ 0x8d, 0x04, 0x20 },                               /* lea (%eax,%eiz,1),%eax */
		{ 0x8d, 0x44, 0x20, 0x00 },                         /* lea 0(%eax,%eiz,1),%eax */
		{ 0x8d, 0x44, 0x20, 0x00, 0x90 },                   /* 4 + 1 */
		{ 0x8d, 0x80, 0x00, 0x00, 0x00, 0x00 },             /* lea 0L(%eax),%eax */
		{ 0x8d, 0x04, 0x05, 0x00, 0x00, 0x00, 0x00 },       /* lea 0L(,%eax,1),%eax */
		{ 0x8d, 0x04, 0x05, 0x00, 0x00, 0x00, 0x00, 0x90 }, /* 7 + 1 */
	},
};

/* Those of any 32-bit CPU. */
static const struct pvp_nops generic_5_10 = {
	.name = "generic",
	.atomic5 = { 0x3e, 0x8d, 0x74, 0x26, 0x00 },
	.longest = 8,
	.v = {
		{ 0x90 },
		{ 0x89, 0xf6 },                                     /* mov %esi,%esi */
		{ 0x8d, 0x76, 0x00 },                               /* lea 0(%esi),%esi */
		{ 0x8d, 0x74, 0x26, 0x00 },                         /* lea 0(%esi,%eiz,1),%esi */
		{ 0x90, 0x8d, 0x74, 0x26, 0x00 },                   /* 1 + 4 */
		{ 0x8d, 0xb6, 0x00, 0x00, 0x00, 0x00 },             /* lea 0L(%esi),%esi */
		{ 0x8d, 0xb4, 0x26, 0x00, 0x00, 0x00, 0x00 },       /* lea 0L(%esi,%eiz,1),%esi */
		{ 0x90, 0x8d, 0xb4, 0x26, 0x00, 0x00, 0x00, 0x00 }, /* 1 + 7 */
	},
};

static const struct pvp_nops generic_6_1 = {
	.name = "generic",
	.atomic5 = { 0x3e, 0x8d, 0x74, 0x26, 0x00 },
	.longest = 8,
	.v = {
		{ 0x90 },
		{ 0x89, 0xf6 },
		{ 0x8d, 0x76, 0x00 },
		{ 0x8d, 0x74, 0x26, 0x00 },
		{ 0x3e, 0x8d, 0x74, 0x26, 0x00 },                   /* lea %ds:0(%esi,%eiz,1),%esi */
		{ 0x8d, 0xb6, 0x00, 0x00, 0x00, 0x00 },
		{ 0x8d, 0xb4, 0x26, 0x00, 0x00, 0x00, 0x00 },
		{ 0x3e, 0x8d, 0xb4, 0x26, 0x00, 0x00, 0x00, 0x00 }, /* lea %ds:0L(%esi,%eiz,1),%esi */
	},
};

/* X86_VENDOR_*, asm/processor.h. */
#define INTEL 0
#define AMD   2
#define HYGON 9
#define ANY   -1
/* asm/cpufeatures.h */
#define K8    (3 * 32 + 4)
#define K7    (3 * 32 + 5)
#define NOPL  (3 * 32 + 20)
#define NONE  PVP_NO_FEATURE

#define ALL   { 0, 255 }

/* Source: arch_init_ideal_nops(), arch/x86/kernel/alternative.c of Linux 5.10.  Intel models 1c, 26
 * and 27 are Atoms. */
const struct pvp_nop_choice pvp_nops_5_10_amd64[] = {
	/* vendor  family       model           feature  nops */
	{ INTEL,   { 6, 6 },    { 0x0f, 0x1b }, NONE,    &k8 },
	{ INTEL,   { 6, 6 },    { 0x1d, 0x25 }, NONE,    &k8 },
	{ INTEL,   { 6, 6 },    { 0x28, 0x2f }, NONE,    &k8 },
	{ INTEL,   ALL,         ALL,            NOPL,    &p6 },
	{ HYGON,   ALL,         ALL,            NONE,    &p6 },
	{ AMD,     { 16, 255 }, ALL,            NONE,    &p6 },
	{ ANY,     ALL,         ALL,            NONE,    &k8 },
};

const struct pvp_nop_choice pvp_nops_5_10_i386[] = {
	/* vendor  family       model           feature  nops */
	{ INTEL,   { 6, 6 },    { 0x0f, 0x1b }, NONE,    &k8 },
	{ INTEL,   { 6, 6 },    { 0x1d, 0x25 }, NONE,    &k8 },
	{ INTEL,   { 6, 6 },    { 0x28, 0x2f }, NONE,    &k8 },
	{ INTEL,   ALL,         ALL,            NOPL,    &p6 },
	{ INTEL,   ALL,         ALL,            NONE,    &generic_5_10 },
	{ HYGON,   ALL,         ALL,            NONE,    &p6 },
	{ AMD,     { 16, 255 }, ALL,            NONE,    &p6 },
	{ ANY,     ALL,         ALL,            K8,      &k8 },
	{ ANY,     ALL,         ALL,            K7,      &k7 },
	{ ANY,     ALL,         ALL,            NONE,    &generic_5_10 },
};

const struct pvp_nop_choice pvp_nops_6_1_amd64[] = {
	{ ANY,     ALL,         ALL,            NONE,    &p6 },
};

const struct pvp_nop_choice pvp_nops_6_12_amd64[] = {
	{ ANY,     ALL,         ALL,            NONE,    &p6_long },
};

const struct pvp_nop_choice pvp_nops_6_1_i386[] = {
	{ ANY,     ALL,         ALL,            NONE,    &generic_6_1 },
};
// clang-format on

static bool fits(const struct pvp_nop_choice *choice, const struct pvp_platform *platform)
{
	const struct pvp_cpu_model *cpu = &platform->cpu;

	return (choice->vendor < 0 || choice->vendor == cpu->vendor) &&
	       cpu->family >= choice->family[0] && cpu->family <= choice->family[1] &&
	       cpu->model >= choice->model[0] && cpu->model <= choice->model[1] &&
	       (choice->feature == PVP_NO_FEATURE ||
		pvp_platform_has_feature(platform, choice->feature));
}

const struct pvp_nops *pvp_nops_choose(const struct pvp_nop_choice *choices,
				       const struct pvp_platform *platform)
{
	while (!fits(choices, platform))
		choices++;
	return choices->nops;
}
