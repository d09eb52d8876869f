// SPDX-License-Identifier: GPL-2.0-only
// test_witness.c - a witness comes back as it was written; a damaged one is refused by field.
#define _GNU_SOURCE
#include <jansson.h>
#include <unistd.h>

#include "alloc.h"
#include "check_helpers.h"
#include "elfgen.h"
#include "golden_text.h"
#include "start.h"
#include "suites.h"
#include "verify.h"
#include "witness.h"
#include "witness_asm.h"
#include "x86/regs.h"

static char path[64];

static void make_path(void)
{
	int fd;

	strcpy(path, "/tmp/pvproof-witness-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void remove_path(void)
{
	unlink(path);
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static char **words(const char *a, const char *b)
{
	char **list = pvp_calloc(3, sizeof(*list));

	list[0] = pvp_strdup(a);
	list[1] = b ? pvp_strdup(b) : NULL;
	return list;
}

static void add_row(struct pvp_patched *rows, uint64_t addr, const char *old, const char *new)
{
	struct pvp_patch *row = pvp_push(&rows->v, &rows->nr, &rows->cap);

	row->addr = addr;
	row->len = strlen(old);
	row->pass = PVP_PASS_GIVEN;
	row->old = (uint8_t *)pvp_strdup(old);
	row->new = (uint8_t *)pvp_strdup(new);
}

static void sample(struct pvp_witness_file *ret)
{
	const struct pvp_witness seen = {
		.seed = UINT64_MAX,
		.state = 31,
		.what = "end: rbx 0x1 != 0x2",
		.stop_k0 = "end",
		.stop_k1 = "fault: #UD at evil\033[2J+0x3",
		.effects_k0 = "interrupt flag 0\nwrmsr 0x10 0x2\n",
		.effects_k1 = "",
		.matter = "rbx\nrflags.IF\nmemory at 0xffff888000001000\n",
		.prefix_k0 = "1 instruction\nsite: cli\n",
		.prefix_k1 = "2 instructions\nsite: nop\nsite+0x1: sti\n",
	};

	memset(ret, 0, sizeof(*ret));
	ret->image = pvp_strdup("build/kernels/pvkernel-6.1");
	ret->sha256 = pvp_strdup("0123456789abcdef0123456789abcdef"
				 "0123456789abcdef0123456789abcdef");
	ret->platform = pvp_strdup("xen-pv");
	ret->overrides.caps = words("178bfbfd", "00000000");
	ret->overrides.features = words("+xenpv", "-smap");
	ret->overrides.static_keys = words("__use_tsc=on", NULL);
	ret->overrides.pv_ops = words("mmu.write_cr3=xen_write_cr3", NULL);
	ret->overrides.cpu_model = pvp_strdup("amd:23:1");
	ret->overrides.cpus = 4;
	ret->addr = 0xffffffff8100b5c9;
	ret->op = pvp_strdup("irq.irq_disable");
	ret->symbol = pvp_strdup("start_kernel+0x1c");
	ret->len = 6;
	memcpy(ret->k0, "\xff\x14\x25\x28\x00\x82", 6);
	memcpy(ret->k1, "\xfb\x0f\x1f\x44\x00\x00", 6);
	add_row(&ret->given, 0xffffffff8100b5c9, "\xff", "\xfb");
	add_row(&ret->given, 0xffffffff8100b5d0, "ab", "cd");
	ret->states = 32;
	ret->also = words("kvm", "xen-hvm");
	pvp_witness_copy(&seen, &ret->seen);
	ret->seen.shrunk = pvp_calloc(1, sizeof(*ret->seen.shrunk));
	for (unsigned i = 0; i < PVP_X86_NR_STATE; i++)
		ret->seen.shrunk->state.reg[i] = 0x100 + i;
	ret->seen.shrunk->seed = 0x5eed;
	ret->seen.shrunk->nr_pokes = ret->seen.shrunk->nr_script = 1;
	ret->seen.shrunk->pokes[0] =
		(struct pvp_start_poke){.addr = 0xffff888000001000, .value = UINT64_MAX, .size = 8};
	ret->seen.shrunk->script[0] =
		(struct pvp_script_row){.pauses = 40, .addr = 0xffff888000001008, .len = 4};
	for (unsigned i = 0; i < PVP_X86_NR_REGS; i++) {
		ret->seen.start[i] = i;
		ret->seen.end_k0[i] = UINT64_MAX - i;
		ret->seen.end_k1[i] = UINT64_C(0x8000000000000000) + i;
	}
}

static char *sample_text(void)
{
	struct pvp_witness_file file;
	char *text;

	sample(&file);
	text = pvp_witness_json(&file);
	pvp_witness_deinit(&file);
	return text;
}

START_TEST(format)
{
	pvp_ck_golden("witness", sample_text());
}
END_TEST

static void check_words(char *const *got, const char *a, const char *b)
{
	ck_assert_str_eq(got[0], a);
	if (b)
		ck_assert_str_eq(got[1], b);
	ck_assert_ptr_null(got[b ? 2 : 1]);
}

START_TEST(comes_back)
{
	struct pvp_witness_file want, got;
	char *text = sample_text(), *again;

	sample(&want);
	write_file(text);
	pvp_ck_ok(pvp_witness_read(path, &got));
	again = pvp_witness_json(&got);
	ck_assert_str_eq(again, text);
	ck_assert_str_eq(got.image, want.image);
	ck_assert_ptr_null(got.symbols);
	check_words(got.overrides.caps, "178bfbfd", "00000000");
	check_words(got.overrides.features, "+xenpv", "-smap");
	check_words(got.overrides.pv_ops, "mmu.write_cr3=xen_write_cr3", NULL);
	ck_assert_ptr_null(got.overrides.static_calls);
	check_words(got.overrides.static_keys, "__use_tsc=on", NULL);
	ck_assert_uint_eq(got.addr, want.addr);
	ck_assert_uint_eq(got.len, 6);
	pvp_ck_bytes("k0", got.k0, want.k0, 6);
	pvp_ck_bytes("k1", got.k1, want.k1, 6);
	ck_assert_uint_eq(got.given.nr, 2);
	ck_assert_uint_eq(got.given.v[1].addr, want.given.v[1].addr);
	pvp_ck_bytes("old", got.given.v[1].old, "ab", 2);
	pvp_ck_bytes("new", got.given.v[1].new, "cd", 2);
	ck_assert_uint_eq(got.seen.seed, UINT64_MAX);
	ck_assert_uint_eq(got.seen.state, 31);
	ck_assert_mem_eq(got.seen.end_k0, want.seen.end_k0, sizeof(got.seen.end_k0));
	ck_assert_str_eq(got.seen.effects_k0, want.seen.effects_k0);
	ck_assert_str_eq(got.seen.effects_k1, "");
	ck_assert_str_eq(got.seen.stop_k1, "fault: #UD at evil\\x1b[2J+0x3");
	ck_assert_str_eq(got.seen.matter, want.seen.matter);
	ck_assert_str_eq(got.seen.prefix_k1, want.seen.prefix_k1);
	ck_assert_mem_eq(got.seen.shrunk, want.seen.shrunk, sizeof(*want.seen.shrunk));
	check_words(got.also, "kvm", "xen-hvm");
	pvp_witness_deinit(&want);
	pvp_witness_deinit(&got);
	free(text);
	free(again);
}
END_TEST

/* A file of before there were such fields. */
START_TEST(older)
{
	static const char *const fields[] = {"shrunk", "also"};
	char *text = sample_text();
	json_t *root = json_loads(text, 0, NULL);
	struct pvp_witness_file got;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		ck_assert_int_eq(json_object_del(root, fields[i]), 0);
	ck_assert_int_eq(json_object_del(json_object_get(root, "k0"), "prefix"), 0);
	ck_assert_int_eq(json_object_del(json_object_get(root, "k1"), "prefix"), 0);
	ck_assert_int_eq(json_dump_file(root, path, 0), 0);
	pvp_ck_ok(pvp_witness_read(path, &got));
	ck_assert_ptr_null(got.seen.shrunk);
	ck_assert_ptr_null(got.seen.matter);
	ck_assert_ptr_null(got.also);
	ck_assert_uint_eq(got.seen.state, 31);
	pvp_witness_deinit(&got);
	json_decref(root);
	free(text);
}
END_TEST

/* One row too many is an error, not a row behind the array. */
START_TEST(too_many_rows)
{
	static const struct {
		const char *list;
		size_t max;
	} lists[] = {{"memory", PVP_START_MAX_POKES - 1}, {"script", PVP_START_MAX_SCRIPT}};
	char *text = sample_text();
	json_t *root = json_loads(text, 0, NULL);
	json_t *list = json_object_get(json_object_get(root, "shrunk"), lists[_i].list);
	struct pvp_witness_file got;

	while (json_array_size(list) < lists[_i].max)
		json_array_append(list, json_array_get(list, 0));
	ck_assert_int_eq(json_dump_file(root, path, 0), 0);
	pvp_ck_ok(pvp_witness_read(path, &got));
	pvp_witness_deinit(&got);
	json_array_append(list, json_array_get(list, 0));
	ck_assert_int_eq(json_dump_file(root, path, 0), 0);
	pvp_ck_err(pvp_witness_read(path, &got), PVP_ERR_BAD_DATA, "has too many rows");
	json_decref(root);
	free(text);
}
END_TEST

// clang-format off
/* The sample with the value at a path replaced (NULL: removed). */
static const struct {
	const char *at, *value, *want;
} spoiled[] = {
	/* path                       value                      message */
	{ "schema",                   "2",                       "field \"schema\" is 2" },
	{ "schema",                   "\"1\"",                   "field \"schema\" is not an integer" },
	{ "schema",                   NULL,                      "field \"schema\" is missing" },
	{ "image",                    NULL,                      "field \"image.path\" is missing" },
	{ "image",                    "[]",                      "field \"image.path\" is missing" },
	{ "image/path",               "7",                       "field \"image.path\" is not a string" },
	{ "image/sha256",             "\"0123\"",                "field \"image.sha256\"" },
	{ "image/symbols",            "{}",                      "field \"image.symbols\" is not a string" },
	{ "platform/name",            "null",                    "field \"platform.name\" is not a string" },
	{ "platform/features",        "\"+xenpv\"",              "field \"platform.features\" is not a list" },
	{ "platform/features",        "[\"a\", 1]",              "field \"platform.features[1]\" is not a string" },
	{ "platform/static_calls",    NULL,                      "field \"platform.static_calls\" is missing" },
	{ "platform/cpus",            "-1",                      "field \"platform.cpus\" is out of range" },
	{ "platform/cpus",            "65536",                   "field \"platform.cpus\" is out of range" },
	{ "site/addr",                "\"ffffffff8100b5c9\"",    "field \"site.addr\" is not a 64-bit" },
	{ "site/addr",                "\"0x\"",                  "field \"site.addr\" is not a 64-bit" },
	{ "site/addr",                "\"0x1 \"",                "field \"site.addr\" is not a 64-bit" },
	{ "site/addr",                "\"0x10000000000000000\"", "field \"site.addr\" is not a 64-bit" },
	{ "site/k0",                  "\"\"",                    "field \"site.k0\" has a wrong length" },
	{ "site/k0",                  "\"ff1\"",                 "field \"site.k0\" has a wrong length" },
	{ "site/k0",                  "\"f \"",                  "field \"site.k0\" is not hex" },
	{ "site/k1",                  "\"fb\"",                  "field \"site.k1\" is not as long as k0" },
	{ "patched",                  "{}",                      "field \"patched\" is not a list" },
	{ "patched",                  "[[]]",                    "field \"patched[0].addr\" is missing" },
	{ "patched/0/addr",           "\"0xffffffff8100b5d0\"",  "field \"patched[1].addr\" is not above" },
	{ "patched/1/addr",           "\"0xffffffffffffffff\"",  "field \"patched[1].addr\" is out of range" },
	{ "patched/1/new",            "\"00\"",                  "field \"patched[1].new\" is not as long" },
	{ "seed",                     "1",                       "field \"seed\" is not a string" },
	{ "states",                   "99999999",                "field \"states\" is out of range" },
	{ "state",                    "152",                     "field \"state\" is one that" },
	{ "start",                    "[]",                      "field \"start\" is not an object" },
	{ "start/r9",                 NULL,                      "field \"start.r9\" is missing" },
	{ "k0",                       NULL,                      "field \"k0.stop\" is missing" },
	{ "k1/end/rflags",            "\"0xg\"",                 "field \"k1.end.rflags\" is not a 64-bit" },
	{ "k1/effects",               "[null]",                  "field \"k1.effects[0]\" is not a string" },
	{ "k1/prefix",                "7",                       "field \"k1.prefix\" is not a list" },
	{ "shrunk",                   "[]",                      "field \"shrunk\" is not an object" },
	{ "shrunk/registers",         "[]",                      "field \"shrunk.registers\" is not an object" },
	{ "shrunk/registers/cr3",     NULL,                      "field \"shrunk.registers.cr3\" is missing" },
	{ "shrunk/registers/xcr0",    "7",                       "field \"shrunk.registers.xcr0\" is not a string" },
	{ "shrunk/memory",            "{}",                      "field \"shrunk.memory\" is not a list" },
	{ "shrunk/memory/0/size",     "9",                       "field \"shrunk.memory[0].size\" is out of range" },
	{ "shrunk/memory/0/size",     "0",                       "field \"shrunk.memory[0].size\" is out of range" },
	{ "shrunk/memory/0/addr",     "\"0xfffffffffffffffc\"",  "field \"shrunk.memory[0].size\" is out of range" },
	{ "shrunk/memory/0/value",    NULL,                      "field \"shrunk.memory[0].value\" is missing" },
	{ "shrunk/script",            NULL,                      "field \"shrunk.script\" is missing" },
	{ "shrunk/script/0/size",     "-1",                      "field \"shrunk.script[0].size\" is out of range" },
	{ "shrunk/script/0/pauses",   "70000",                   "field \"shrunk.script[0].pauses\" is out of range" },
	{ "shrunk/answers",           "1",                       "field \"shrunk.answers\" is not a string" },
	{ "shrunk/matter",            "\"rbx\"",                 "field \"shrunk.matter\" is not a list" },
	{ "also",                     "[1]",                     "field \"also[0]\" is not a string" },
	{ "differs",                  NULL,                      "field \"differs\" is missing" },
};
// clang-format on

/* Follows all of at but its last word. */
static json_t *parent_of(json_t *value, char *at, char **last)
{
	char *save, *word = strtok_r(at, "/", &save), *next;

	while ((next = strtok_r(NULL, "/", &save))) {
		value = json_is_array(value) ? json_array_get(value, atoi(word))
					     : json_object_get(value, word);
		word = next;
	}
	*last = word;
	return value;
}

START_TEST(refuses)
{
	char *text = sample_text(), *at = pvp_strdup(spoiled[_i].at), *last, want[160];
	json_t *root = json_loads(text, 0, NULL), *parent = parent_of(root, at, &last);
	struct pvp_witness_file file;
	struct pvp_error *err;

	if (spoiled[_i].value)
		json_object_set_new(parent, last,
				    json_loads(spoiled[_i].value, JSON_DECODE_ANY, NULL));
	else
		json_object_del(parent, last);
	ck_assert_int_eq(json_dump_file(root, path, 0), 0);
	snprintf(want, sizeof(want), "%s: %s", path, spoiled[_i].want);
	err = pvp_witness_read(path, &file);
	ck_assert_msg(err != NULL, "%s = %s: no error", spoiled[_i].at, spoiled[_i].value);
	ck_assert_msg(!strncmp(err->message, want, strlen(want)),
		      "%s = %s: \"%s\", expected \"%s\"", spoiled[_i].at, spoiled[_i].value,
		      err->message, want);
	pvp_error_destroy(err);
	json_decref(root);
	free(at);
	free(text);
}
END_TEST

static const struct {
	const char *text, *want;
} no_witnesses[] = {
	{"", "line 1"},
	{"[]", "not a JSON object"},
	{"{\n\"a\": }", "line 2"},
	{"{\"a\": 1, \"a\": 2}", "duplicate"},
	{"\xff", "line 1"},
};

START_TEST(refuses_what_is_no_witness)
{
	struct pvp_witness_file file;

	write_file(no_witnesses[_i].text);
	pvp_ck_err(pvp_witness_read(path, &file), PVP_ERR_BAD_DATA, no_witnesses[_i].want);
}
END_TEST

/* Every prefix is an error, none a crash or a leak. */
START_TEST(refuses_every_prefix)
{
	char *text = sample_text();
	struct pvp_witness_file file;

	for (size_t len = strlen(text) - 2; len; len -= len > 64 ? 61 : 1) {
		text[len] = '\0';
		write_file(text);
		pvp_ck_err(pvp_witness_read(path, &file), PVP_ERR_BAD_DATA, path);
	}
	free(text);
}
END_TEST

/* One to four bytes of the file are others: it is read, or refused in words that name it. */
START_TEST(mutated)
{
	static const char bytes[] = "0123456789abcdefx\"\\{}[],:.-e \n\x01\xff";
	char *text = sample_text(), *copy = pvp_calloc(strlen(text) + 1, 1);
	const size_t len = strlen(text);
	unsigned nr_read = 0;

	for (unsigned i = 0; i < 2000; i++) {
		struct pvp_witness_file file;
		struct pvp_error *err;

		memcpy(copy, text, len);
		for (unsigned k = 0; k <= i % 4; k++) {
			uint64_t r = pvp_mix(0x3177e55 + k, i);

			copy[r % len] = bytes[(r >> 32) % (sizeof(bytes) - 1)];
		}
		write_file(copy);
		err = pvp_witness_read(path, &file);
		if (!err) {
			nr_read++;
			pvp_witness_deinit(&file);
			continue;
		}
		ck_assert_msg(!strncmp(err->message, path, strlen(path)), "iteration %u: \"%s\"", i,
			      err->message);
		ck_assert_msg(err->code == PVP_ERR_BAD_DATA || err->code == PVP_ERR_UNSUPPORTED,
			      "iteration %u: code %d, \"%s\"", i, err->code, err->message);
		pvp_error_destroy(err);
	}
	ck_assert_msg(nr_read > 50 && nr_read < 1950, "%u of 2000 are read", nr_read);
	free(copy);
	free(text);
}
END_TEST

START_TEST(refuses_other_files)
{
	struct pvp_witness_file file;

	pvp_ck_err(pvp_witness_read("/tmp", &file), PVP_ERR_OS, "/tmp: is a directory");
	unlink(path);
	pvp_ck_err(pvp_witness_read(path, &file), PVP_ERR_OS, path);
}
END_TEST

/* Of the run's platforms, the others on which this very site is DIVERGENT. */
START_TEST(names_other_platforms)
{
	struct pvp_results_cell native[] = {{.addr = 1, .verdict = PVP_DIVERGENT},
					    {.addr = 2, .verdict = PVP_DIVERGENT}};
	struct pvp_results_cell kvm[] = {{.addr = 1, .verdict = PVP_DIVERGENT},
					 {.addr = 2, .verdict = PVP_INCONCLUSIVE}};
	struct pvp_results_cell xen[] = {{.addr = 1, .verdict = PVP_EQUIVALENT},
					 {.addr = 2, .verdict = PVP_EQUIVALENT}};
	struct pvp_results_platform platforms[] = {
		{.name = "native", .cells = native, .nr_cells = 2},
		{.name = "xen-pv", .cells = xen, .nr_cells = 2},
		{.name = "kvm", .cells = kvm, .nr_cells = 2},
	};
	const struct pvp_results_image image = {.platforms = platforms, .nr_platforms = 3};
	/* Address, the platform it was found on, the others; in the order they are added. */
	static const struct {
		uint64_t addr;
		size_t platform;
		const char *also;
	} found[] = {{1, 0, "kvm"}, {2, 0, NULL}, {1, 2, "native"}};
	struct pvp_verify_witnesses witnesses = {0};

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		struct pvp_verify_witness *w =
			pvp_push(&witnesses.v, &witnesses.nr, &witnesses.cap);

		sample(&w->file);
		free(w->file.also[0]);
		free(w->file.also[1]);
		free(w->file.also);
		w->file.also = NULL;
		w->file.addr = found[i].addr;
		w->platform = found[i].platform;
	}
	pvp_verify_finish_witnesses(&witnesses, &image);
	/* Those of an image before are finished. */
	pvp_verify_finish_witnesses(&witnesses, &(const struct pvp_results_image){0});
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		json_t *root = json_loads(witnesses.v[i].text, 0, NULL);
		const json_t *also = json_object_get(root, "also");

		ck_assert_uint_eq(json_array_size(also), found[i].also ? 1 : 0);
		if (found[i].also)
			ck_assert_str_eq(json_string_value(json_array_get(also, 0)), found[i].also);
		json_decref(root);
	}
	pvp_verify_witnesses_deinit(&witnesses);
}
END_TEST

static struct pvp_image *make_image(void)
{
	static const uint8_t text[0x200];
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
	struct pvp_image *image;

	elfgen_section(g, ".text", 0xffffffff8100b500, ELFGEN_TEXT, text, sizeof(text));
	elfgen_symbol(g, "start_kernel", 0xffffffff8100b5ad);
	elfgen_symbol(g, "pv*/ops", 0xffffffff81000001);
	elfgen_write(g, path);
	elfgen_destroy(g);
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	return image;
}

static void run(const char *fmt, ...) PVP_PRINTF(1, 2);
static void run(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	ck_assert_msg(!system(command), "%s", command);
}

static void check_section(const char *name, const void *want, size_t len)
{
	uint8_t got[1024];
	FILE *f;

	run("objcopy -O binary -j %s %s.o %s.bin", name, path, path);
	run("test -s %s.bin", path);
	strcat(path, ".bin");
	f = fopen(path, "r");
	unlink(path);
	path[strlen(path) - 4] = '\0';
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(got, 1, sizeof(got), f), len);
	fclose(f);
	pvp_ck_bytes(name, got, want, len);
}

/* cpp and as take it, and its sections hold the witness, whatever the names in it say. */
START_TEST(assembles)
{
	static const char *const compilers[] = {"gcc -c -x assembler-with-cpp", "as"};
	struct pvp_image *image = make_image();
	struct pvp_witness_file file;
	uint64_t words[3] = {0xffff888000001000, UINT64_MAX, 8};
	char *text;

	sample(&file);
	free(file.op);
	file.op = pvp_strdup("*/ .error \"out of the comment\" /* \n#error");
	pvp_ck_ok(pvp_witness_asm(&file, image, &text));
	write_file(text);
	run("%s -o %s.o %s", compilers[_i], path, path);
	check_section(".text.k0", file.k0, file.len);
	check_section(".text.k1", file.k1, file.len);
	check_section(".rodata.start", file.seen.shrunk->state.reg, PVP_X86_NR_STATE * 8);
	check_section(".rodata.memory", words, sizeof(words));
	check_section(".rodata.end_k0", file.seen.end_k0, sizeof(file.seen.end_k0));
	check_section(".rodata.end_k1", file.seen.end_k1, sizeof(file.seen.end_k1));
	run("rm %s.o", path);
	ck_assert_ptr_nonnull(strstr(text, "/* rbx, matters */"));
	ck_assert_ptr_nonnull(strstr(text, "/* rflags, matters */"));
	ck_assert_ptr_null(strstr(text, "/* rax, matters */"));
	free(text);
	pvp_witness_deinit(&file);
	pvp_image_close(image);
}
END_TEST

/* A row of Xen's trap table is no text, and what stands alone has one side to show. */
START_TEST(assembles_a_trap_row)
{
	const uint64_t row[] = {0xffffffff8100b5ad, 0xffffffff8100b5b0, 1};
	struct pvp_image *image = make_image();
	struct pvp_witness_file file;
	char *text;

	sample(&file);
	free(file.op);
	file.op = pvp_strdup("trap.double_fault");
	file.seen.alone = true;
	free(file.seen.meaning);
	file.seen.meaning = pvp_strdup("goes to a handler");
	file.len = sizeof(row);
	memset(file.k0, 0x11, file.len);
	memcpy(file.k1, row, file.len);
	pvp_ck_ok(pvp_witness_asm(&file, image, &text));
	write_file(text);
	run("as -o %s.o %s", path, path);
	check_section(".rodata.k0", file.k0, file.len);
	check_section(".rodata.k1", file.k1, file.len);
	run("rm %s.o", path);
	ck_assert_ptr_nonnull(strstr(text, "0xffffffff8100b5b0\t/* start_kernel+0x3 */"));
	ck_assert_ptr_nonnull(strstr(text, ", and not run\n"));
	ck_assert_ptr_null(strstr(text, ".text.k"));
	ck_assert_ptr_null(strstr(text, "end_k0"));
	free(text);
	pvp_witness_deinit(&file);
	pvp_image_close(image);
}
END_TEST

Suite *witness_suite(void)
{
	Suite *suite = suite_create("witness");
	TCase *round = tcase_create("round"), *bad = tcase_create("bad");

	tcase_add_checked_fixture(round, make_path, remove_path);
	tcase_add_test(round, format);
	tcase_add_test(round, comes_back);
	tcase_add_test(round, older);
	tcase_add_test(round, names_other_platforms);
	tcase_add_loop_test(round, assembles, 0, 2);
	tcase_add_test(round, assembles_a_trap_row);
	tcase_add_checked_fixture(bad, make_path, remove_path);
	tcase_add_loop_test(bad, refuses, 0, ARRAY_SIZE(spoiled));
	tcase_add_loop_test(bad, refuses_what_is_no_witness, 0, ARRAY_SIZE(no_witnesses));
	tcase_add_loop_test(bad, too_many_rows, 0, 2);
	tcase_add_test(bad, refuses_every_prefix);
	tcase_add_test(bad, mutated);
	tcase_add_test(bad, refuses_other_files);
	suite_add_tcase(suite, round);
	suite_add_tcase(suite, bad);
	return suite;
}
