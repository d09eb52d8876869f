// SPDX-License-Identifier: GPL-2.0-only
#include "decode.h"

#include <capstone/capstone.h>
#include <stdlib.h>

#include "alloc.h"

struct pvp_decoder {
	csh handle;
	cs_insn *insn;
	enum pvp_arch arch;
};

struct pvp_error *pvp_decoder_create(enum pvp_arch arch, struct pvp_decoder **ret)
{
	struct pvp_decoder decoder = {.arch = arch};
	cs_err status = cs_open(CS_ARCH_X86, arch == PVP_ARCH_I386 ? CS_MODE_32 : CS_MODE_64,
				&decoder.handle);

	if (status != CS_ERR_OK)
		return pvp_error_format(PVP_ERR_ENGINE, "capstone: %s", cs_strerror(status));
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

static bool is_prefix(uint8_t byte)
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
	case 0x40 ... 0x4f: /* REX */
		return true;
	}
	return false;
}

/*
 * Near call, jmp and jcc with 66 in front: in 64-bit mode the displacement stays 32 bits (as the
 * kernel's decoder and Intel CPUs have it); Capstone 4.0.2 takes 16.  0: not such an instruction.
 */
static size_t near_branch_with_66(const uint8_t *bytes, size_t avail)
{
	size_t i = 0, opcode;
	bool seen = false;

	while (i < avail && is_prefix(bytes[i]))
		seen |= bytes[i++] == 0x66;
	if (!seen || i >= avail)
		return 0;
	if (bytes[i] == 0xe8 || bytes[i] == 0xe9)
		opcode = 1;
	else if (bytes[i] == 0x0f && i + 1 < avail && (bytes[i + 1] & 0xf0) == 0x80)
		opcode = 2;
	else
		return 0;
	return i + opcode + 4 <= avail ? i + opcode + 4 : 0;
}

size_t pvp_decoder_len(struct pvp_decoder *decoder, const uint8_t *bytes, size_t avail)
{
	size_t len = decoder->arch == PVP_ARCH_AMD64 ? near_branch_with_66(bytes, avail) : 0;
	uint64_t addr = 0;

	if (len)
		return len;
	if (!cs_disasm_iter(decoder->handle, &bytes, &avail, &addr, decoder->insn))
		return 0;
	return decoder->insn->size;
}
