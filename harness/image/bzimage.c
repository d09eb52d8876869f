// SPDX-License-Identifier: GPL-2.0-only
// bzimage.c - find the payload of an x86 boot image.
#include "private.h"

#include <inttypes.h>

// clang-format off
/* File offsets in the setup header.  Source: Documentation/arch/x86/boot.rst, "The Real-Mode
 * Kernel Header". */
enum {
	SETUP_SECTS    = 0x1f1, /* u8: 512-byte sectors of set-up code; 0 means 4 */
	BOOT_FLAG      = 0x1fe, /* u16: 0xaa55 */
	HEADER_MAGIC   = 0x202, /* "HdrS" */
	VERSION        = 0x206, /* u16: protocol, major.minor */
	PAYLOAD_OFFSET = 0x248, /* u32: from the first byte behind the set-up code; since 2.08 */
	PAYLOAD_LENGTH = 0x24c, /* u32 */
	HEADER_END     = 0x250,
};
// clang-format on
#define PROTOCOL_WITH_PAYLOAD 0x0208
#define SECTOR		      512

bool pvp_bzimage_is(const struct pvp_bytes *file)
{
	uint16_t flag;

	return pvp_bytes_u16(file, BOOT_FLAG, &flag) && flag == 0xaa55 &&
	       pvp_bytes_has(file, HEADER_MAGIC, 4) &&
	       memcmp(file->data + HEADER_MAGIC, "HdrS", 4) == 0;
}

struct pvp_error *pvp_bzimage_unpack(const struct pvp_bytes *file, uint8_t **ret, uint64_t *ret_len,
				     const char **container)
{
	uint32_t payload_offset, payload_length;
	uint64_t sects, off;
	uint16_t version;
	struct pvp_bytes payload;
	struct pvp_error *err;

	if (!pvp_bytes_u16(file, VERSION, &version) || file->len < HEADER_END)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"boot image header is cut off: file ends at %#" PRIx64,
					file->len);
	if (version < PROTOCOL_WITH_PAYLOAD)
		return pvp_error_format(
			PVP_ERR_UNSUPPORTED,
			"boot protocol %u.%02u does not say where the payload is (2.08 does)",
			version >> 8, version & 0xff);
	if (!pvp_bytes_uint(file, SETUP_SECTS, 1, &sects) ||
	    !pvp_bytes_u32(file, PAYLOAD_OFFSET, &payload_offset) ||
	    !pvp_bytes_u32(file, PAYLOAD_LENGTH, &payload_length))
		return pvp_error_format(PVP_ERR_BAD_DATA, "boot image header is cut off");
	off = ((sects ? sects : 4) + 1) * SECTOR + payload_offset;
	if (!pvp_bytes_has(file, off, payload_length))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"boot image is truncated: its payload is %#" PRIx32
					" bytes at %#" PRIx64 ", the file ends at %#" PRIx64,
					payload_length, off, file->len);
	payload = (struct pvp_bytes){file->data + off, payload_length};
	err = pvp_decompress(&payload, ret, ret_len, container);
	if (err)
		return pvp_error_context(err, "payload at %#" PRIx64, off);
	return NULL;
}
