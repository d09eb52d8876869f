// SPDX-License-Identifier: GPL-2.0-only
#include "passes.h"

#include <string.h>

#define NOP 0x90

void pvp_nops_fill(const struct pvp_nops *nops, uint8_t *ret, size_t n)
{
	while (n) {
		size_t len = n < nops->longest ? n : nops->longest;

		memcpy(ret, nops->v[len - 1], len);
		ret += len;
		n -= len;
	}
}

static size_t run_of_nops(const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && bytes[n] == NOP)
		n++;
	return n;
}

/* Whether two 1-byte NOPs in a row are left to merge. */
static bool has_run(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (bytes[i] == NOP && bytes[i + 1] == NOP)
			return true;
	return false;
}

struct pvp_error *pvp_nops_optimize(const struct pvp_nops *nops, struct pvp_decoder *decoder,
				    uint8_t *bytes, size_t len, size_t avail, uint8_t *touched)
{
	for (size_t i = 0; i < len;) {
		size_t n = run_of_nops(bytes + i, len - i);

		if (n >= 2) {
			pvp_nops_fill(nops, bytes + i, n);
			if (touched)
				memset(touched + i, 1, n);
		}
		if (!n)
			n = pvp_decoder_len(decoder, bytes + i, avail - i);
		if (!n && has_run(bytes + i, len - i))
			/*
			 * The kernel stops where its decoder does, and ours is another: whether
			 * the NOPs behind are merged is not known.
			 */
			return pvp_error_format(PVP_ERR_UNSUPPORTED,
						"byte %zu (%02x) does not decode, with NOPs behind",
						i, bytes[i]);
		if (!n)
			break;
		i += n;
	}
	return NULL;
}
