// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the tests, and those of what is no operation: the patcher, the static calls, warnings.
 */
#include "selftest.h"
#include "guests.h"
#include "patch.h"

u64 sched_clock(void), sched_clock_twice(void), steal_clock(int cpu);
u64 call_idle(void), call_trace(u64 event), call_cond_resched(void);
ulong call_through(ulong (*fn)(ulong), ulong arg), jump_through_r11(ulong (*fn)(ulong), ulong arg);
ulong state_save(void);
u32 feature_level(void);
ONLY_AMD64(void warn_by_call(void), test_swapgs(void), test_user_mode(void);)

static bool failed;
static const char *skipped;

void test_failed(const char *what, u32 line)
{
	if (!failed)
		print("# line %u: %s\n", line, what);
	failed = true;
}

void test_skipped(const char *why)
{
	skipped = why;
}

static void test_patcher(void)
{
	CHECK(!nr_patch_complaints);
}

static void test_int3(void)
{
	u32 before = nr_breakpoints;

	asm volatile("int3");
	CHECK(nr_breakpoints == before + 1);
}

static void test_static_calls(void)
{
	u64 first = sched_clock();

	CHECK(sched_clock() >= first);
	ONLY_AMD64(CHECK(sched_clock_twice() < 1UL << 62);) ONLY_I386(CHECK(sched_clock_twice() < 1ULL << 62);)
	ONLY_AMD64(CHECK(steal_clock(0) < 1UL << 62);) ONLY_I386(CHECK(steal_clock(0) < 1ULL << 62);)
	CHECK(call_idle() == 1);
	CHECK(call_trace(5) == 5);
	CHECK(call_cond_resched() == 0);
#if PVKERNEL_GEN >= 702 && defined(__x86_64__)
	warn_by_call();
	CHECK(nr_warnings == 1);
	nr_warnings = 0;
#endif
}

static ulong twice(ulong x)
{
	return 2 * x;
}

static void test_retpolines(void)
{
	CHECK(call_through(twice, 21) == 42);
	CHECK(jump_through_r11(twice, 4) == 8);
}

static void test_alternatives(void)
{
	u8 from[40], to[40];

	for (u32 i = 0; i < sizeof(from); i++)
		from[i] = i * 7;
	CHECK(memset(to, 0x55, sizeof(to)) == to);
	CHECK(to[0] == 0x55 && to[39] == 0x55);
	CHECK(memcpy(to, from, sizeof(to) - 1) == to);
	CHECK(to[38] == (u8)(38 * 7) && to[39] == 0x55);
	CHECK(state_save() == has_cap(X86_FEATURE_XSAVE));
	CHECK(feature_level() == (has_cap(X86_FEATURE_ERMS)	 ? 2
				  : has_cap(X86_FEATURE_XSAVE) ? 1
							       : 0));
	/* (The port is the machine's.) */
	if (has_cap(X86_FEATURE_VMCALL) || has_cap(X86_FEATURE_VMW_VMMCALL))
		CHECK(vmware_hypercall(VMWARE_GET_VERSION) == VMWARE_VERSION);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {{"patcher", test_patcher},
	     {"int3", test_int3},
	     {"static calls", test_static_calls},
	     {"retpolines", test_retpolines},
	     {"alternatives", test_alternatives},
	     SINCE_601(ONLY_AMD64({"swapgs", test_swapgs}, {"user mode", test_user_mode},))
#define F(group, field, ...) {#group "." #field, test_##field},
	     PV_OPS(F, F, F)
#undef F
};

u32 selftest(void)
{
	u32 nr_failed = 0, nr_skipped = 0;

	test_page_init();
	print("1..%u\n", (u32)ARRAY_SIZE(tests));
	for (u32 i = 0; i < ARRAY_SIZE(tests); i++) {
		u32 warnings = nr_warnings;

		failed = false;
		skipped = NULL;
		tests[i].run();
		if (nr_warnings != warnings)
			test_failed("no warning", 0);
		print("%s %u - %s", failed ? "not ok" : "ok", i + 1, tests[i].name);
		if (skipped && !failed)
			print(" # SKIP %s", skipped);
		print("\n");
		nr_failed += failed;
		nr_skipped += skipped && !failed;
	}
	print("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n",
	      (u32)ARRAY_SIZE(tests) - nr_failed - nr_skipped, nr_failed, nr_skipped);
	return nr_failed;
}
