// SPDX-License-Identifier: GPL-2.0-only
/*
 * Call depth tracking: pads in front of functions get their code when the first call needs it.
 */
#include "call_thunks.h"
#include "boot.h"
#include "features.h"
#include "patch.h"
#include "percpu.h"
#include "relocate.h"

#define LONGEST_PAD 32

extern const u8 skl_call_thunk_template[], skl_call_thunk_tail[];
extern const int __call_sites[], __call_sites_end[];
void error_entry(void), paranoid_entry(void), xen_error_entry(void);

DEFINE_PER_CPU(u64, __x86_call_depth) = ~0UL;
static bool active;

static bool is_core_text(const void *addr)
{
	return (const char *)addr >= _text && (const char *)addr < _etext;
}

/* Called while the stack, or gs, is not the kernel's. */
static bool is_skipped(const void *func)
{
	return func == (void *)error_entry || func == (void *)paranoid_entry ||
	       func == (void *)xen_error_entry;
}

static bool same_or_nops(const u8 *pad, const u8 *code, u32 len, bool *same)
{
	bool nops = true;

	*same = true;
	for (u32 i = 0; i < len; i++) {
		*same = *same && pad[i] == code[i];
		nops = nops && pad[i] == OP_NOP;
	}
	return *same || nops;
}

/* The pad of func, or func when it has none. */
static void *pad_of(void *func)
{
	u32 len = skl_call_thunk_tail - skl_call_thunk_template;
	u8 *pad = (u8 *)func - len, code[LONGEST_PAD];
	bool same;

	for (u32 i = 0; i < len; i++)
		code[i] = skl_call_thunk_template[i];
	relocate(code, len, len, skl_call_thunk_template - pad);
	optimize_nops(code, len);
	if (!same_or_nops(pad, code, len, &same))
		return func;
	if (!same)
		text_poke_early(pad, code, len);
	return pad;
}

void *callthunks_translate_call_dest(void *func)
{
	if (!active || !func || is_skipped(func) || !is_core_text(func))
		return func;
	return pad_of(func);
}

static void patch_call(u8 *site)
{
	u8 code[5];
	void *func, *target;

	if (!is_core_text(site) || *site != OP_CALL)
		return;
	func = (void *)branch_target(site);
	target = callthunks_translate_call_dest(func);
	if (target == func)
		return;
	make_branch(code, OP_CALL, site, target);
	text_poke_early(site, code, sizeof(code));
}

noinline void callthunks_patch_builtin_calls(void)
{
	if (!has_cap(X86_FEATURE_CALL_DEPTH))
		return;
	active = true;
	for (const int *s = __call_sites; s < __call_sites_end; s++)
		patch_call((u8 *)s + *s);
	if (PVKERNEL_GEN >= 702)
		return;
	for (const struct alt_instr *a = __alt_instructions; a < __alt_instructions_end; a++)
		patch_call(alt_site(a));
}
