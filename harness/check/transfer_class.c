// SPDX-License-Identifier: GPL-2.0-only
#include "transfer_class.h"

#include <string.h>

#include "error.h"

// clang-format off
/* Whole instructions that are the same anywhere.  What stands behind them is part of the class.
 * Source: facts about what the patchers write, of 5.10 to 7.2. */
static const struct {
	uint8_t len, bytes[6];
} plain[] = {
	{ 1, { 0xc3 } },                               /* ret */
	{ 5, { 0x0f, 0x1f, 0x44, 0x00, 0x00 } },       /* NOPs of five bytes */
	{ 5, { 0x66, 0x66, 0x66, 0x66, 0x90 } },
	{ 5, { 0x2e, 0x2e, 0x2e, 0x31, 0xc0 } },       /* xor %eax,%eax */
	{ 5, { 0x67, 0x48, 0x0f, 0xb9, 0x3a } },       /* ud1 (%edx),%rdi */
};
// clang-format on

static bool is_plain(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (len >= plain[i].len && !memcmp(bytes, plain[i].bytes, plain[i].len))
			return true;
	return false;
}

/* An indirect call or jmp through a register, perhaps behind REX.B. */
static bool is_indirect(const uint8_t *bytes, size_t len)
{
	const size_t at = len && bytes[0] == 0x41;

	return len >= at + 2 && bytes[at] == 0xff && bytes[at + 1] >= 0xd0 &&
	       bytes[at + 1] <= 0xe7 && (bytes[at + 1] & 0xf8) != 0xd8;
}

void pvp_transfer_class_of(uint64_t addr, const uint8_t *bytes, size_t len,
			 struct pvp_transfer_class *ret)
{
	static const uint8_t lfence[] = {0x0f, 0xae, 0xe8};
	size_t at = 0, rel = 0;
	int32_t disp;

	ret->target = ret->alone = 0;
	memset(ret->bytes, 0, sizeof(ret->bytes));
	if (!bytes || !len || len > sizeof(ret->bytes)) {
		ret->alone = addr;
		return;
	}
	memcpy(ret->bytes, bytes, len);
	/* jcc over the rest, to the very end */
	if (len >= 2 && (bytes[0] & 0xf0) == 0x70 && bytes[1] == len - 2)
		at = 2;
	if (len - at >= sizeof(lfence) && !memcmp(bytes + at, lfence, sizeof(lfence)))
		at += sizeof(lfence);
	if (is_plain(bytes + at, len - at))
		return;
	while (at < len && bytes[at] == 0x2e)
		at++;
	if (is_indirect(bytes + at, len - at))
		return;
	if (len - at >= 5 && (bytes[at] == 0xe8 || bytes[at] == 0xe9))
		rel = at + 1;
	else if (len - at >= 6 && bytes[at] == 0x0f && (bytes[at + 1] & 0xf0) == 0x80)
		rel = at + 2;
	if (!rel) {
		ret->alone = addr;
		return;
	}
	memcpy(&disp, bytes + rel, sizeof(disp));
	memset(ret->bytes + rel, 0, sizeof(disp));
	ret->target = addr + rel + sizeof(disp) + (int64_t)disp;
}
