/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * static_call.h - calls that boot turns into direct ones: a key __SCK__name {function, second
 * word}, a trampoline __SCT__name (e9 rel32, signature 0f b9 cc, since 6.1) and a table of sites {site, key,
 * flag 1 in the key: a tail jump}.
 *
 * Calls are written as assembly (calls.h) because the table needs the address of the call instruction; in
 * a real kernel objtool finds it.  objtool is 64-bit: on i386 a static call is a call of the trampoline,
 * which is all that is patched, and the key is the pointer alone.
 */
#ifndef PVK_STATIC_CALL_H
#define PVK_STATIC_CALL_H

#include "generation.h"
#include "types.h"

struct static_call_key {
	void *func;
	ONLY_AMD64(u64 sites;) /* written at boot */
};

#define DECLARE_STATIC_CALL(name)                                                                  \
	extern struct static_call_key __SCK__##name;                                               \
	extern unsigned char __SCT__##name[]

#if defined(BUG_B7) || PVKERNEL_GEN <= 510
#define TRAMPOLINE_SIGNATURE "0xcc, 0xcc, 0xcc" /* only fill */
#else
#define TRAMPOLINE_SIGNATURE "0x0f, 0xb9, 0xcc"
#endif

#define STATIC_CALL_TRAMPOLINE_AT_(name, code, more)                                               \
	asm(".pushsection .static_call.text, \"ax\"\n"                                             \
	    ".balign 4\n"                                                                          \
	    ".globl __SCT__" #name "\n"                                                            \
	    ".type __SCT__" #name ", @function\n"                                                  \
	    "__SCT__" #name ":\n" code                                                             \
	    ".byte " TRAMPOLINE_SIGNATURE "\n"                                                     \
	    ".size __SCT__" #name ", 8\n"                                                          \
	    ".popsection\n" more)

#define STATIC_CALL_TRAMPOLINE_(name, target, more)                                                \
	STATIC_CALL_TRAMPOLINE_AT_(name, "771: .byte 0xe9\n.long " #target " - . - 4\n", more)

#define DEFINE_STATIC_CALL(name, function)                                                         \
	struct static_call_key __SCK__##name = {.func = function};                                 \
	STATIC_CALL_TRAMPOLINE_(name, function, "")

/* No function yet: the trampoline returns, as one of the sites that the returns pass rewrites. */
#ifdef __x86_64__
#define DEFINE_STATIC_CALL_NULL(name)                                                              \
	__attribute__((section(".data"))) struct static_call_key __SCK__##name = {.func = NULL};   \
	STATIC_CALL_TRAMPOLINE_(name, __x86_return_thunk,                                          \
				".pushsection .return_sites, \"a\"\n"                              \
				".long 771b - .\n"                                                 \
				".popsection\n")
#else
#define DEFINE_STATIC_CALL_NULL(name)                                                              \
	struct static_call_key __SCK__##name = {.func = NULL};                                     \
	STATIC_CALL_TRAMPOLINE_AT_(name, ".byte 0xc3, 0xcc, 0x90, 0x90, 0x90\n", "")
#endif

#include "calls.h"

#endif
