/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - values on their way from a worker to its parent: numbers, bytes and strings, in order.
 */
#ifndef PVP_RECORD_H
#define PVP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pvp_record {
	uint8_t *data; /* owned */
	size_t len, cap;
	size_t at;     /* reading position */
	bool bad;      /* something was read that is not there */
};

void pvp_record_deinit(struct pvp_record *record);
void pvp_record_put(struct pvp_record *record, const void *data, size_t len);
void pvp_record_put_u64(struct pvp_record *record, uint64_t value);
void pvp_record_put_string(struct pvp_record *record, const char *s); /* NULL stays NULL */
void pvp_record_get(struct pvp_record *record, void *data, size_t len);
uint64_t pvp_record_get_u64(struct pvp_record *record);
char *pvp_record_get_string(struct pvp_record *record); /* owned by the caller, or NULL */

#endif
