/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - the model predictor: what the kernel's boot-time patching writes, computed by our own
 * code from the rules in the facts, one small module a pass.  A generation is an ordered list of
 * passes and a row of rules.  Runs nothing; never links the emulator.  The text is as
 * alternative_instructions() leaves it, or the early initcalls (platform.initcalls).  Where the
 * kernel's patcher does not come back from a site, the site is left and noted in the result.
 *
 * A trace is the same run, with the bytes of one range of text as every pass left them.
 */
#ifndef PVP_MODEL_H
#define PVP_MODEL_H

#include "patched.h"
#include "platform.h"
#include "tables.h"

/* PVP_ERR_UNSUPPORTED for a generation the model has no row for. */
struct pvp_error *pvp_model_patch(const struct pvp_image *image, const struct pvp_tables *tables,
				  const struct pvp_platform *platform,
				  struct pvp_patched *ret) PVP_MUST_CHECK;

/* One write of a pass, as far as it touches the range. */
struct pvp_trace_write {
	enum pvp_pass pass;
	uint64_t addr;
	size_t len;
	uint8_t *old, *new; /* owned, len bytes each; equal where it wrote what was there */
	uint8_t *symbolic;  /* as in struct pvp_patch */
};

struct pvp_trace_step {
	enum pvp_pass pass;
	bool wrote;	/* any byte of the range, if only as it was */
	uint8_t *bytes; /* owned: the range once the pass was through */
};

struct pvp_trace {
	uint64_t addr;
	size_t len;
	struct pvp_trace_step *v; /* owned: the file, the platform, then each pass in its order */
	size_t nr, cap;
	struct pvp_trace_write *writes; /* owned, in the order they were made */
	size_t nr_writes, cap_writes;
};

/* PVP_ERR_BAD_DATA when [addr, addr+len) is not text. */
struct pvp_error *pvp_model_trace(const struct pvp_image *image, const struct pvp_tables *tables,
				  const struct pvp_platform *platform, uint64_t addr, size_t len,
				  struct pvp_trace *ret) PVP_MUST_CHECK;
void pvp_trace_deinit(struct pvp_trace *trace);

#endif
