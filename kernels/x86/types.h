/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - integer types, attributes and the few compiler helpers that every file here uses.
 */
#ifndef PVK_TYPES_H
#define PVK_TYPES_H

#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed char s8;

#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)	 (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define barrier()	 asm volatile("" ::: "memory")

#define noinline     __attribute__((__noinline__))
#define __init	     __attribute__((__noinline__, section(".init.text")))
#define __initdata   __attribute__((section(".init.data")))
#define __aligned(n) __attribute__((aligned(n)))
#define __packed     __attribute__((packed))

#define __STRINGIFY(...) #__VA_ARGS__
#define STRINGIFY(...)	 __STRINGIFY(__VA_ARGS__)

#define NR_CPUS	  64
#define PAGE_SIZE 4096UL
#define X86_IF	  0x200UL /* RFLAGS.IF */

#define EIO    5
#define ENOMEM 12

/* Ties rsp to an asm that calls, so that a frame exists around it. */
register unsigned long stack_pointer asm("rsp");

#define LOCK_PREFIX                                                                                \
	".pushsection .smp_locks, \"a\"\n"                                                         \
	".balign 4\n"                                                                              \
	".long 671f - .\n"                                                                         \
	".popsection\n"                                                                            \
	"671: lock; "

/* An indirect call that is no pv site goes through a retpoline thunk, listed like objtool's. */
#define indirect_call(fn, a, b, c)                                                                 \
	({                                                                                         \
		u64 rax_ = (u64)(fn), rdi_ = (u64)(a), rsi_ = (u64)(b), rdx_ = (u64)(c);           \
		asm volatile("771: call __x86_indirect_thunk_rax\n"                                \
			     ".pushsection .retpoline_sites, \"a\"\n"                              \
			     ".long 771b - .\n"                                                    \
			     ".popsection\n"                                                       \
			     : "+a"(rax_), "+D"(rdi_), "+S"(rsi_), "+d"(rdx_), "+r"(stack_pointer) \
			     :                                                                     \
			     : "memory", "cc", "rcx", "r8", "r9", "r10", "r11");                   \
	})

/* The same with a fourth argument, and the result. */
#define indirect_call4(fn, a, b, c, d)                                                             \
	({                                                                                         \
		u64 rax_ = (u64)(fn), rdi_ = (u64)(a), rsi_ = (u64)(b), rdx_ = (u64)(c);           \
		u64 rcx_ = (u64)(d);                                                               \
		asm volatile("771: call __x86_indirect_thunk_rax\n"                                \
			     ".pushsection .retpoline_sites, \"a\"\n"                              \
			     ".long 771b - .\n"                                                    \
			     ".popsection\n"                                                       \
			     : "+a"(rax_), "+D"(rdi_), "+S"(rsi_), "+d"(rdx_), "+c"(rcx_),         \
			       "+r"(stack_pointer)                                                 \
			     :                                                                     \
			     : "memory", "cc", "r8", "r9", "r10", "r11");                          \
		rax_;                                                                              \
	})

void *memcpy(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);

#endif
