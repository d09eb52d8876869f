/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * features.h - capability numbers, word * 32 + bit, as Linux assigns them.  Entries of
 * .altinstructions name them.
 */
#ifndef PVK_FEATURES_H
#define PVK_FEATURES_H

#include "generation.h"

#define X86_FEATURE_LM			61
#define X86_FEATURE_K8			100
#define X86_FEATURE_K7			101
#define X86_FEATURE_CONSTANT_TSC	104
#define X86_FEATURE_REP_GOOD		112
#define X86_FEATURE_NOPL		116
#define X86_FEATURE_ALWAYS		117
#define X86_FEATURE_TSC_RELIABLE	119
#define X86_FEATURE_TSC_KNOWN_FREQ	127
#define X86_FEATURE_MWAIT		131
#define X86_FEATURE_XSAVE		154
#define X86_FEATURE_HYPERVISOR		159
#define X86_FEATURE_PTI			235
#define X86_FEATURE_VMMCALL		271
#define X86_FEATURE_XENPV		272
#define X86_FEATURE_PVUNLOCK		276
#define X86_FEATURE_VCPUPREEMPT		277
#define X86_FEATURE_ERMS		297
#define X86_FEATURE_INVPCID		298
#define X86_FEATURE_FENCE_SWAPGS_KERNEL 357
#define X86_FEATURE_RETPOLINE		364
#define X86_FEATURE_RETPOLINE_LFENCE	365
#define X86_FEATURE_RETHUNK		366
#define X86_FEATURE_UNRET		367
#define X86_FEATURE_CALL_DEPTH		371 /* 6.12 and later */
#define X86_FEATURE_LA57		528

/* Where the capability words are in boot_cpu_data. */
#if PVKERNEL_GEN <= 510
#define BOOT_CPU_CAPABILITY ONLY_AMD64(32) ONLY_I386(28)
#elif PVKERNEL_GEN <= 601
#define BOOT_CPU_CAPABILITY ONLY_AMD64(40) ONLY_I386(36)
#else
#define BOOT_CPU_CAPABILITY ONLY_AMD64(48) ONLY_I386(40)
#endif

#endif
