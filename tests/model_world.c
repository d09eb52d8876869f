// SPDX-License-Identifier: GPL-2.0-only
#include "model_world.h"

#include <stdio.h>

#include "check_helpers.h"

uint64_t world_addr(const struct world *w, uint64_t addr)
{
	return w->tiny.arch == PVP_ARCH_I386 ? (uint32_t)addr : addr;
}

void world_init(struct world *w)
{
	world_init_kind(w, TINY_6_1);
}

void world_init_kind(struct world *w, enum tiny_kind kind)
{
	memset(w, 0, sizeof(*w));
	tiny_init_kind(&w->tiny, kind);
	/* Some pv site, or it is no image for us; far from the sites of the tests. */
	if (w->tiny.new_alts) {
		tiny_direct_call(&w->tiny, TINY_TEXT + 0x700, 0);
		world_feature(w, ALWAYS);
	} else {
		tiny_pv_call(&w->tiny, TINY_TEXT + 0x700, 0);
		tiny_para(&w->tiny, TINY_TEXT + 0x700, 0, w->tiny.absolute ? 7 : 6);
	}
	for (unsigned i = 0; i < w->tiny.nr_slots; i++)
		w->pv_ops[i] = world_addr(w, TINY_FUNCS + i * 16);
	w->platform.name = (char *)"test";
	w->platform.cpus = 2;
	w->platform.pv_ops = w->pv_ops;
	w->platform.nr_pv_ops = w->tiny.nr_slots;
	w->platform.static_calls = w->calls;
	w->platform.text_writes = w->writes;
	w->platform.return_thunk = world_addr(w, TINY_RETURN);
	w->platform.null_target = world_addr(w, TINY_BUG);
	w->platform.nop_target = world_addr(w, TINY_NOP);
}

void world_feature(struct world *w, unsigned number)
{
	w->platform.caps[number / 32] |= 1u << (number % 32);
}

void world_features(struct world *w, const unsigned *numbers, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (numbers[i])
			world_feature(w, numbers[i]);
}

struct pvp_error *world_run(struct world *w, struct pvp_image **image, struct pvp_patched *ret)
{
	struct pvp_tables tables;
	struct pvp_error *err;

	pvp_ck_ok(tiny_open(&w->tiny, image));
	pvp_ck_ok(pvp_tables_parse(*image, &tables));
	err = pvp_model_patch(*image, &tables, &w->platform, ret);
	pvp_tables_deinit(&tables);
	return err;
}

enum pvp_pass world_expect(struct world *w, const char *what, uint64_t addr, const uint8_t *want,
			   size_t len)
{
	enum pvp_pass pass = PVP_PASS_FILE;
	struct pvp_patched patched;
	struct pvp_image *image;
	uint8_t got[64];

	addr = world_addr(w, addr);
	pvp_ck_ok(world_run(w, &image, &patched));
	ck_assert(pvp_patched_bytes(&patched, image, addr, len, got));
	pvp_ck_bytes(what, got, want, len);
	for (size_t i = 0; i < patched.nr; i++)
		if (addr - patched.v[i].addr < patched.v[i].len)
			pass = patched.v[i].pass;
	pvp_patched_deinit(&patched);
	pvp_image_close(image);
	return pass;
}

void world_expect_error(struct world *w, enum pvp_error_code code, const char *message)
{
	struct pvp_patched patched;
	struct pvp_image *image;

	pvp_ck_err(world_run(w, &image, &patched), code, message);
	pvp_image_close(image);
}

void world_branch(uint8_t *to, uint8_t opcode, uint64_t addr, uint64_t target)
{
	to[0] = opcode;
	for (unsigned i = 0; i < 4; i++)
		to[1 + i] = (target - (addr + 5)) >> (8 * i);
}

size_t world_bytes(uint64_t addr, const char *text, uint8_t *bytes, uint8_t *symbolic)
{
	size_t n = 0;

	while (*text) {
		bool unknown = *text == '?';
		unsigned value;
		int used;

		text += unknown;
		if (*text == '@') {
			ck_assert(sscanf(text, "@%x %n", &value, &used) == 1);
			ck_assert_uint_le(n + 4, WORLD_BYTES);
			for (unsigned i = 0; i < 4; i++) {
				bytes[n + i] = (TINY_TEXT + value - (addr + n + 4)) >> (8 * i);
				symbolic[n + i] = unknown;
			}
			n += 4;
		} else {
			ck_assert(sscanf(text, "%2x %n", &value, &used) == 1);
			ck_assert_uint_lt(n, WORLD_BYTES);
			bytes[n] = value;
			symbolic[n++] = unknown;
		}
		text += used;
	}
	return n;
}

void world_poke(struct world *w, uint64_t addr, const char *text)
{
	uint8_t bytes[WORLD_BYTES], symbolic[WORLD_BYTES];

	tiny_poke(&w->tiny, addr, bytes, world_bytes(addr, text, bytes, symbolic));
}

void world_alt(struct world *w, uint64_t addr, unsigned len, unsigned feature, const char *text)
{
	uint8_t bytes[WORLD_BYTES], symbolic[WORLD_BYTES];

	tiny_alt(&w->tiny, addr, len, feature, bytes,
		 world_bytes(TINY_REPLACEMENT + w->tiny.replacement_len, text, bytes, symbolic));
}

enum pvp_pass world_expect_text(struct world *w, const char *what, uint64_t addr, const char *text)
{
	uint8_t want[WORLD_BYTES], symbolic[WORLD_BYTES];
	size_t len = world_bytes(addr, text, want, symbolic);
	enum pvp_pass pass = world_expect(w, what, addr, want, len);
	struct pvp_patched patched;
	struct pvp_image *image;

	pvp_ck_ok(world_run(w, &image, &patched));
	for (size_t i = 0; i < len; i++)
		ck_assert_msg(pvp_patched_is_symbolic(&patched, addr + i, 1) == symbolic[i],
			      "%s: byte %zu is %ssymbolic", what, i, symbolic[i] ? "not " : "");
	pvp_patched_deinit(&patched);
	pvp_image_close(image);
	return pass;
}
