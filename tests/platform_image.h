/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_image.h - a small image, tables made by hand, and a folder for YAML files: what the
 * platform and contract tests load into.
 *
 * Text at 0xffffffff81000000 has fn_a (+0), fn_b (+0x10), fn_c (+0x20), patch_me (+0x40), native
 * (+0x80), __raw_callee_save___native_queued_spin_unlock (+0x90), .._vcpu_is_preempted (+0xa0),
 * thunk (+0xb0), and `twice` at +0x60 and +0x70.  Data has word, x86_return_thunk (thunk) and
 * pv_ops; mmu_table (from mmu.twice on) and whole_table are templates of pv_ops with the `twice` at
 * +0x60, where pv_ops has the one at +0x70; cpu_word is per-CPU, at 0x10 of the zero-based section.
 *
 * With BTF, the image also says what `struct demo` is: u32 word at 8, u16 half at 12, and an
 * unnamed union at 16 with u64 hidden in it.
 */
#ifndef PVP_PLATFORM_IMAGE_H
#define PVP_PLATFORM_IMAGE_H

#include "platform.h"

#define PI_TEXT	  0xffffffff81000000ull
#define PI_DATA	  0xffffffff82000000ull
#define PI_PERCPU 0xffffffff83000000ull /* where per-CPU data really is */

struct platform_image {
	struct pvp_image *image;
	struct pvp_tables tables;
	char dir[64]; /* empty, removed by deinit with all in it */
};

/* The fields of its pv_ops, in slot order. */
enum { PI_SAVE_FL, PI_IRQ_DISABLE, PI_TWICE, PI_UNLOCK, PI_PREEMPTED, PI_NR_FIELDS };

void platform_image_init(struct platform_image *pi);
void platform_image_init_btf(struct platform_image *pi);
void platform_image_deinit(struct platform_image *pi);
/* dir/name with that text; returns its path in a static buffer. */
const char *platform_image_write(const struct platform_image *pi, const char *name,
				 const char *text);
/* text with the first `old` replaced by `new`, owned by the caller; aborts when it is not there. */
char *platform_image_edit(const char *text, const char *old, const char *new);

#endif
