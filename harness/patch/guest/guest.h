/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h - the guest predictor: what boot-time patching writes, found by running it.
 *
 * The image's own static_call_init(), __static_call_update() and alternative_instructions() run in
 * the emulator, over the image's memory with the platform's inputs in it (capability words, pv_ops,
 * static-call keys, return thunk, CPUs); then text is read back.  Which passes there are, their
 * order and their arguments are the kernel's; we only watch where each begins, to name who wrote a
 * byte.  Nothing here knows what a patched byte looks like.
 *
 * Before these, arch_init_ideal_nops() of 5.10; where there are no inline static calls (i386),
 * arch_static_call_transform() for each trampoline that changes; with platform->initcalls,
 * static_call_init() again at the end.
 *
 * Locks, printk, NMI control and the like are replaced by a plain return, allocators by pages of an
 * arena (callees.c has the list); a branch to such a page is symbolic.  A WARN is passed over as
 * the kernel does.  A patcher that faults, hangs, leaves the memory it was given or meets an
 * instruction nobody modelled is an error that names the function run, the pass, the address and,
 * where it can be told, the table entry.
 *
 * It takes a second or two; with call depth tracking some fifteen, nearly all of it the engine's
 * stores.
 */
#ifndef PVP_GUEST_H
#define PVP_GUEST_H

#include "patched.h"
#include "platform.h"
#include "tables.h"

/*
 * PVP_ERR_UNSUPPORTED for an image that lacks those functions or is of a generation whose data
 * layout is not known here: no prediction, and nothing wrong with the image.
 */
struct pvp_error *pvp_guest_supports(const struct pvp_image *image,
				     const struct pvp_tables *tables) PVP_MUST_CHECK;

/* ret is what pvp_model_patch() gives, but for who wrote a byte where a later pass rewrote it with
 * the value it had. */
struct pvp_error *pvp_guest_patch(const struct pvp_image *image, const struct pvp_tables *tables,
				  const struct pvp_platform *platform,
				  struct pvp_patched *ret) PVP_MUST_CHECK;

#endif
