// SPDX-License-Identifier: GPL-2.0-only
#include "platform_image.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "btfgen.h"
#include "elfgen.h"

static const struct pvp_pv_field fields[PI_NR_FIELDS] = {
	[PI_SAVE_FL] = {"irq.save_fl", true},
	[PI_IRQ_DISABLE] = {"irq.irq_disable", true},
	[PI_TWICE] = {"mmu.twice", false},
	[PI_UNLOCK] = {"lock.queued_spin_unlock", true},
	[PI_PREEMPTED] = {"lock.vcpu_is_preempted", true},
};

static struct pvp_static_call_key keys[] = {
	{PI_DATA + 0x200, 0, "pv_sched_clock", PI_TEXT + 0x80},
	{PI_DATA + 0x210, 0, NULL, PI_TEXT + 0x80},
	{PI_DATA + 0x220, 0, "might_resched", PI_TEXT + 0x80},
};

// clang-format off
static const struct {
	const char *name;
	uint64_t addr;
} symbols[] = {
	{ "fn_a",             PI_TEXT },
	{ "fn_b",             PI_TEXT + 0x10 },
	{ "fn_c",             PI_TEXT + 0x20 },
	{ "patch_me",         PI_TEXT + 0x40 },
	{ "twice",            PI_TEXT + 0x60 },
	{ "twice",            PI_TEXT + 0x70 },
	{ "native",           PI_TEXT + 0x80 },
	{ "__raw_callee_save___native_queued_spin_unlock", PI_TEXT + 0x90 },
	{ "__raw_callee_save___native_vcpu_is_preempted",  PI_TEXT + 0xa0 },
	{ "thunk",            PI_TEXT + 0xb0 },
	{ "end_of_text",      PI_TEXT + 0xffe },
	{ "word",             PI_DATA },
	{ "x86_return_thunk", PI_DATA + 8 },
	{ "pv_ops",           PI_DATA + 0x100 },
	{ "mmu_table",        PI_DATA + 0x300 },
	{ "whole_table",      PI_DATA + 0x340 },
	{ "cpu_word",         0x10 },
	{ "__per_cpu_load",   PI_PERCPU },
};
/* pv_ops in the file. */
static uint64_t slots[PI_NR_FIELDS] = {
	PI_DATA + 0x100, PI_DATA + 0x108, PI_DATA + 0x110, PI_DATA + 0x118, PI_DATA + 0x120,
};

static const uint64_t values[PI_NR_FIELDS] = {
	PI_TEXT + 0x80, PI_TEXT + 0x80, PI_TEXT + 0x70, PI_TEXT + 0x90, PI_TEXT + 0xa0,
};
// clang-format on

static void add_btf(struct elfgen *g)
{
	struct btfgen btf = {0};
	uint32_t u16, u32, u64;
	uint8_t *bytes;
	size_t len;

	u16 = btfgen_type(&btf, BTF_KIND_INT, "short unsigned int", 0, 2);
	btfgen_word(&btf, 16);
	u32 = btfgen_type(&btf, BTF_KIND_INT, "unsigned int", 0, 4);
	btfgen_word(&btf, 32);
	u64 = btfgen_type(&btf, BTF_KIND_INT, "long unsigned int", 0, 8);
	btfgen_word(&btf, 64);
	btfgen_type(&btf, BTF_KIND_UNION, "", 1, 8);
	btfgen_member(&btf, "hidden", u64, 0);
	btfgen_type(&btf, BTF_KIND_STRUCT, "demo", 3, 24);
	btfgen_member(&btf, "word", u32, 8 * 8);
	btfgen_member(&btf, "half", u16, 12 * 8);
	btfgen_member(&btf, "", btf.nr - 1, 16 * 8);
	bytes = btfgen_bytes(&btf, &len);
	elfgen_section(g, ".BTF", PI_DATA + 0x1000, ELFGEN_RODATA, bytes, len);
	free(bytes);
}

static struct elfgen *generate(void)
{
	struct elfgen *g = elfgen_create(PVP_ARCH_AMD64);
	static uint8_t text[0x1000];
	uint64_t data[0x400 / 8] = {0};

	memset(text, 0xcc, sizeof(text));
	data[1] = PI_TEXT + 0xb0;
	memcpy(&data[0x100 / 8], values, sizeof(values));
	data[0x300 / 8] = data[0x340 / 8 + PI_TWICE] = PI_TEXT + 0x60;
	elfgen_section(g, ".text", PI_TEXT, ELFGEN_TEXT, text, sizeof(text));
	elfgen_section(g, ".data", PI_DATA, ELFGEN_DATA, data, sizeof(data));
	elfgen_section(g, ".data..percpu", 0, ELFGEN_DATA, text, 0x100);
	elfgen_paddr(g, ".data..percpu", 0x3000000);
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		elfgen_symbol(g, symbols[i].name, symbols[i].addr);
	return g;
}

static void init(struct platform_image *pi, bool btf)
{
	struct elfgen *g = generate();
	struct pvp_error *err;
	char path[96];

	if (btf)
		add_btf(g);
	snprintf(pi->dir, sizeof(pi->dir), "/tmp/pvproof-platform-XXXXXX");
	ck_assert_msg(mkdtemp(pi->dir) != NULL, "no temporary folder");
	snprintf(path, sizeof(path), "%s/vmlinux", pi->dir);
	elfgen_write(g, path);
	elfgen_destroy(g);
	err = pvp_image_open(path, NULL, &pi->image);
	ck_assert_msg(!err, "%s", err ? err->message : "");
	unlink(path);
	pi->tables = (struct pvp_tables){
		.generation = "6.1",
		.pv_ops = PI_DATA + 0x100,
		.fields = fields,
		.slots = slots,
		.nr_fields = PI_NR_FIELDS,
		.static_call_keys = keys,
		.nr_static_call_keys = ARRAY_SIZE(keys),
	};
}

void platform_image_init(struct platform_image *pi)
{
	init(pi, false);
}

void platform_image_init_btf(struct platform_image *pi)
{
	init(pi, true);
}

void platform_image_deinit(struct platform_image *pi)
{
	DIR *d = opendir(pi->dir);
	struct dirent *entry;
	char path[400];

	while (d && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", pi->dir, entry->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(pi->dir);
	pvp_image_close(pi->image);
}

const char *platform_image_write(const struct platform_image *pi, const char *name,
				 const char *text)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", pi->dir, name);
	elfgen_write_bytes(path, text, strlen(text));
	return path;
}

char *platform_image_edit(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	ck_assert_msg(at != NULL, "the text has no \"%s\"", old);
	return pvp_asprintf("%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}
