// SPDX-License-Identifier: GPL-2.0-only
#include "static_keys.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/* A label that is not taken: short where the assembler made it short.  Source:
 * arch/x86/kernel/jump_label.c, asm/nops.h of 6.1. */
static const struct nops {
	uint8_t nop2[2], nop5[5];
} nops[] = {
	[PVP_ARCH_AMD64] = {{0x66, 0x90}, {0x0f, 0x1f, 0x44, 0x00, 0x00}},
	[PVP_ARCH_I386] = {{0x89, 0xf6}, {0x3e, 0x8d, 0x74, 0x26, 0x00}},
};

/* Length of the label in the file, 0: it is neither a jump nor the NOP for one. */
static uint32_t label_len(const struct pvp_image *image, uint64_t addr)
{
	const struct nops *nop = &nops[image->arch];
	const uint8_t *bytes = pvp_image_bytes(image, addr, sizeof(nop->nop2));

	if (bytes && (bytes[0] == 0xeb || !memcmp(bytes, nop->nop2, sizeof(nop->nop2))))
		return sizeof(nop->nop2);
	bytes = pvp_image_bytes(image, addr, sizeof(nop->nop5));
	if (bytes && (bytes[0] == 0xe9 || !memcmp(bytes, nop->nop5, sizeof(nop->nop5))))
		return sizeof(nop->nop5);
	return 0;
}

static struct pvp_error *make_label(const struct pvp_image *image,
				    const struct pvp_jump_entry *label, bool on,
				    struct pvp_text_write *ret)
{
	uint32_t len = label_len(image, label->addr);
	int64_t distance = label->target - (label->addr + len);
	int32_t rel = distance;

	if (!len)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"__jump_table entry at %#" PRIx64
					": no jump label at %#" PRIx64,
					label->entry, label->addr);
	*ret = (struct pvp_text_write){.addr = label->addr, .len = len};
	if (on == label->branch_default) { /* stays on its way */
		memcpy(ret->bytes, len == 2 ? nops[image->arch].nop2 : nops[image->arch].nop5, len);
		return NULL;
	}
	if (len == 2 ? distance != (int8_t)distance : distance != rel)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"__jump_table entry at %#" PRIx64 ": target %#" PRIx64
					" is out of reach",
					label->entry, label->target);
	ret->bytes[0] = len == 2 ? 0xeb : 0xe9;
	memcpy(ret->bytes + 1, &rel, len - 1);
	return NULL;
}

static void put_write(struct pvp_platform *platform, const struct pvp_text_write *write)
{
	for (size_t i = 0; i < platform->nr_text_writes; i++)
		if (platform->text_writes[i].addr == write->addr) {
			platform->text_writes[i] = *write;
			return;
		}
	platform->text_writes =
		pvp_reallocarray(platform->text_writes, platform->nr_text_writes + 1,
				 sizeof(*platform->text_writes));
	platform->text_writes[platform->nr_text_writes++] = *write;
}

/* The counter is the first word of the key: 0 or 1. */
static void put_counter(struct pvp_platform *platform, uint64_t key, bool on)
{
	struct pvp_poke *poke = NULL;

	for (size_t i = 0; i < platform->nr_pokes; i++)
		if (platform->pokes[i].addr == key && platform->pokes[i].arg < 0 &&
		    platform->pokes[i].nr_values == 1)
			poke = &platform->pokes[i];
	if (!poke) {
		platform->pokes = pvp_reallocarray(platform->pokes, platform->nr_pokes + 1,
						   sizeof(*platform->pokes));
		poke = &platform->pokes[platform->nr_pokes++];
		*poke = (struct pvp_poke){.arg = -1, .addr = key, .copy_arg = -1, .size = 4};
		poke->values = pvp_calloc(1, sizeof(*poke->values));
		poke->nr_values = 1;
	}
	poke->values[0] = on;
}

struct pvp_error *pvp_static_key_set(const struct pvp_image *image, const struct pvp_tables *tables,
				     const char *name, bool on, struct pvp_platform *platform)
{
	uint64_t key;
	bool any = false;
	struct pvp_error *err = pvp_image_symbol(image, name, &key);

	for (size_t i = 0; !err && i < tables->nr_jumps; i++) {
		struct pvp_text_write write;

		if (tables->jumps[i].key != key)
			continue;
		any = true;
		err = make_label(image, &tables->jumps[i], on, &write);
		/* A label that is right in the file and was not switched before stays unsaid. */
		if (!err &&
		    memcmp(write.bytes, pvp_image_bytes(image, write.addr, write.len), write.len))
			put_write(platform, &write);
		else if (!err)
			for (size_t k = 0; k < platform->nr_text_writes; k++)
				if (platform->text_writes[k].addr == write.addr)
					platform->text_writes[k] = write;
	}
	if (err)
		return err;
	if (!any && !tables->nr_jumps)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "the image has no static keys");
	put_counter(platform, key, on);
	return NULL;
}

struct pvp_error *pvp_override_static_keys(const char *const *list, const struct pvp_image *image,
					   const struct pvp_tables *tables,
					   struct pvp_platform *platform)
{
	struct pvp_error *err = NULL;

	for (size_t i = 0; list && list[i] && !err; i++) {
		const char *equals = strchr(list[i], '=');
		char *name;

		if (!equals || equals == list[i] ||
		    (strcmp(equals, "=on") && strcmp(equals, "=off")))
			return pvp_error_format(
				PVP_ERR_USAGE, "--static-key %s: not NAME=on or NAME=off", list[i]);
		name = pvp_strndup(list[i], equals - list[i]);
		err = pvp_static_key_set(image, tables, name, !strcmp(equals, "=on"), platform);
		if (err)
			err = pvp_error_context(err, "--static-key %s", list[i]);
		free(name);
	}
	return err;
}
