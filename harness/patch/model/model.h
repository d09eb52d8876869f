/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - the model predictor: what the kernel's boot-time patching writes, computed by our own
 * code from the rules in the facts, one small module a pass.  A generation is an ordered list of
 * passes and a row of rules.  Runs nothing; never links the emulator.
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

#endif
