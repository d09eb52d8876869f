// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <dirent.h>
#include <inttypes.h>
#include <unistd.h>

#include "alloc.h"
#include "check_helpers.h"
#include "elfgen.h"
#include "golden_boot.h"
#include "model.h"
#include "stores.h"

#define DIR_PLATFORMS "corpus/platforms"

static struct pvp_image *image;
static struct pvp_tables tables;

/* False where the kernel is not here. */
static bool open_kernel(const char *test_name)
{
	const char *path = pvp_test_file(pvp_test_kernels(), "vmlinuz-6.1.176-amd64", test_name);

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

#define XENPV	    272
#define PVUNLOCK    276
#define VCPUPREEMPT 277
// clang-format off
/* Fields of pv_ops that are not as linked, static calls of the kernel's that are not, features.
 * Source: counts of operations that platforms change. */
static const struct {
	const char *name;
	unsigned ops, clocks; /* clocks: pv_sched_clock, pv_steal_clock */
	bool unlock, preempt; /* PVUNLOCK, VCPUPREEMPT */
	bool hypervisor, vmmcall;
	unsigned cpus;
} files[] = {
	/* name               ops clocks unlock  preempt hyper  vmmcall cpus */
	{ "native",             0,  0,   false,  false,  false, true,   4 },
	{ "xen-pv",            84,  2,   true,   true,   true,  true,   4 },
	{ "xen-pv-up",         79,  2,   false,  false,  true,  true,   1 },
	{ "xen-hvm",            6,  2,   true,   true,   true,  false,  4 },
	{ "xen-hvm-amd",        6,  2,   true,   true,   true,  true,   4 },
	{ "xen-pvh",            6,  2,   true,   true,   true,  false,  4 },
	{ "kvm",                8,  2,   true,   true,   true,  true,   4 },
	{ "kvm-unhalt",         5,  1,   true,   false,  true,  true,   4 },
	{ "kvm-steal",          4,  2,   false,  true,   true,  true,   4 },
	{ "kvm-plain",          1,  1,   false,  false,  true,  true,   4 },
	{ "kvm-sev",            9,  2,   true,   true,   true,  true,   4 },
	{ "hyperv",             7,  1,   true,   true,   true,  true,   4 },
	{ "hyperv-invariant",   7,  1,   true,   true,   true,  true,   4 },
	{ "vmware",             1,  2,   false,  false,  true,  true,   4 },
	{ "vmware-vmcall",      1,  2,   false,  false,  true,  true,   4 },
	{ "vmware-vmmcall",     1,  2,   false,  false,  true,  true,   4 },
	{ "kvm+skylake",        8,  2,   true,   true,   true,  false,  4 },
	{ "native+qemu-max",    0,  0,   false,  false,  false, true,   4 },
};
// clang-format on

static unsigned changed_ops(const struct pvp_platform *p)
{
	unsigned nr = 0;

	for (size_t i = 0; i < p->nr_pv_ops; i++) {
		uint64_t linked;

		pvp_ck_ok(pvp_image_pointer(image, tables.pv_ops + i * 8, &linked));
		nr += p->pv_ops[i] != linked;
	}
	return nr;
}

START_TEST(file)
{
	const char *name = files[_i].name;
	struct pvp_platform *p;
	unsigned clocks = 0;

	if (!open_kernel(name))
		return;
	p = load(name, NULL);
	for (size_t i = 0; i < p->nr_static_calls; i++) {
		const char *clock[] = {"pv_sched_clock", "pv_steal_clock"};

		for (size_t k = 0; k < ARRAY_SIZE(clock); k++)
			clocks += p->static_calls[i].key ==
				  pvp_tables_static_call(&tables, clock[k])->key;
	}
	ck_assert_msg(changed_ops(p) == files[_i].ops, "%s: %u operations", name, changed_ops(p));
	ck_assert_msg(clocks == files[_i].clocks, "%s: %u clocks", name, clocks);
	ck_assert_msg(pvp_platform_has_feature(p, XENPV) == (p->hypervisor == PVP_HV_XEN_PV),
		      "%s: XENPV", name);
	ck_assert_msg(pvp_platform_has_feature(p, PVUNLOCK) == files[_i].unlock, "%s: PVUNLOCK",
		      name);
	ck_assert_msg(pvp_platform_has_feature(p, VCPUPREEMPT) == files[_i].preempt,
		      "%s: VCPUPREEMPT", name);
	ck_assert_msg(pvp_platform_has_feature(p, 159) == files[_i].hypervisor, "%s: HYPERVISOR",
		      name);
	ck_assert_msg(pvp_platform_has_feature(p, 271) == files[_i].vmmcall, "%s: VMMCALL", name);
	ck_assert_msg(p->cpus == files[_i].cpus, "%s: %u CPUs", name, p->cpus);
	pvp_platform_destroy(p);
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
/* The set, what of it must show, and how returns of the patched kernel begin: jmp to the thunk or a
 * plain return. */
static const struct {
	const char *name, *thunk;
	unsigned set, clear;
} mitigations[] = {
	{ "native+none",       "__x86_return_thunk",       117, 364 },
	{ "native+retpoline",  "__x86_return_thunk",       364, 365 },
	{ "native+lfence",     "__x86_return_thunk",       365, 366 },
	{ "native+rethunk",    "retbleed_return_thunk",    366, 376 },
	{ "kvm+srso",          "srso_return_thunk",        376, 377 },
	{ "xen-pv+srso-alias", "srso_alias_return_thunk",  377, 376 },
};
// clang-format on

START_TEST(mitigation)
{
	const char *name = mitigations[_i].name;
	struct pvp_platform *p;
	uint64_t thunk;

	if (!open_kernel(name))
		return;
	p = load(name, NULL);
	pvp_ck_ok(pvp_image_symbol(image, mitigations[_i].thunk, &thunk));
	ck_assert_str_eq(p->name, name);
	ck_assert_msg(p->return_thunk == thunk, "%s: %#" PRIx64, name, p->return_thunk);
	ck_assert_msg(pvp_platform_has_feature(p, mitigations[_i].set), "%s: lacks %u", name,
		      mitigations[_i].set);
	ck_assert_msg(!pvp_platform_has_feature(p, mitigations[_i].clear), "%s: has %u", name,
		      mitigations[_i].clear);
	pvp_platform_destroy(p);
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
		if (!memcmp(want, got, 2))
			continue;
		if (memcmp(want, linked, 2))
			++*missing;
		else
			++*extra;
	}
}

// clang-format off
static const struct {
	const char *boot, *platform;
	/* That machine was bare metal's only to the kernel: its CPU had the bit HYPERVISOR. */
	const char *key;
} boots[] = {
	{ "6.1-native", "native", "virt_spin_lock_key=on" },
	{ "6.1-xenpv",  "xen-pv", NULL },
	{ "6.1-kvm",    "kvm",    NULL },
};
// clang-format on

/* With the recording's capability words, each file gives the recorded text, byte for byte. */
START_TEST(recorded)
{
	const char *const keys[] = {boots[_i].key, NULL}, *dir = pvp_test_goldens();
	char caps[] = "/tmp/pvproof-caps-XXXXXX", json[64];
	struct pvp_overrides o = {.caps_file = caps, .static_keys = keys};
	struct pvp_platform want, *p;
	struct pvp_golden_boot boot;
	struct pvp_golden_diff diff;
	struct pvp_patched patched;
	struct pvp_sites sites;
	uint64_t missing, extra;

	snprintf(json, sizeof(json), "%s.json", boots[_i].boot);
	if (!pvp_test_file(dir, json, boots[_i].boot) || !open_kernel(boots[_i].boot))
		return;
	close(mkstemp(caps));
	pvp_ck_ok(pvp_golden_boot_load(dir, boots[_i].boot, &boot));
	write_caps(&boot, caps);
	p = load(boots[_i].platform, &o);
	unlink(caps);
	pvp_ck_ok(pvp_golden_boot_platform(&boot, image, &tables, &want));
	/* The derived bits too: the words afterwards. */
	for (size_t i = 0; i < PVP_CAP_WORDS; i++)
		ck_assert_msg(p->caps[i] == want.caps[i], "%s: word %zu is %08x", boots[_i].boot, i,
			      p->caps[i]);
	for (size_t i = 0; i < want.nr_pv_ops; i++)
		ck_assert_msg(p->pv_ops[i] == want.pv_ops[i], "%s: pv_ops.%s is %#" PRIx64,
			      boots[_i].boot, tables.fields[i].name, p->pv_ops[i]);
	for (size_t i = 0; i < tables.nr_static_call_keys; i++) {
		const struct pvp_static_call_key *key = &tables.static_call_keys[i];

		ck_assert_msg(pvp_platform_static_call(p, key) ==
				      pvp_platform_static_call(&want, key),
			      "%s: static call %s", boots[_i].boot, key->name);
	}
	ck_assert_uint_eq(p->return_thunk, want.return_thunk);
	pvp_ck_ok(pvp_sites_scan(image, &tables, &sites));
	pvp_ck_ok(pvp_model_patch(image, &tables, p, &patched));
	pvp_ck_ok(pvp_golden_boot_compare(&boot, image, &sites, &patched, &diff));
	ck_assert_msg(!diff.wrong && !diff.missing && !diff.pv_wrong,
		      "%s: %" PRIu64 " wrong, %" PRIu64 " missing, %" PRIu64
		      " at pv sites, the first at %#" PRIx64,
		      boots[_i].boot, diff.wrong, diff.missing, diff.pv_wrong, diff.first_bad);
	ck_assert_uint_gt(diff.changed, 296000);
	compare_labels(&boot, p, &missing, &extra);
	ck_assert_msg(!missing && !extra, "%s: %" PRIu64 " jump labels missing, %" PRIu64 " extra",
		      boots[_i].boot, missing, extra);
	pvp_patched_deinit(&patched);
	pvp_sites_deinit(&sites);
	pvp_golden_platform_deinit(&want);
	pvp_golden_boot_deinit(&boot);
	pvp_platform_destroy(p);
	close_kernel();
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

/* What the kernel's code stores into pv_ops is what the files say, no more and no less. */
START_TEST(derived)
{
	struct pvp_platform *platforms[64], *native = NULL;
	struct pvp_stores stores;
	char **names;
	size_t nr;
	unsigned agreed;
	uint64_t *op;

	if (!open_kernel("derived"))
		return;
	pvp_ck_ok(pvp_platform_names(DIR_PLATFORMS, &names, &nr));
	ck_assert_uint_le(nr, ARRAY_SIZE(platforms));
	for (size_t i = 0; i < nr; i++)
		platforms[i] = load(names[i], NULL);
	pvp_ck_ok(pvp_stores_scan(image, &tables, &stores));
	ck_assert_uint_eq(stores.nr, 123);
	ck_assert_uint_eq(mismatches(&stores, platforms, nr, &agreed), 0);
	ck_assert_uint_eq(agreed, 96);
	/* Teeth: without Hyper-V's files one of its stores is nobody's; .. */
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(names[i], "native"))
			native = platforms[i];
	ck_assert_str_eq(tables.fields[tables.nr_fields - 1].name, "lock.vcpu_is_preempted");
	for (size_t i = 0; i < nr; i++)
		if (platforms[i]->hypervisor == PVP_HV_HYPERV)
			platforms[i]->pv_ops[tables.nr_fields - 1] =
				native->pv_ops[tables.nr_fields - 1];
	ck_assert_uint_eq(mismatches(&stores, platforms, nr, &agreed), 1);
	/* .. and a file with another function than the code stores is not believed. */
	op = &native->pv_ops[0];
	ck_assert_str_eq(tables.fields[0].name, "cpu.io_delay");
	*op += 16;
	ck_assert_uint_eq(mismatches(&stores, platforms, nr, &agreed), 2);
	pvp_stores_deinit(&stores);
	for (size_t i = 0; i < nr; i++)
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
	tcase_add_loop_test(real, file, 0, ARRAY_SIZE(files));
	tcase_add_loop_test(real, mitigation, 0, ARRAY_SIZE(mitigations));
	tcase_add_loop_test(real, recorded, 0, ARRAY_SIZE(boots));
	tcase_add_test(real, derived);
	suite_add_tcase(s, real);
	return s;
}
