/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - integer types, attributes and the few compiler helpers that every file here uses.
 */
#ifndef PVK_TYPES_H
#define PVK_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "word.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long ulong; /* an address, a register */
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

#define LOCK_PREFIX                                                                                \
	".pushsection .smp_locks, \"a\"\n"                                                         \
	".balign 4\n"                                                                              \
	".long 671f - .\n"                                                                         \
	".popsection\n"                                                                            \
	"671: lock; "

void *memcpy(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);

#endif
