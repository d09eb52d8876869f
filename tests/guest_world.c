// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "guest_world.h"

#include <string.h>

#include "check_helpers.h"
#include "guest.h"

void guest_world_init(struct world *w)
{
	guest_world_init_kind(w, TINY_6_1);
}

void guest_world_init_kind(struct world *w, enum tiny_kind kind)
{
	static const uint8_t copy[] = {0x48, 0x89, 0xd1, 0xf3, 0xa4, 0xc3};
	/* push %esi; push %edi; mov %eax,%edi; mov %edx,%esi; rep movsb; pop %edi; pop %esi; ret */
	static const uint8_t copy_i386[] = {0x56, 0x57, 0x89, 0xc7, 0x89, 0xd6,
					    0xf3, 0xa4, 0x5f, 0x5e, 0xc3};
	struct tiny *t = &w->tiny;
	bool i386;

	world_init_kind(w, kind);
	i386 = t->arch == PVP_ARCH_I386;
	w->platform.return_thunk = 0;
	tiny_symbol(t, "apply_alternatives", APPLY);
	tiny_symbol(t, "alternative_instructions", BOOT);
	if (!i386) {
		tiny_symbol(t, "static_call_init", INIT);
		tiny_symbol(t, "__static_call_update", UPDATE);
	}
	tiny_symbol(t, "memcpy", COPY);
	tiny_symbol(t, "boot_cpu_data", CPU_DATA);
	tiny_symbol(t, "__cpu_possible_mask", MASKS);
	tiny_symbol(t, "__cpu_present_mask", MASKS + 8);
	tiny_branch(t, BOOT, 0xe8, APPLY);
	tiny_poke(t, BOOT + 5, "\xc3", 1);
	tiny_poke(t, APPLY, "\xc3", 1);
	tiny_poke(t, INIT, "\xc3", 1);
	tiny_poke(t, UPDATE, "\xc3", 1);
	if (i386)
		tiny_poke(t, COPY, copy_i386, sizeof(copy_i386));
	else
		tiny_poke(t, COPY, copy, sizeof(copy));
	tiny_poke(t, SOURCE, "patch", 5);
}

static struct pvp_error *predict(struct world *w, struct pvp_image **image, struct pvp_patched *ret)
{
	struct pvp_tables tables;
	struct pvp_error *err;

	pvp_ck_ok(tiny_open(&w->tiny, image));
	pvp_ck_ok(pvp_tables_parse(*image, &tables));
	err = pvp_guest_patch(*image, &tables, &w->platform, ret);
	pvp_tables_deinit(&tables);
	return err;
}

void guest_expect(struct world *w, const char *what, const char *want)
{
	struct pvp_patched patched;
	struct pvp_image *image;
	char *text;
	size_t len;
	FILE *out;

	pvp_ck_ok(predict(w, &image, &patched));
	out = open_memstream(&text, &len);
	pvp_patched_print(&patched, out);
	fclose(out);
	ck_assert_msg(!strcmp(text, want), "%s: %s", what, text);
	free(text);
	pvp_patched_deinit(&patched);
	pvp_image_close(image);
}

void guest_expect_error(struct world *w, enum pvp_error_code code, const char *message)
{
	struct pvp_patched patched;
	struct pvp_image *image;

	pvp_ck_err(predict(w, &image, &patched), code, message);
	pvp_image_close(image);
}
