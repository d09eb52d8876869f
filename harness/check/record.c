// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

void pvp_record_deinit(struct pvp_record *record)
{
	free(record->data);
	memset(record, 0, sizeof(*record));
}

void pvp_record_put(struct pvp_record *record, const void *data, size_t len)
{
	if (!len)
		return;
	while (record->cap - record->len < len) {
		record->cap = record->cap ? record->cap * 2 : 1024;
		record->data = pvp_reallocarray(record->data, record->cap, 1);
	}
	memcpy(record->data + record->len, data, len);
	record->len += len;
}

void pvp_record_put_u64(struct pvp_record *record, uint64_t value)
{
	pvp_record_put(record, &value, sizeof(value));
}

void pvp_record_put_string(struct pvp_record *record, const char *s)
{
	uint64_t len = s ? strlen(s) + 1 : 0;

	pvp_record_put_u64(record, len);
	if (s)
		pvp_record_put(record, s, len);
}

void pvp_record_get(struct pvp_record *record, void *data, size_t len)
{
	if (record->len - record->at < len) {
		record->bad = true;
		memset(data, 0, len);
		return;
	}
	memcpy(data, record->data + record->at, len);
	record->at += len;
}

uint64_t pvp_record_get_u64(struct pvp_record *record)
{
	uint64_t value;

	pvp_record_get(record, &value, sizeof(value));
	return value;
}

char *pvp_record_get_string(struct pvp_record *record)
{
	uint64_t len = pvp_record_get_u64(record);
	char *s;

	if (!len)
		return NULL;
	if (record->len - record->at < len || record->data[record->at + len - 1]) {
		record->bad = true;
		return NULL;
	}
	s = pvp_strdup((const char *)record->data + record->at);
	record->at += len;
	return s;
}
