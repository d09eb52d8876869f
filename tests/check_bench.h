/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_bench.h - a real kernel on a platform, with text of the test's own laid over its patched
 * sites, decided.
 *
 *	kernel_open(PVP_BUNDLED_KERNEL, &kernel);
 *	boot_open(&kernel, "native", NULL, &boot);
 *	check_bench_lay(&boot, "irq.irq_disable#4", "fb");
 *	check_bench_decide(&boot, "irq.irq_disable#4", &cell);
 *
 * The text of a replacement is words separated by blanks, the rest of the site becomes one-byte
 * NOPs:
 *
 *	fa               a byte
 *	call:symbol+2    a call (jmp: a jump) to there
 *	rel:symbol       its distance from behind these four bytes
 *	site:op#1        what is patched in at that site, as far as there is room
 *	linked           the file's bytes
 *	+4               the predicted bytes from there up to the next word; alone: all of them
 *
 * Everything fails the test that asks for what is not there.
 */
#ifndef PVP_TEST_CHECK_BENCH_H
#define PVP_TEST_CHECK_BENCH_H

#include "cell.h"
#include "model.h"

#define PVP_BUNDLED_KERNEL "build/kernels/pvkernel-6.1"
#define PVP_DEBIAN_KERNEL  "vmlinuz-6.1.176-amd64"
#define CHECK_STATES	   64 /* as `verify` has it */

struct kernel {
	struct pvp_image *image;
	struct pvp_tables tables;
	struct pvp_sites sites;
};

struct boot {
	const struct kernel *kernel; /* borrowed */
	struct pvp_platform *platform;
	struct pvp_contracts contracts;
	struct pvp_patched patched; /* as the model predicts */
	struct pvp_patched given;   /* as laid over */
	struct pvp_check_input input;
};

void kernel_open(const char *path, struct kernel *ret);
void kernel_close(struct kernel *kernel);
void boot_open(const struct kernel *kernel, const char *platform,
	       const struct pvp_overrides *overrides, struct boot *ret);
void boot_close(struct boot *boot);

const struct pvp_site *check_bench_site(const struct kernel *kernel, const char *site);
uint64_t check_bench_symbol(const struct kernel *kernel, const char *symbol_and_offset);
/* What boot leaves at the site, site->len bytes, in a static buffer. */
const uint8_t *check_bench_predicted(const struct boot *boot, const struct pvp_site *site);

/* A site is laid over at most once; check_bench_clear takes everything away again. */
void check_bench_lay(struct boot *boot, const char *site, const char *text);
void check_bench_lay_bytes(struct boot *boot, const struct pvp_site *site, const uint8_t *bytes);
void check_bench_clear(struct boot *boot);

/* Decides one site in this process with CHECK_STATES states; the caller deinits *ret. */
void check_bench_decide(const struct boot *boot, const char *site, struct pvp_cell *ret);

#endif
