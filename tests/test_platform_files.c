// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <dirent.h>
#include <inttypes.h>
#include <unistd.h>

#include "alloc.h"
#include "check_helpers.h"
#include "elfgen.h"
#include "feature.h"
#include "golden_boot.h"
#include "model.h"
#include "stores.h"

#define DIR_PLATFORMS "corpus/platforms"

static struct pvp_image *image;
static struct pvp_tables tables;

enum { A5_10, A6_1, A6_12, A7_2, I5_10, I6_1, NR_KERNELS };
static const char *const kernels[NR_KERNELS] = {
	[A5_10] = "vmlinuz-5.10.223-amd64", [A6_1] = "vmlinuz-6.1.176-amd64",
	[A6_12] = "vmlinuz-6.12.107-amd64", [A7_2] = "vmlinuz-7.2.13-amd64",
	[I5_10] = "vmlinuz-5.10.223-i386",  [I6_1] = "vmlinuz-6.1.176-i386",
};

/* False where the kernel is not here. */
static bool open_kernel(const char *kernel, const char *test_name)
{
	const char *path = pvp_test_file(pvp_test_kernels(), kernel, test_name);

	if (!path)
		return false;
	pvp_ck_ok(pvp_image_open(path, NULL, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	return true;
}

static void close_kernel(void)
{
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}

static struct pvp_platform *load(const char *name, const struct pvp_overrides *overrides)
{
	struct pvp_platform *platform;

	pvp_ck_ok(pvp_platform_load(name, DIR_PLATFORMS, image, &tables, overrides, &platform));
	return platform;
}

#define NO (-1) /* the platform does not exist for that image */
// clang-format off
/* Fields of pv_ops that are not as linked; clocks that are static calls and not as linked; features.
 * Source: counts of operations that platforms change, facts on platforms 2.3 to 2.11.  (Xen PV's
 * wbinvd is, in 5.10 and 6.1, another copy of the same function: one more than by name.) */
static const struct {
	const char *name;
	int ops[NR_KERNELS];
	unsigned clocks[3];	   /* 6.1, 6.12, 7.2 of amd64: pv_sched_clock, pv_steal_clock */
	bool unlock, preempt;      /* PVUNLOCK, VCPUPREEMPT: none in 5.10, and no i386 on Hyper-V */
	bool hypervisor, vmmcall;
	unsigned cpus;
} files[] = {
	/* name               a5.10 a6.1 a6.12 a7.2 i5.10 i6.1  clocks       unlock preempt hyper  vmmcall cpus */
	{ "native",           {  0,   0,   0,   0,   0,   0 }, { 0, 0, 0 }, false, false, false, true,  4 },
	{ "native-lkgs",      { NO,  NO,   1,   1,  NO,  NO }, { 0, 0, 0 }, false, false, false, true,  4 },
	{ "xen-pv",           { 85,  84,  82,  74,  NO,  NO }, { 2, 2, 2 }, true,  true,  true,  true,  4 },
	{ "xen-pv-up",        { 80,  79,  77,  69,  NO,  NO }, { 2, 2, 2 }, false, false, true,  true,  1 },
	{ "xen-hvm",          {  8,   6,   6,   6,   8,   6 }, { 2, 2, 2 }, true,  true,  true,  false, 4 },
	{ "xen-hvm-amd",      {  8,   6,   6,   6,   8,   6 }, { 2, 2, 2 }, true,  true,  true,  true,  4 },
	{ "xen-pvh",          {  8,   6,   6,   6,   8,   6 }, { 2, 2, 2 }, true,  true,  true,  false, 4 },
	{ "kvm",              { 10,   8,   8,   6,  10,   8 }, { 2, 2, 2 }, true,  true,  true,  true,  4 },
	{ "kvm-unhalt",       {  6,   5,   5,   4,   6,   5 }, { 1, 1, 1 }, true,  false, true,  true,  4 },
	{ "kvm-steal",        {  5,   4,   4,   2,   5,   4 }, { 2, 2, 2 }, false, true,  true,  true,  4 },
	{ "kvm-plain",        {  2,   1,   1,   0,   2,   1 }, { 1, 1, 1 }, false, false, true,  true,  4 },
	{ "kvm-sev",          { NO,   9,   9,   7,  NO,  NO }, { 2, 2, 2 }, true,  true,  true,  true,  4 },
	{ "hyperv",           {  8,   7,   7,   6,   3,   2 }, { 1, 1, 1 }, true,  true,  true,  true,  4 },
	{ "hyperv-invariant", {  8,   7,   7,   6,   3,   2 }, { 1, 0, 0 }, true,  true,  true,  true,  4 },
	{ "hyperv-msr",       {  8,   7,  NO,  NO,   3,   2 }, { 1, 0, 0 }, true,  true,  true,  true,  4 },
	{ "vmware",           {  3,   1,   1,   0,   3,   1 }, { 2, 2, 2 }, false, false, true,  true,  4 },
	{ "vmware-vmcall",    {  3,   1,   1,   0,   3,   1 }, { 2, 2, 2 }, false, false, true,  true,  4 },
	{ "vmware-vmmcall",   {  3,   1,   1,   0,   3,   1 }, { 2, 2, 2 }, false, false, true,  true,  4 },
	{ "vmware-noclock",   {  1,   1,   1,   0,   1,   1 }, { 0, 0, 0 }, false, false, true,  true,  4 },
	{ "tdx",              { NO,  NO,   2,   2,  NO,  NO }, { 0, 0, 0 }, false, false, true,  false, 4 },
	{ "kvm+skylake",      { 10,   8,   8,   6,  10,   8 }, { 2, 2, 2 }, true,  true,  true,  false, 4 },
	{ "native+qemu-max",  {  0,   0,   0,   0,   0,   0 }, { 0, 0, 0 }, false, false, false, true,  4 },
};
// clang-format on

static int changed_ops(const struct pvp_platform *p)
{
	int nr = 0;

	for (size_t i = 0; i < p->nr_pv_ops; i++) {
		uint64_t linked;

		pvp_ck_ok(pvp_image_pointer(image, tables.slots[i], &linked));
		nr += p->pv_ops[i] != linked;
	}
	return nr;
}

static unsigned changed_clocks(const struct pvp_platform *p)
{
	static const char *const names[] = {"pv_sched_clock", "pv_steal_clock"};
	unsigned nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct pvp_static_call_key *key = pvp_tables_static_call(&tables, names[i]);

		nr += key && pvp_platform_static_call(p, key) != key->func;
	}
	return nr;
}

static void check_feature(const struct pvp_platform *p, const char *feature, bool want)
{
	unsigned number;
	struct pvp_error *err = pvp_feature_parse(feature, tables.generation, &number);

	if (err) {
		pvp_error_destroy(err); /* 5.10 has no such bit */
		ck_assert(!strcmp(tables.generation, "5.10"));
		number = strcmp(feature, "PVUNLOCK") ? 277 : 276;
		want = false;
	}
	ck_assert_msg(pvp_platform_has_feature(p, number) == want, "%s, %s: %s is not %s",
		      image->name, p->name, feature, want ? "set" : "clear");
}

/* Each file on each image: on `--platform all` it is there, or passed over. */
START_TEST(file)
{
	if (!open_kernel(kernels[_i], kernels[_i]))
		return;
	for (size_t row = 0; row < ARRAY_SIZE(files); row++) {
		const char *name = files[row].name;
		struct pvp_platform *p = NULL;
		struct pvp_error *err;
		bool locks;

		err = pvp_platform_load(name, DIR_PLATFORMS, image, &tables, NULL, &p);
		if (files[row].ops[_i] == NO) {
			ck_assert_msg(err && err->code == PVP_ERR_UNSUPPORTED, "%s, %s: %s",
				      kernels[_i], name, err ? err->message : "loads");
			pvp_error_destroy(err);
			continue;
		}
		pvp_ck_ok(err);
		ck_assert_msg(changed_ops(p) == files[row].ops[_i], "%s, %s: %d operations",
			      kernels[_i], name, changed_ops(p));
		if (_i >= A6_1 && _i <= A7_2)
			ck_assert_msg(changed_clocks(p) == files[row].clocks[_i - A6_1],
				      "%s, %s: %u clocks", kernels[_i], name, changed_clocks(p));
		locks = p->hypervisor != PVP_HV_HYPERV || _i < I5_10;
		check_feature(p, "XENPV", p->hypervisor == PVP_HV_XEN_PV);
		check_feature(p, "PVUNLOCK", files[row].unlock && locks);
		check_feature(p, "VCPUPREEMPT", files[row].preempt && locks);
		check_feature(p, "HYPERVISOR", files[row].hypervisor);
		check_feature(p, "VMMCALL", files[row].vmmcall);
		check_feature(p, "NX", true);
		ck_assert_msg(p->cpus == files[row].cpus, "%s: %u CPUs", name, p->cpus);
		pvp_platform_destroy(p);
	}
	close_kernel();
}
END_TEST

/* Each file of the folder has a row above. */
START_TEST(every_file)
{
	char **names;
	size_t nr;

	pvp_ck_ok(pvp_platform_names(DIR_PLATFORMS, &names, &nr));
	for (size_t i = 0; i < nr; i++) {
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(files); k++)
			known |= !strcmp(files[k].name, names[i]);
		ck_assert_msg(known, "%s has no row", names[i]);
	}
	pvp_platform_names_free(names, nr);
}
END_TEST

// clang-format off
/* A set, the return thunk it leads to (NULL: the set is not for these images), and features it must
 * set and clear, by number: they are reassigned between generations.  0: none. */
static const struct {
	unsigned first, last; /* kernels */
	const char *name, *thunk;
	unsigned set, clear[2];
} mitigations[] = {
	{ A5_10, A7_2, "native+none",          "__x86_return_thunk",      117, { 364, 366 } },
	{ A5_10, A5_10, "native+none",         "__x86_return_thunk",      117, { 371, 235 } }, /* CLEAR_CPU_BUF, PTI */
	{ A6_1, A6_1,  "native+its+none",      "__x86_return_thunk",      117, { 370, 677 } }, /* .., INDIRECT_THUNK_ITS */
	{ A6_12, A6_12, "native+its+none",     "__x86_return_thunk",      117, { 371, 678 } }, /* CALL_DEPTH, .. */
	{ A7_2, A7_2,  "native+its+none",      "__x86_return_thunk",      117, { 114, 682 } }, /* CLEAR_CPU_BUF, .. */
	{ A5_10, A7_2, "native+spectre-off",   "__x86_return_thunk",      117, { 364, 365 } },
	{ A5_10, A7_2, "native+retpoline",     "__x86_return_thunk",      364, { 365, 0 } },
	{ A5_10, A7_2, "native+lfence",        "__x86_return_thunk",      365, { 366, 0 } },
	{ A5_10, A7_2, "native+rethunk",       "retbleed_return_thunk",   366, { 376, 0 } },
	{ A5_10, A7_2, "kvm+srso",             "srso_return_thunk",       376, { 377, 0 } },
	{ A5_10, A7_2, "xen-pv+srso-alias",    "srso_alias_return_thunk", 377, { 376, 0 } },
	{ A5_10, A6_1, "native+call-depth",    NULL,                      0, { 0, 0 } },
	{ A6_12, A7_2, "native+call-depth",    "call_depth_return_thunk", 371, { 365, 367 } },
	{ A5_10, A5_10, "native+its",          NULL,                      0, { 0, 0 } },
	{ A6_1, A6_1,  "native+its",           "its_return_thunk",        677, { 364, 0 } },
	{ A6_12, A6_12, "native+its",          "its_return_thunk",        678, { 364, 0 } },
	{ A7_2, A7_2,  "native+its",           "its_return_thunk",        682, { 364, 0 } },
	{ A6_1, A7_2,  "native+its-retpoline", "its_return_thunk",        364, { 365, 0 } },
	{ I5_10, I6_1, "native+none",          "",                        117, { 364, 365 } },
	{ I5_10, I6_1, "kvm+lfence",           "",                        365, { 366, 0 } },
	{ I5_10, I6_1, "native+srso",          NULL,                      0, { 0, 0 } },
};
// clang-format on

static void check_mitigation(size_t row)
{
	const char *name = mitigations[row].name, *thunk = mitigations[row].thunk;
	struct pvp_platform *p = NULL;
	struct pvp_error *err;
	uint64_t addr = 0;

	err = pvp_platform_load(name, DIR_PLATFORMS, image, &tables, NULL, &p);
	if (!thunk) {
		ck_assert_msg(err && err->code == PVP_ERR_UNSUPPORTED, "%s, %s: %s", image->name,
			      name, err ? err->message : "loads");
		pvp_error_destroy(err);
		return;
	}
	pvp_ck_ok(err);
	if (*thunk)
		pvp_ck_ok(pvp_image_symbol(image, thunk, &addr));
	ck_assert_str_eq(p->name, name);
	ck_assert_msg(p->return_thunk == addr, "%s: %#" PRIx64, name, p->return_thunk);
	ck_assert_msg(pvp_platform_has_feature(p, mitigations[row].set), "%s, %s: lacks %u",
		      image->name, name, mitigations[row].set);
	for (unsigned k = 0; k < ARRAY_SIZE(mitigations[row].clear); k++)
		ck_assert_msg(!mitigations[row].clear[k] ||
				      !pvp_platform_has_feature(p, mitigations[row].clear[k]),
			      "%s, %s: has %u", image->name, name, mitigations[row].clear[k]);
	pvp_platform_destroy(p);
}

START_TEST(mitigation)
{
	if (!open_kernel(kernels[_i], "mitigation"))
		return;
	for (size_t row = 0; row < ARRAY_SIZE(mitigations); row++)
		if ((unsigned)_i >= mitigations[row].first && (unsigned)_i <= mitigations[row].last)
			check_mitigation(row);
	close_kernel();
}
END_TEST

/* --- recorded boots --- */

/* The recording's words as a --caps file. */
static void write_caps(const struct pvp_golden_boot *boot, const char *path)
{
	json_t *caps = json_object_get(boot->json, "capabilities");
	char text[PVP_CAP_WORDS * 9 + 1] = "";

	for (size_t i = 0; i < PVP_CAP_WORDS; i++)
		sprintf(text + strlen(text), "%s\n", json_string_value(json_array_get(caps, i)));
	elfgen_write_bytes(path, text, strlen(text));
}

/* The first row that ends behind addr. */
static size_t row_at(const struct pvp_golden_boot *boot, uint64_t addr)
{
	size_t lo = 0, hi = boot->nr_rows;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (boot->rows[mid].addr + boot->rows[mid].len <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_jump(const uint8_t *label)
{
	return *label == 0xe9 || *label == 0xeb;
}

/* Jump labels: what the platform's static keys write is what the boot wrote. */
static void compare_labels(const struct pvp_golden_boot *boot, const struct pvp_platform *p,
			   uint64_t *missing, uint64_t *extra)
{
	*missing = *extra = 0;
	for (size_t i = 0; i < tables.nr_jumps; i++) {
		uint64_t addr = tables.jumps[i].addr;
		const uint8_t *linked = pvp_image_bytes(image, addr, 5);
		uint8_t want[5], got[5];

		memcpy(want, linked, 5);
		memcpy(got, linked, 5);
		for (size_t k = row_at(boot, addr); k < boot->nr_rows; k++) {
			const struct pvp_golden_row *row = &boot->rows[k];

			if (row->addr >= addr + 5)
				break;
			for (unsigned b = 0; b < row->len && !strcmp(row->label, "jump_label"); b++)
				if (row->addr + b - addr < 5)
					want[row->addr + b - addr] = row->new[b];
		}
		for (size_t k = 0; k < p->nr_text_writes; k++)
			if (p->text_writes[k].addr == addr)
				memcpy(got, p->text_writes[k].bytes, p->text_writes[k].len);
		/* 5.10 writes another NOP of five bytes for those that stay NOPs. */
		if (!memcmp(want, got, 2) || (!is_jump(want) && !is_jump(got)))
			continue;
		if (memcmp(want, linked, 2))
			++*missing;
		else
			++*extra;
	}
}

// clang-format off
static const struct {
	const char *boot;
	unsigned kernel;
	const char *platform;
	/* Static keys, in words.  Those machines were bare metal's only to the kernel: their CPU had the bit HYPERVISOR. */
	const char *key;
	uint64_t changed; /* bytes, at least; 0: the text is not compared here */
} boots[] = {
	{ "6.1-native",       A6_1,  "native",         "virt_spin_lock_key=on", 296000 },
	{ "6.1-xenpv",        A6_1,  "xen-pv",         NULL, 296000 },
	{ "6.1-kvm",          A6_1,  "kvm",            NULL, 296000 },
	{ "5.10-native",      A5_10, "native",         "virt_spin_lock_key=on", 0 },
	{ "6.12-native",      A6_12, "native",         "virt_spin_lock_key=on", 0 },
	{ "7.2-native",       A7_2,  "native",         "virt_spin_lock_key=on", 0 },
	{ "5.10-i386-native", I5_10, "native",         NULL, 0 },
	{ "6.1-i386-native",  I6_1,  "native",         NULL, 0 },
	{ "5.10-xenpv",       A5_10, "xen-pv",         NULL, 0 },
	{ "6.12-xenpv",       A6_12, "xen-pv",         NULL, 0 },
	{ "7.2-xenpv",        A7_2,  "xen-pv",         NULL, 0 },
	{ "5.10-kvm",         A5_10, "kvm",            NULL, 0 },
	{ "6.12-kvm",         A6_12, "kvm",            NULL, 0 },
	{ "7.2-kvm",          A7_2,  "kvm",            NULL, 0 },
	{ "5.10-i386-kvm",    I5_10, "kvm",            NULL, 0 },
	{ "6.1-i386-kvm",     I6_1,  "kvm",            NULL, 0 },
	{ "5.10-vmware",      A5_10, "vmware-noclock", "virt_spin_lock_key=off", 0 },
	{ "6.1-vmware",       A6_1,  "vmware-noclock", "virt_spin_lock_key=off", 0 },
	{ "6.12-vmware",      A6_12, "vmware-noclock", "virt_spin_lock_key=off", 0 },
	{ "7.2-vmware",       A7_2,  "vmware-noclock", "virt_spin_lock_key=off", 0 },
	{ "6.1-i386-vmware",  I6_1,  "vmware-noclock", NULL, 0 },
	/* Sets: the return thunk they lead to. */
	{ "6.12-native-skylake-stuff", A6_12, "native+skylake+call-depth", "virt_spin_lock_key=on cpu_buf_idle_clear=on", 0 },
	{ "5.10-epyc",        A5_10, "native+epyc+srso", "virt_spin_lock_key=on", 0 },
	{ "7.2-epyc",         A7_2,  "native+epyc+rethunk", "virt_spin_lock_key=on", 0 },
};
// clang-format on

/* The file's text, byte for byte. */
static void compare_text(const struct pvp_golden_boot *boot, const struct pvp_platform *p,
			 uint64_t changed)
{
	struct pvp_golden_diff diff;
	struct pvp_patched patched;
	struct pvp_sites sites;

	pvp_ck_ok(pvp_sites_scan(image, &tables, &sites));
	pvp_ck_ok(pvp_model_patch(image, &tables, p, &patched));
	pvp_ck_ok(pvp_golden_boot_compare(boot, image, &sites, &patched, &diff));
	ck_assert_msg(!diff.wrong && !diff.missing && !diff.pv_wrong,
		      "%s: %" PRIu64 " wrong, %" PRIu64 " missing, %" PRIu64
		      " at pv sites, the first at %#" PRIx64,
		      boot->name, diff.wrong, diff.missing, diff.pv_wrong, diff.first_bad);
	ck_assert_uint_gt(diff.changed, changed);
	pvp_patched_deinit(&patched);
	pvp_sites_deinit(&sites);
}

/* What the recording says it depended on is what the file gives for the recording's CPU. */
static void compare_inputs(const struct pvp_golden_boot *boot, const struct pvp_platform *p)
{
	struct pvp_platform want;

	pvp_ck_ok(pvp_golden_boot_platform(boot, image, &tables, &want));
	/* The derived bits too: the words afterwards. */
	for (size_t i = 0; i < PVP_CAP_WORDS; i++)
		ck_assert_msg(p->caps[i] == want.caps[i], "%s: word %zu is %08x", boot->name, i,
			      p->caps[i]);
	for (size_t i = 0; i < want.nr_pv_ops; i++)
		ck_assert_msg(p->pv_ops[i] == want.pv_ops[i], "%s: pv_ops.%s is %#" PRIx64,
			      boot->name, tables.fields[i].name, p->pv_ops[i]);
	/* Where data has no symbols (i386), the recording does not have these. */
	for (size_t i = 0; image->arch == PVP_ARCH_AMD64 && i < tables.nr_static_call_keys; i++) {
		const struct pvp_static_call_key *key = &tables.static_call_keys[i];

		ck_assert_msg(pvp_platform_static_call(p, key) ==
				      pvp_platform_static_call(&want, key),
			      "%s: static call %s", boot->name, key->name);
	}
	ck_assert_uint_eq(p->return_thunk, want.return_thunk);
	ck_assert_msg(p->cpu.vendor == want.cpu.vendor && p->cpu.family == want.cpu.family &&
			      p->cpu.model == want.cpu.model,
		      "%s: CPU %u:%u:%u", boot->name, p->cpu.vendor, p->cpu.family, p->cpu.model);
	pvp_golden_platform_deinit(&want);
}

START_TEST(recorded)
{
	char *words = pvp_strdup(boots[_i].key ? boots[_i].key : ""), *rest = words;
	const char *const keys[] = {strsep(&rest, " "), rest, NULL}, *dir = pvp_test_goldens();
	char caps[] = "/tmp/pvproof-caps-XXXXXX", json[64];
	struct pvp_overrides o = {.caps_file = caps, .static_keys = boots[_i].key ? keys : NULL};
	struct pvp_platform *p;
	struct pvp_golden_boot boot;
	uint64_t missing, extra;

	snprintf(json, sizeof(json), "%s.json", boots[_i].boot);
	if (!pvp_test_file(dir, json, boots[_i].boot) ||
	    !open_kernel(kernels[boots[_i].kernel], boots[_i].boot)) {
		free(words);
		return;
	}
	close(mkstemp(caps));
	pvp_ck_ok(pvp_golden_boot_load(dir, boots[_i].boot, &boot));
	write_caps(&boot, caps);
	p = load(boots[_i].platform, &o);
	unlink(caps);
	compare_inputs(&boot, p);
	if (boots[_i].changed)
		compare_text(&boot, p, boots[_i].changed);
	if (image->arch == PVP_ARCH_AMD64) { /* else keys have no names */
		compare_labels(&boot, p, &missing, &extra);
		ck_assert_msg(!missing && !extra,
			      "%s: %" PRIu64 " jump labels missing, %" PRIu64 " extra",
			      boots[_i].boot, missing, extra);
	}
	pvp_golden_boot_deinit(&boot);
	pvp_platform_destroy(p);
	close_kernel();
	free(words);
}
END_TEST

/* --- stores --- */

static unsigned mismatches(const struct pvp_stores *stores, struct pvp_platform *const *platforms,
			   size_t nr, unsigned *agreed)
{
	struct pvp_store_row *rows;
	unsigned nr_bad = 0;
	size_t nr_rows;

	pvp_stores_compare(stores, image, &tables, (const struct pvp_platform *const *)platforms,
			   nr, &rows, &nr_rows);
	*agreed = 0;
	for (size_t i = 0; i < nr_rows; i++) {
		nr_bad += rows[i].state > PVP_STORE_EARLY;
		*agreed += rows[i].state == PVP_STORE_AGREED;
	}
	free(rows);
	return nr_bad;
}

// clang-format off
/* Writes to pv_ops in each image, and how many (field, function) of them the files have too. */
static const struct {
	size_t stores;
	unsigned agreed;
} written[NR_KERNELS] = {
	[A5_10] = { 172, 102 }, [A6_1] = { 123, 96 }, [A6_12] = { 125, 98 }, [A7_2] = { 112, 87 },
	[I5_10] = {  28,  22 }, [I6_1] = {  17, 14 },
};
// clang-format on

static size_t field_named(const char *name)
{
	size_t i = 0;

	while (i < tables.nr_fields && strcmp(tables.fields[i].name, name))
		i++;
	ck_assert_msg(i < tables.nr_fields, "no field %s", name);
	return i;
}

/* What the kernel's code stores into pv_ops is what the files say, no more and no less. */
START_TEST(derived)
{
	struct pvp_platform *platforms[64];
	struct pvp_stores stores;
	char **names;
	size_t nr, fit = 0, wait;
	unsigned agreed;

	if (!open_kernel(kernels[_i], "derived"))
		return;
	wait = field_named("lock.wait");
	pvp_ck_ok(pvp_platform_names(DIR_PLATFORMS, &names, &nr));
	ck_assert_uint_le(nr, ARRAY_SIZE(platforms));
	for (size_t i = 0; i < nr; i++) {
		struct pvp_error *err = pvp_platform_load(names[i], DIR_PLATFORMS, image, &tables,
							  NULL, &platforms[fit]);

		fit += !err;
		ck_assert_msg(!err || err->code == PVP_ERR_UNSUPPORTED, "%s", err->message);
		pvp_error_destroy(err);
	}
	pvp_ck_ok(pvp_stores_scan(image, &tables, &stores));
	ck_assert_msg(stores.nr == written[_i].stores, "%s: %zu stores", kernels[_i], stores.nr);
	ck_assert_uint_eq(mismatches(&stores, platforms, fit, &agreed), 0);
	ck_assert_msg(agreed == written[_i].agreed, "%s: %u agreed", kernels[_i], agreed);
	/* Teeth: without KVM's files one of its stores is nobody's; .. */
	for (size_t i = 0; i < fit; i++)
		if (platforms[i]->hypervisor == PVP_HV_KVM)
			pvp_ck_ok(pvp_image_pointer(image, tables.slots[wait],
						    &platforms[i]->pv_ops[wait]));
	ck_assert_uint_eq(mismatches(&stores, platforms, fit, &agreed), 1);
	/* .. and a file with another function than the code stores is not believed. */
	platforms[0]->pv_ops[field_named("lock.kick")] += 16;
	ck_assert_uint_eq(mismatches(&stores, platforms, fit, &agreed), 2);
	pvp_stores_deinit(&stores);
	for (size_t i = 0; i < fit; i++)
		pvp_platform_destroy(platforms[i]);
	pvp_platform_names_free(names, nr);
	close_kernel();
}
END_TEST

Suite *platform_files_suite(void)
{
	Suite *s = suite_create("platform files");
	TCase *names = tcase_create("names"), *real = tcase_create("kernels");

	tcase_add_test(names, every_file);
	suite_add_tcase(s, names);
	tcase_set_timeout(real, 60);
	tcase_set_tags(real, PVP_TAG_KERNELS);
	tcase_add_loop_test(real, file, 0, NR_KERNELS);
	tcase_add_loop_test(real, mitigation, 0, NR_KERNELS);
	tcase_add_loop_test(real, recorded, 0, ARRAY_SIZE(boots));
	tcase_add_loop_test(real, derived, 0, NR_KERNELS);
	suite_add_tcase(s, real);
	return s;
}
