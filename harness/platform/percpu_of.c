// SPDX-License-Identifier: GPL-2.0-only
#include "percpu_of.h"

#include <capstone/capstone.h>
#include <string.h>

#include "alloc.h"

/* The functions that are asked for name it in their first lines. */
#define MAX_LEN	 256
#define MAX_INSN 15

/* Where a CPU has the distance to its own data, a part of every place there; 0: not known. */
static uint64_t own_distance(const struct pvp_image *image)
{
	const struct pvp_symbol *const *found;

	found = pvp_image_symbols_named(image, "this_cpu_off", NULL);
	return found ? found[0]->addr : 0;
}

static bool names_percpu(const struct pvp_image *image, const cs_insn *insn, uint64_t *ret)
{
	const cs_x86 *x86 = &insn->detail->x86;

	for (unsigned i = 0; i < x86->op_count; i++) {
		const cs_x86_op *op = &x86->operands[i];
		uint64_t value = op->type == X86_OP_IMM ? op->imm
				 : op->type == X86_OP_MEM ? op->mem.disp
							  : 0;

		*ret = image->ptr_len == 4 ? (uint32_t)value : value;
		if (*ret - image->percpu_from < image->percpu_len && *ret != own_distance(image))
			return true;
	}
	return false;
}

/* False: it names none. */
static bool search(const struct pvp_image *image, csh handle, cs_insn *insn, uint64_t at,
		   uint64_t *ret)
{
	for (const uint64_t end = at + MAX_LEN; at < end;) {
		size_t nr = MAX_INSN;
		const uint8_t *bytes;

		while (nr && !pvp_image_bytes(image, at, nr))
			nr--;
		bytes = pvp_image_bytes(image, at, nr);
		if (!nr || !bytes || !cs_disasm_iter(handle, &bytes, &nr, &at, insn) ||
		    insn->id == X86_INS_RET)
			return false;
		if (names_percpu(image, insn, ret))
			return true;
	}
	return false;
}

struct pvp_error *pvp_percpu_of(const struct pvp_image *image, const char *function, uint64_t *ret)
{
	uint64_t at, addr = 0;
	cs_insn *insn;
	cs_err status;
	bool found;
	csh handle;
	struct pvp_error *err = pvp_image_symbol(image, function, &at);

	if (err)
		return err;
	if (!image->percpu_from) /* an address would be told from no small number */
		return pvp_error_format(PVP_ERR_NOT_FOUND,
					"per-CPU data of this image has no ordinary addresses");
	status = cs_open(CS_ARCH_X86, image->ptr_len == 4 ? CS_MODE_32 : CS_MODE_64, &handle);
	if (status != CS_ERR_OK)
		return pvp_error_format(PVP_ERR_ENGINE, "capstone: %s", cs_strerror(status));
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	insn = cs_malloc(handle);
	found = search(image, handle, insn, at, &addr);
	cs_free(insn, 1);
	cs_close(&handle);
	if (!found)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "%s names no per-CPU data", function);
	*ret = pvp_image_on_cpu0(image, addr);
	return NULL;
}

char *pvp_percpu_of_function(const char *text)
{
	static const char before[] = "percpu-of(";
	size_t from = strlen(before), len = strlen(text);

	if (strncmp(text, before, from) || text[len - 1] != ')')
		return NULL;
	return pvp_strndup(text + from, len - from - 1);
}
