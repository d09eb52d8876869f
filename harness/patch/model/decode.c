// SPDX-License-Identifier: GPL-2.0-only
#include "decode.h"

#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

struct pvp_decoder {
	bool is64;
	csh handle;
	cs_insn *insn;
};

struct pvp_error *pvp_decoder_create(enum pvp_arch arch, struct pvp_decoder **ret)
{
	struct pvp_decoder decoder = {.is64 = arch != PVP_ARCH_I386};
	cs_err status =
		cs_open(CS_ARCH_X86, decoder.is64 ? CS_MODE_64 : CS_MODE_32, &decoder.handle);

	if (status != CS_ERR_OK)
		return pvp_error_format(PVP_ERR_ENGINE, "capstone: %s", cs_strerror(status));
	cs_option(decoder.handle, CS_OPT_DETAIL, CS_OPT_ON);
	decoder.insn = cs_malloc(decoder.handle);
	if (!decoder.insn) {
		cs_close(&decoder.handle);
		return pvp_error_format(PVP_ERR_ENGINE, "capstone: out of memory");
	}
	*ret = pvp_calloc(1, sizeof(**ret));
	**ret = decoder;
	return NULL;
}

void pvp_decoder_destroy(struct pvp_decoder *decoder)
{
	if (!decoder)
		return;
	cs_free(decoder->insn, 1);
	cs_close(&decoder->handle);
	free(decoder);
}

static bool is_prefix(const struct pvp_decoder *decoder, uint8_t byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64 ... 0x67:
	case 0xf0:
	case 0xf2:
	case 0xf3:
		return true;
	case 0x40 ... 0x4f: /* REX */
		return decoder->is64;
	}
	return false;
}

/*
 * Near call, jmp and jcc with 66 in front: in 64-bit mode the displacement stays 32 bits (as the
 * kernel's decoder and Intel CPUs have it); Capstone 4.0.2 takes 16.  0: not such an instruction.
 */
static size_t near_branch_with_66(const struct pvp_decoder *decoder, const uint8_t *bytes,
				  size_t avail, size_t opcode)
{
	size_t len = opcode;

	if (!decoder->is64 || opcode >= avail || !memchr(bytes, 0x66, opcode))
		return 0;
	if (bytes[opcode] == 0xe8 || bytes[opcode] == 0xe9)
		len += 1 + 4;
	else if (bytes[opcode] == 0x0f && opcode + 1 < avail && (bytes[opcode + 1] & 0xf0) == 0x80)
		len += 2 + 4;
	else
		return 0;
	return len <= avail ? len : 0;
}

// clang-format off
/* Instructions without prefixes that Capstone 4.0.2 does not know, in Debian's images. */
static const struct {
	uint8_t bytes[3]; /* opcode 0f xx, ModRM */
} unknown[] = {
	{ { 0x0f, 0x01, 0xc6 } }, /* wrmsrns */
};
// clang-format on

static bool is_unknown(const uint8_t *bytes, size_t avail)
{
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		if (avail >= 3 && !memcmp(bytes, unknown[i].bytes, 3))
			return true;
	return false;
}

bool pvp_decoder_insn(struct pvp_decoder *decoder, const uint8_t *bytes, size_t avail,
		      struct pvp_insn *ret)
{
	const uint8_t *from = bytes;
	struct pvp_insn insn = {.is64 = decoder->is64};
	uint64_t addr = 0;
	size_t left = avail;

	while (insn.opcode < avail && insn.opcode < 15 && is_prefix(decoder, bytes[insn.opcode]))
		insn.opcode++;
	insn.len = near_branch_with_66(decoder, bytes, avail, insn.opcode);
	if (!insn.len && is_unknown(bytes, avail)) {
		insn.len = 3;
		insn.modrm = 2;
	}
	if (!insn.len) {
		if (!cs_disasm_iter(decoder->handle, &from, &left, &addr, decoder->insn))
			return false;
		insn.len = decoder->insn->size;
		insn.modrm = decoder->insn->detail->x86.encoding.modrm_offset;
	}
	*ret = insn;
	return true;
}

size_t pvp_decoder_len(struct pvp_decoder *decoder, const uint8_t *bytes, size_t avail)
{
	struct pvp_insn insn;

	return pvp_decoder_insn(decoder, bytes, avail, &insn) ? insn.len : 0;
}
