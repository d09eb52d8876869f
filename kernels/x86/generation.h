/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * generation.h - which Linux this build has the interface of: PVKERNEL_GEN, 100 * major + minor.
 *
 *	form         PVKERNEL_GEN  folder
 *	classic               510  classic/      custom code by init.patch, clocks and iret in pv_ops
 *	alternative           601  alternative/  inline forms are alternatives of .parainstructions sites
 *	merged                612  merged/       pv sites are alternatives: the direct-call flag
 *	once                  702  once/         pv_ops_lock; one write a site
 *
 * Rows of a list that only some generations have stand in one of the macros below, and so do those that
 * one architecture has:
 *
 *	UNTIL_612(F(cpu, io_delay, void, (void), native_io_delay))
 */
#ifndef PVK_GENERATION_H
#define PVK_GENERATION_H

#ifndef PVKERNEL_GEN
#error "PVKERNEL_GEN is 510, 601, 612 or 702: rules.mk"
#endif

#if PVKERNEL_GEN <= 510
#define ONLY_510(...)  __VA_ARGS__
#define SINCE_601(...)
#else
#define ONLY_510(...)
#define SINCE_601(...) __VA_ARGS__
#endif

#if PVKERNEL_GEN <= 601
#define UNTIL_601(...) __VA_ARGS__
#define SINCE_612(...)
#else
#define UNTIL_601(...)
#define SINCE_612(...) __VA_ARGS__
#endif

#if PVKERNEL_GEN <= 612
#define UNTIL_612(...) __VA_ARGS__
#define ONLY_702(...)
#else
#define UNTIL_612(...)
#define ONLY_702(...) __VA_ARGS__
#endif

#define SINCE_601_UNTIL_612(...) SINCE_601(UNTIL_612(__VA_ARGS__))

/* A 32-bit kernel is without CONFIG_PARAVIRT_XXL: it has the operations that guests of other
 * hypervisors than Xen need, and no site tables of objtool, which is 64-bit. */
#ifdef __x86_64__
#define ONLY_AMD64(...) __VA_ARGS__
#define ONLY_I386(...)
#else
#define ONLY_AMD64(...)
#define ONLY_I386(...) __VA_ARGS__
#endif

#endif
