/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpu_model.h - a CPU by vendor, family and model, as boot_cpu_data has them: "amd:23:1".
 *
 * The vendor is a word, the string CPUID gives, or a number; family and model are decimal or 0x hex.
 */
#ifndef PVP_CPU_MODEL_H
#define PVP_CPU_MODEL_H

#include "platform.h"

/* PVP_ERR_BAD_DATA for what is none. */
struct pvp_error *pvp_cpu_model_parse(const char *text, struct pvp_cpu_model *ret) PVP_MUST_CHECK;

#endif
