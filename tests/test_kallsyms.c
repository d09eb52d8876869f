// SPDX-License-Identifier: GPL-2.0-only
// test_kallsyms.c - embedded symbol tables: every layout read, every lie noticed.
#include <inttypes.h>
#include <unistd.h>

#include "check_helpers.h"
#include "elfgen.h"
#include "kallsymsgen.h"
#include "suites.h"

#define NR 3000 /* 12 markers, the last block not full */

static char path[64];

static void make_path(void)
{
	snprintf(path, sizeof(path), "/tmp/pvproof-kallsyms-%ld", (long)getpid());
}

static void remove_path(void)
{
	unlink(path);
}

static uint64_t text_of(const struct kallsymsgen_layout *l)
{
	return l->ptr == 8 ? UINT64_C(0xffffffff81000000) : 0xc1000000;
}

static uint64_t rodata_of(const struct kallsymsgen_layout *l)
{
	return text_of(l) + 0x1000000;
}

/* An image without .symtab around .rodata. */
static struct pvp_image *open_with(const struct kallsymsgen_layout *l, const uint8_t *rodata,
				   size_t len)
{
	struct elfgen *g = elfgen_create(l->ptr == 8 ? PVP_ARCH_AMD64 : PVP_ARCH_I386);
	static const uint8_t text[16 * NR];
	struct pvp_image *image;

	elfgen_section(g, ".text", text_of(l), ELFGEN_TEXT, text, sizeof(text));
	elfgen_section(g, ".rodata", rodata_of(l), ELFGEN_RODATA, rodata, len);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	return image;
}

START_TEST(layout_reads)
{
	const struct kallsymsgen_layout *l = &kallsymsgen_layouts[_i];
	const struct pvp_symbol *const *v;
	struct pvp_image *image;
	struct kallsymsgen k;
	char long_name[210] = "sym_00001";
	uint64_t addr = 0;
	size_t nr;

	kallsymsgen_build(l, NR, rodata_of(l), text_of(l), &k);
	image = open_with(l, k.data, k.len);
	ck_assert_msg(strcmp(image->symbol_source, "kallsyms") == 0, "%s: source is %s", l->name,
		      image->symbol_source);
	ck_assert_msg(image->nr_symbols == NR, "%s: %zu symbols", l->name, image->nr_symbols);
	pvp_ck_ok(pvp_image_symbol(image, "sym_02999", &addr));
	ck_assert_msg(addr == text_of(l) + UINT64_C(16) * 2999, "%s: %#" PRIx64, l->name, addr);
	v = pvp_image_symbols_named(image, "sym_00000", &nr);
	ck_assert_msg(v && nr == 1, "%s: %zu of sym_00000", l->name, nr);
	ck_assert_msg(v[0]->addr == (l->encoding == 'p' ? 0 : text_of(l)) &&
			      v[0]->type == (l->encoding == 'p' ? 'D' : 'T'),
		      "%s: sym_00000 is %c at %#" PRIx64, l->name, v[0]->type, v[0]->addr);
	if (l->long_names)
		memset(long_name + 9, 'x', 200);
	ck_assert_msg(pvp_image_symbols_named(image, long_name, NULL) != NULL, "%s: no %s", l->name,
		      long_name);
	pvp_image_close(image);
	free(k.data);
}
END_TEST

#define PIECE(piece) offsetof(struct kallsymsgen, piece)

// clang-format off
/* A spoiled table: size bytes at the piece's offset + off get value.  The tables then contradict
 * themselves, so that the image has no symbols. */
static const struct {
	const char *name;
	size_t piece, off;
	unsigned size;
	uint64_t value;
} spoils[] = {
	/* name                     piece               off     size value */
	{ "count one more",         PIECE(num_syms),    0,        4, NR + 1 },
	{ "count one less",         PIECE(num_syms),    0,        4, NR - 1 },
	{ "count zero",             PIECE(num_syms),    0,        4, 0 },
	{ "count huge",             PIECE(num_syms),    0,        4, 0xffffffff },
	{ "first name empty",       PIECE(names),       0,        1, 0 },
	{ "first name shorter",     PIECE(names),       0,        1, 6 },
	{ "first name endless",     PIECE(names),       0,        2, 0xffff },
	{ "unprintable token",      PIECE(names),       3,        1, 0xe0 },
	{ "first marker not 0",     PIECE(markers),     0,        4, 1 },
	{ "marker off by one",      PIECE(markers),     5 * 4,    1, 0x0f },
	{ "marker huge",            PIECE(markers),     5 * 4,    4, 0xffffffff },
	{ "token unterminated",     PIECE(token_table), 3,        1, 'x' },
	{ "index off by one",       PIECE(token_index), 7 * 2,    1, 0xff },
	{ "index of digit 0 huge",  PIECE(token_index), 48 * 2,   2, 0xffff },
	{ "index of digit 0 zero",  PIECE(token_index), 48 * 2,   2, 0 },
	{ "offset out of order",    PIECE(offsets),     99 * 4,   4, 0x7fffffff },
	{ "relative base zero",     PIECE(base),        0,        4, 0 },
	{ "relative base wraps",    PIECE(base),        0,        4, 0xfffffff0 },
};
// clang-format on
#define NR_SPOILS ((int)ARRAY_SIZE(spoils))

START_TEST(spoiled_is_absent)
{
	const struct kallsymsgen_layout *l = &kallsymsgen_layouts[_i / NR_SPOILS];
	int row = _i % NR_SPOILS;
	struct pvp_image *image;
	struct kallsymsgen k;
	size_t at;

	kallsymsgen_build(l, NR, rodata_of(l), text_of(l), &k);
	memcpy(&at, (const char *)&k + spoils[row].piece, sizeof(at));
	if (at) { /* 7.2 has no relative base */
		if (strcmp(spoils[row].name, "unprintable token") == 0) {
			/* token 0xe0 becomes a newline */
			uint16_t start;

			memcpy(&start, k.data + k.token_index + 0xe0 * 2, 2);
			k.data[k.token_table + start] = '\n';
		}
		for (unsigned i = 0; i < spoils[row].size; i++)
			k.data[at + spoils[row].off + i] = (uint8_t)(spoils[row].value >> (8 * i));
		image = open_with(l, k.data, k.len);
		ck_assert_msg(image->nr_symbols == 0 && strcmp(image->symbol_source, "none") == 0,
			      "%s: %s: %zu symbols", l->name, spoils[row].name, image->nr_symbols);
		pvp_image_close(image);
	}
	free(k.data);
}
END_TEST

START_TEST(truncated_is_absent)
{
	const struct kallsymsgen_layout *l = &kallsymsgen_layouts[_i];
	struct pvp_image *image;
	struct kallsymsgen k;

	kallsymsgen_build(l, NR, rodata_of(l), text_of(l), &k);
	for (unsigned part = 0; part < 16; part++) {
		size_t last = l->offsets_first ? k.token_index + 512 : k.offsets + 4 * NR;

		image = open_with(l, k.data, last * part / 16);
		ck_assert_msg(image->nr_symbols == 0, "%s: %u/16: %zu symbols", l->name, part,
			      image->nr_symbols);
		pvp_image_close(image);
	}
	free(k.data);
}
END_TEST

/* Whatever the bytes, opening ends, within the file; what it finds is printable. */
START_TEST(random_damage)
{
	const struct kallsymsgen_layout *l = &kallsymsgen_layouts[_i];
	uint64_t seed = 0x9e3779b97f4a7c15 + (uint64_t)_i;
	struct pvp_image *image;
	struct kallsymsgen k;

	for (unsigned round = 0; round < 60; round++) {
		kallsymsgen_build(l, NR, rodata_of(l), text_of(l), &k);
		for (unsigned spots = 0; spots < 1 + round % 4; spots++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			k.data[(seed >> 20) % k.len] = (uint8_t)(seed >> 12);
		}
		image = open_with(l, k.data, k.len);
		for (size_t i = 0; i < image->nr_symbols; i++)
			ck_assert_msg(!strpbrk(image->symbols[i].name, "\n\033\177 "),
				      "%s: round %u: symbol %zu", l->name, round, i);
		pvp_image_close(image);
		free(k.data);
	}
}
END_TEST

/* Thousands of good token tables, each worth a search for markers, still take no time to refuse. */
START_TEST(many_token_tables_end)
{
	const struct kallsymsgen_layout *l = &kallsymsgen_layouts[0];
	size_t len = 16 << 20, tokens_len;
	uint8_t *rodata = malloc(len);
	struct pvp_image *image;
	struct kallsymsgen k;

	ck_assert(rodata != NULL);
	kallsymsgen_build(l, NR, rodata_of(l), text_of(l), &k);
	tokens_len = (k.token_index + 512 - k.token_table + 7) / 8 * 8;
	memset(rodata, 0xff, len);
	for (size_t off = 0; off + tokens_len <= len; off += tokens_len)
		memcpy(rodata + off, k.data + k.token_table, k.token_index + 512 - k.token_table);
	image = open_with(l, rodata, len);
	ck_assert_uint_eq(image->nr_symbols, 0);
	pvp_image_close(image);
	free(k.data);
	free(rodata);
}
END_TEST

Suite *kallsyms_suite(void)
{
	Suite *s = suite_create("kallsyms");
	TCase *reads = tcase_create("reads"), *hostile = tcase_create("hostile");
	TCase *endless = tcase_create("endless");

	tcase_add_checked_fixture(reads, make_path, remove_path);
	tcase_add_loop_test(reads, layout_reads, 0, KALLSYMSGEN_LAYOUTS);
	suite_add_tcase(s, reads);

	tcase_add_checked_fixture(hostile, make_path, remove_path);
	tcase_set_timeout(hostile, 20);
	tcase_add_loop_test(hostile, spoiled_is_absent, 0, KALLSYMSGEN_LAYOUTS * NR_SPOILS);
	tcase_add_loop_test(hostile, truncated_is_absent, 0, KALLSYMSGEN_LAYOUTS);
	tcase_add_loop_test(hostile, random_damage, 0, KALLSYMSGEN_LAYOUTS);
	suite_add_tcase(s, hostile);

	tcase_add_checked_fixture(endless, make_path, remove_path);
	tcase_set_timeout(endless, 15);
	tcase_add_test(endless, many_token_tables_end);
	suite_add_tcase(s, endless);
	return s;
}
