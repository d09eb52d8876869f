// SPDX-License-Identifier: GPL-2.0-only
// test_btf.c - members found wherever they nest; damage ends in an error, and ends.
#include "btf.h"

#include <inttypes.h>
#include <unistd.h>

#include "btfgen.h"
#include "check_helpers.h"
#include "elfgen.h"
#include "suites.h"

static char path[64];

static void make_path(void)
{
	snprintf(path, sizeof(path), "/tmp/pvproof-btf-%ld", (long)getpid());
}

static void remove_path(void)
{
	unlink(path);
}

static struct pvp_image *open_with(const void *btf, size_t len)
{
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
	static const uint8_t text[16];
	struct pvp_image *image;

	elfgen_section(g, ".text", 0xffffffff81000000, ELFGEN_TEXT, text, sizeof(text));
	if (len)
		elfgen_section(g, ".BTF", 0xffffffff82000000, ELFGEN_RODATA, btf, len);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	return image;
}

static struct pvp_image *open_generated(const struct btfgen *g)
{
	struct pvp_image *image;
	uint8_t *bytes;
	size_t len;

	bytes = btfgen_bytes(g, &len);
	image = open_with(bytes, len);
	free(bytes);
	return image;
}

/* The numbers of the types in the sample. */
enum { U64 = 1, U32, PTR, CONST_U32, FLEX, ENUM, INNER, UNION, MM, FWD };

static void generate(struct btfgen *g)
{
	*g = (struct btfgen){0};
	btfgen_type(g, BTF_KIND_INT, "long unsigned int", 0, 8);
	btfgen_word(g, 64);
	btfgen_type(g, BTF_KIND_INT, "unsigned int", 0, 4);
	btfgen_word(g, 32);
	btfgen_type(g, BTF_KIND_PTR, "", 0, U32);
	btfgen_type(g, BTF_KIND_CONST, "", 0, U32);
	btfgen_type(g, BTF_KIND_ARRAY, "", 0, 0);
	btfgen_word(g, U32);
	btfgen_word(g, U32);
	btfgen_word(g, 0);
	btfgen_type(g, BTF_KIND_ENUM, "mm_struct", 1, 4); /* not a structure */
	btfgen_word(g, 0);
	btfgen_word(g, 5);
	btfgen_type(g, BTF_KIND_STRUCT, "", 2, 16);
	btfgen_member(g, "count", CONST_U32, 0);
	btfgen_member(g, "pgd", PTR, 64);
	btfgen_type(g, BTF_KIND_UNION, "", 2, 16);
	btfgen_member(g, "", INNER, 0);
	btfgen_member(g, "private", U64, 0);
	btfgen_type(g, BTF_KIND_STRUCT, "mm_struct", 4, 24);
	btfgen_member(g, "flags", U64, 0);
	btfgen_member(g, "", UNION, 64);
	btfgen_member(g, "named", U32, 32);
	btfgen_member(g, "rest", FLEX, 24 * 8);
	btfgen_type(g, BTF_KIND_FWD, "elsewhere", 0, 0);
	/* Three structures of one name, as irq_info is in Debian's kernels. */
	btfgen_type(g, BTF_KIND_STRUCT, "irq_info", 1, 4);
	btfgen_member(g, "irq", U32, 0);
	btfgen_type(g, BTF_KIND_STRUCT, "irq_info", 2, 16);
	btfgen_member(g, "irq", U32, 64);
	btfgen_member(g, "evtchn", U32, 96);
	btfgen_type(g, BTF_KIND_STRUCT, "irq_info", 0, 0);
	/* Offsets with sizes of bit fields beside them. */
	btfgen_type(g, BTF_KIND_STRUCT, "gather", 3 | BTFGEN_BITS, 8);
	btfgen_member(g, "bit", U32, 1 << 24 | 5);
	btfgen_member(g, "whole", U32, 32);
	btfgen_member(g, "aligned_bits", U32, 8 << 24 | 8);
	btfgen_type(g, BTF_KIND_STRUCT, "broken", 2, 8);
	btfgen_member(g, "nobody", FWD, 0);
	btfgen_member(g, "odd", U32, 3);
	/* Kinds that came later: 5.12 and 6.1. */
	btfgen_type(g, BTF_KIND_FLOAT, "double", 0, 8);
	btfgen_type(g, BTF_KIND_ENUM64, "wide", 1, 8);
	btfgen_word(g, 0);
	btfgen_word(g, 1);
	btfgen_word(g, 2);
	btfgen_type(g, BTF_KIND_STRUCT, "last", 1, 8);
	btfgen_member(g, "one", U64, 0);
}

#define BAD  PVP_ERR_BAD_DATA
#define GONE PVP_ERR_NOT_FOUND

// clang-format off
static const struct {
	const char *structure, *member;
	uint64_t off, len;
	enum pvp_error_code code;
	const char *message; /* NULL: found */
} members[] = {
	{ "mm_struct", "flags",    0, 8, 0, NULL },
	{ "mm_struct", "count",    8, 4, 0, NULL },
	{ "mm_struct", "pgd",     16, 8, 0, NULL },
	{ "mm_struct", "private",  8, 8, 0, NULL },
	{ "mm_struct", "named",    4, 4, 0, NULL },
	{ "mm_struct", "rest",    24, 0, 0, NULL },
	{ "irq_info",  "evtchn",  12, 4, 0, NULL },
	{ "gather",    "whole",    4, 4, 0, NULL },
	{ "last",      "one",      0, 8, 0, NULL },
	{ "mm_struct", "pg",       0, 0, GONE, "structure 'mm_struct' has no member 'pg'" },
	{ "mm_struct", "irq",      0, 0, GONE, "structure 'mm_struct' has no member 'irq'" },
	{ "mm",        "pgd",      0, 0, GONE, "unknown structure 'mm'" },
	{ "wide",      "pgd",      0, 0, GONE, "unknown structure 'wide'" },
	{ "elsewhere", "pgd",      0, 0, GONE, "unknown structure 'elsewhere'" },
	{ "irq_info",  "irq",      0, 0, BAD,  "irq_info.irq is ambiguous: at 0 and at 0x8" },
	{ "gather",    "bit",      0, 0, BAD,  "gather.bit is a bit field" },
	{ "gather",    "aligned_bits", 0, 0, BAD, "gather.aligned_bits is a bit field" },
	{ "broken",    "odd",      0, 0, BAD,  "broken.odd is a bit field" },
	{ "broken",    "nobody",   0, 0, BAD,  "struct broken: a member's type has no size" },
};
// clang-format on

START_TEST(finds_members)
{
	uint64_t off = ~0ull, len = ~0ull;
	struct pvp_image *image;
	struct pvp_error *err;
	struct btfgen g;

	generate(&g);
	image = open_generated(&g);
	ck_assert(pvp_btf_exists(image));
	err = pvp_btf_offset(image, members[_i].structure, members[_i].member, &off, &len);
	if (members[_i].message) {
		pvp_ck_err(err, members[_i].code, members[_i].message);
		ck_assert_msg(off == ~0ull && len == ~0ull, "%s: touched", members[_i].member);
	} else {
		pvp_ck_ok(err);
		ck_assert_msg(off == members[_i].off && len == members[_i].len,
			      "%s.%s: %" PRIu64 " bytes at %" PRIu64, members[_i].structure,
			      members[_i].member, len, off);
		/* The second look is the one that is remembered. */
		pvp_ck_ok(pvp_btf_offset(image, members[_i].structure, members[_i].member, &off,
					 NULL));
		ck_assert_uint_eq(off, members[_i].off);
	}
	pvp_image_close(image);
}
END_TEST

// clang-format off
/* The other way round. */
static const struct {
	const char *structure;
	uint64_t off;
	const char *member; /* NULL: none is there */
	uint64_t start;
} places[] = {
	{ "mm_struct",  0, "flags", 0 },
	{ "mm_struct",  5, "flags", 0 }, /* also in `named`: the first */
	{ "mm_struct",  8, "count", 8 }, /* through a union and a structure */
	{ "mm_struct", 20, "pgd",  16 },
	{ "mm_struct", 24, NULL,    0 },
	{ "irq_info",  12, "evtchn", 12 },
	{ "mm",         0, NULL,    0 },
};
// clang-format on

START_TEST(finds_places)
{
	const char *member = "";
	struct pvp_image *image;
	struct pvp_error *err;
	uint64_t start = 0;
	struct btfgen g;

	generate(&g);
	image = open_generated(&g);
	err = pvp_btf_member_at(image, places[_i].structure, places[_i].off, &member, &start);
	if (!places[_i].member) {
		pvp_ck_err(err, PVP_ERR_NOT_FOUND, places[_i].structure);
	} else {
		pvp_ck_ok(err);
		ck_assert_str_eq(member, places[_i].member);
		ck_assert_uint_eq(start, places[_i].start);
	}
	pvp_image_close(image);
}
END_TEST

START_TEST(no_section)
{
	struct pvp_image *image = open_with(NULL, 0);
	uint64_t off;

	ck_assert(!pvp_btf_exists(image));
	pvp_ck_err(pvp_btf_offset(image, "mm_struct", "pgd", &off, NULL), PVP_ERR_NOT_FOUND,
		   "no .BTF section");
	pvp_image_close(image);
	image = open_with(NULL, 64); /* .bss of that name */
	pvp_ck_err(pvp_btf_offset(image, "mm_struct", "pgd", &off, NULL), PVP_ERR_BAD_DATA,
		   ".BTF: 0x40 bytes not there");
	pvp_image_close(image);
}
END_TEST

/* Where in the bytes: of the header, or of the type mm_struct or INNER. */
#define HEADER(field) offsetof(struct btf_header, field)
#define AT_INNER      1000
#define AT_MM	      2000

// clang-format off
/* size bytes at `at` get value; then mm_struct.pgd is looked up. */
static const struct {
	const char *name;
	unsigned at, size;
	uint32_t value;
	enum pvp_error_code code;
	const char *message;
} spoils[] = {
	{ "magic",              HEADER(magic),    2, 0x1234,     BAD,  "libbpf cannot read it" },
	{ "header too long",    HEADER(hdr_len),  4, 0xfffffff0, BAD,  "libbpf cannot read it" },
	{ "types behind end",   HEADER(type_off), 4, 0x10000,    BAD,  "libbpf cannot read it" },
	{ "types unaligned",    HEADER(type_off), 4, 2,          BAD,  "libbpf cannot read it" },
	{ "types too long",     HEADER(type_len), 4, 0xfffffffc, BAD,  "libbpf cannot read it" },
	{ "types cut short",    HEADER(type_len), 4, 32,         GONE, "unknown structure" },
	{ "strings behind end", HEADER(str_off),  4, 0xffff0000, BAD,  "libbpf cannot read it" },
	{ "strings too long",   HEADER(str_len),  4, 0x7fffffff, BAD,  "libbpf cannot read it" },
	{ "no strings",         HEADER(str_len),  4, 0,          BAD,  "libbpf cannot read it" },
	{ "string without end", HEADER(str_len),  4, 12,         BAD,  "libbpf cannot read it" },
	{ "name behind end",    AT_MM,            4, 0xfffffff0, GONE, "unknown structure" },
	{ "unknown kind",       AT_MM + 4,        4, 31 << 24,   BAD,  "libbpf cannot read it" },
	{ "too many members",   AT_MM + 4,        4, 0x0400ffff, BAD,  "libbpf cannot read it" },
	{ "too small",          AT_MM + 8,        4, 23,         BAD,  "a member lies outside it" },
	{ "empty",              AT_MM + 8,        4, 0,          BAD,  "a member lies outside it" },
	{ "union far away",     AT_MM + 12 + 20,  4, 0xfffffff8, BAD,  "a member lies outside it" },
	{ "union of no type",   AT_MM + 12 + 16,  4, 0xffffff,   GONE, "has no member 'pgd'" },
	{ "union is void",      AT_MM + 12 + 16,  4, 0,          GONE, "has no member 'pgd'" },
	{ "union is mm_struct", AT_MM + 12 + 16,  4, MM,         BAD,  "nested too deep" },
	{ "pgd of no type",     AT_INNER + 12 + 16, 4, 0xffffff, BAD,  "type has no size" },
	{ "pgd is void",        AT_INNER + 12 + 16, 4, 0,        BAD,  "type has no size" },
};
// clang-format on

static size_t type_at(const uint8_t *bytes, size_t len, uint32_t kind_vlen)
{
	uint32_t word;

	for (size_t off = sizeof(struct btf_header); off + 12 <= len; off += 4) {
		memcpy(&word, bytes + off + 4, 4);
		if (word == kind_vlen)
			return off;
	}
	ck_abort_msg("the sample has no type %#x", kind_vlen);
}

START_TEST(spoiled_is_refused)
{
	unsigned at = spoils[_i].at;
	struct pvp_image *image;
	struct pvp_error *err;
	struct btfgen g;
	uint8_t *bytes;
	uint64_t off;
	size_t len;

	generate(&g);
	bytes = btfgen_bytes(&g, &len);
	if (at >= AT_MM)
		at += type_at(bytes, len, BTF_KIND_STRUCT << 24 | 4) - AT_MM;
	else if (at >= AT_INNER)
		at += type_at(bytes, len, BTF_KIND_STRUCT << 24 | 2) - AT_INNER;
	memcpy(bytes + at, &spoils[_i].value, spoils[_i].size);
	image = open_with(bytes, len);
	err = pvp_btf_offset(image, "mm_struct", "pgd", &off, NULL);
	ck_assert_msg(err != NULL, "%s: found", spoils[_i].name);
	ck_assert_msg(err->code == spoils[_i].code && strstr(err->message, spoils[_i].message),
		      "%s: %s", spoils[_i].name, err->message);
	pvp_error_destroy(err);
	pvp_image_close(image);
	free(bytes);
}
END_TEST

/* A structure many times inside itself: 2^32 places to look in, were nobody counting. */
START_TEST(fans_end)
{
	struct btfgen g = {0};
	struct pvp_image *image;
	uint32_t inner = 0;
	uint64_t off;

	for (unsigned i = 0; i < 31; i++) {
		btfgen_type(&g, BTF_KIND_STRUCT, "", 2, 8);
		btfgen_member(&g, "", inner, 0);
		btfgen_member(&g, "", inner, 0);
		inner = g.nr;
	}
	btfgen_type(&g, BTF_KIND_STRUCT, "fan", 1, 8);
	btfgen_member(&g, "", inner, 0);
	image = open_generated(&g);
	pvp_ck_err(pvp_btf_offset(image, "fan", "x", &off, NULL), PVP_ERR_BAD_DATA,
		   "struct fan: too many members");
	pvp_image_close(image);
}
END_TEST

START_TEST(truncated)
{
	struct pvp_image *image;
	struct pvp_error *err;
	struct btfgen g;
	uint8_t *bytes;
	uint64_t off;
	size_t len;

	generate(&g);
	bytes = btfgen_bytes(&g, &len);
	for (size_t part = 1; part < len; part += 5) {
		image = open_with(bytes, part);
		err = pvp_btf_offset(image, "mm_struct", "pgd", &off, NULL);
		ck_assert_msg(err != NULL, "%zu of %zu bytes are enough", part, len);
		pvp_error_destroy(err);
		pvp_image_close(image);
	}
	free(bytes);
}
END_TEST

/* Whatever the bytes, a lookup ends, and what it finds lies inside a structure. */
START_TEST(random_damage)
{
	uint64_t seed = 0x9e3779b97f4a7c15 + (uint64_t)_i;
	struct btfgen g;

	generate(&g);
	for (unsigned round = 0; round < 200; round++) {
		struct pvp_image *image;
		uint8_t *bytes;
		size_t len;

		bytes = btfgen_bytes(&g, &len);
		for (unsigned spots = 0; spots < 1 + round % 4; spots++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			bytes[(seed >> 20) % len] = (uint8_t)(seed >> 12);
		}
		image = open_with(bytes, len);
		for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
			const char *member;
			uint64_t off = 0, size = 0;

			pvp_error_destroy(pvp_btf_member_at(image, members[i].structure, i,
							    &member, &off));
			pvp_error_destroy(pvp_btf_offset(image, members[i].structure,
							 members[i].member, &off, &size));
			ck_assert_msg(off <= UINT32_MAX && size <= UINT32_MAX - off,
				      "round %u: %s: %#" PRIx64, round, members[i].member, off);
		}
		pvp_image_close(image);
		free(bytes);
	}
}
END_TEST

// clang-format off
/* Source: the displacements in the kernels' code: mm_struct.pgd in xen_dup_mmap (xen_enter_mmap
 * from 6.12 on), irq_info.evtchn in notify_remote_via_irq, pv_node.cpu in
 * __pv_queued_spin_unlock_slowpath, page.private in xen_pgd_free. */
static const struct {
	const char *kernel, *structure, *member;
	uint64_t off;
} reals[] = {
	{ "vmlinuz-5.10.223-amd64", "mm_struct", "pgd",     0x50 },
	{ "vmlinuz-5.10.223-amd64", "irq_info",  "evtchn",  0x64 },
	{ "vmlinuz-5.10.223-amd64", "pv_node",   "cpu",     0x10 },
	{ "vmlinuz-5.10.223-amd64", "page",      "private", 0x28 },
	{ "vmlinuz-6.1.176-amd64",  "mm_struct", "pgd",     0x48 },
	{ "vmlinuz-6.1.176-amd64",  "irq_info",  "evtchn",  0x64 },
	{ "vmlinuz-6.1.176-amd64",  "pv_node",   "cpu",     0x10 },
	{ "vmlinuz-6.12.107-amd64", "mm_struct", "pgd",     0x78 },
	{ "vmlinuz-6.12.107-amd64", "irq_info",  "evtchn",  0x64 },
	{ "vmlinuz-6.12.107-amd64", "pv_node",   "cpu",     0x10 },
	{ "vmlinuz-7.2.13-amd64",   "mm_struct", "pgd",     0x78 },
	{ "vmlinuz-7.2.13-amd64",   "irq_info",  "evtchn",  0x64 },
	{ "vmlinuz-7.2.13-amd64",   "pv_node",   "cpu",     0x10 },
};
// clang-format on

START_TEST(real_kernels)
{
	const char *kernel =
		pvp_test_file(pvp_test_kernels(), reals[_i].kernel, "btf real_kernels");
	struct pvp_image *image;
	uint64_t off;

	if (!kernel)
		return;
	pvp_ck_ok(pvp_image_open(kernel, NULL, &image));
	pvp_ck_ok(pvp_btf_offset(image, reals[_i].structure, reals[_i].member, &off, NULL));
	ck_assert_msg(off == reals[_i].off, "%s: %s.%s is at %#" PRIx64, reals[_i].kernel,
		      reals[_i].structure, reals[_i].member, off);
	pvp_image_close(image);
}
END_TEST

Suite *btf_suite(void)
{
	Suite *s = suite_create("btf");
	TCase *reads = tcase_create("reads"), *hostile = tcase_create("hostile");
	TCase *real = tcase_create("kernels");

	tcase_add_checked_fixture(reads, make_path, remove_path);
	tcase_add_loop_test(reads, finds_members, 0, ARRAY_SIZE(members));
	tcase_add_loop_test(reads, finds_places, 0, ARRAY_SIZE(places));
	tcase_add_test(reads, no_section);
	suite_add_tcase(s, reads);

	tcase_add_checked_fixture(hostile, make_path, remove_path);
	tcase_add_loop_test(hostile, spoiled_is_refused, 0, ARRAY_SIZE(spoils));
	tcase_add_test(hostile, fans_end);
	tcase_add_test(hostile, truncated);
	tcase_add_loop_test(hostile, random_damage, 0, 4);
	suite_add_tcase(s, hostile);

	tcase_set_timeout(real, 60);
	tcase_set_tags(real, PVP_TAG_KERNELS);
	tcase_add_loop_test(real, real_kernels, 0, ARRAY_SIZE(reals));
	suite_add_tcase(s, real);
	return s;
}
