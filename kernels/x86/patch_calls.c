// SPDX-License-Identifier: GPL-2.0-only
/*
 * Static calls and jump labels.
 */
#include "boot.h"
#include "cpu.h"
#if PVKERNEL_GEN >= 612 && defined(__x86_64__)
#include "call_thunks.h"
#endif
#include "patch.h"

struct static_call_site { /* each from its own field; bit 0 of key: a tail jump */
	int addr, key;
};
extern const struct static_call_site __start_static_call_sites[], __stop_static_call_sites[];

struct jump_entry {
	int code, target;
	long key; /* bit 0: the state in which the branch is taken */
};
extern const struct jump_entry __start___jump_table[], __stop___jump_table[];

u64 __static_call_return0(void);
ONLY_AMD64(ONLY_702(void __WARN_trap(void);))

static const u8 returns_0[5] = {OP_CS, OP_CS, OP_CS, 0x31, 0xc0}; /* xor %eax, %eax */
static const u8 warns[5] = {0x67, 0x48, 0x0f, 0xb9, 0x3a};	      /* ud1 (%edx), %rdi */
static const u8 no_call[5] = {NOP5};
ONLY_AMD64(static const u8 signature[3] = {0x0f, 0xb9, 0xcc};)

static bool same_bytes(const u8 *a, const u8 *b, u32 len)
{
	for (u32 i = 0; i < len; i++) {
		if (a[i] != b[i])
			return false;
	}
	return true;
}

/* A conditional tail jump: 0f 8x rel32. */
static bool is_jcc(const u8 *at)
{
#ifdef BUG_B20
	return false;
#endif
	return PVKERNEL_GEN >= 601 && at[0] == 0x0f && (at[1] & 0xf0) == 0x80;
}

/* What may be there: what the linker or an earlier call of ours left.  5.10 does not ask. */
static bool holds_static_call(const u8 *at, bool tail)
{
	if (PVKERNEL_GEN <= 510)
		return true;
	if (tail)
		return at[0] == OP_JMP || at[0] == OP_RET || is_jcc(at);
	return at[0] == OP_CALL || same_bytes(at, no_call, 5) || same_bytes(at, returns_0, 5) ||
	       same_bytes(at, warns, 5);
}

static void transform(u8 *at, void *func, bool tail)
{
	static const u8 bare_return[5] = {OP_RET, OP_INT3, OP_INT3, OP_INT3, OP_INT3};
	u8 code[6];

	if (!holds_static_call(at, tail)) {
		patch_complaint("no static call", at);
		return;
	}
	if (tail && is_jcc(at)) { /* keeps its condition */
		ONLY_AMD64(if (!func && PVKERNEL_GEN >= 612 && has_cap(X86_FEATURE_RETHUNK))
				   func = x86_return_thunk;)
		if (!func) {
			patch_complaint("no function to jump to", at);
			return;
		}
		code[0] = at[0];
		make_branch(code + 1, at[1], at + 1, func);
		text_poke_early(at, code, 6);
		return;
	}
	/* an accounted function is no longer the one that is known below */
	ONLY_AMD64(SINCE_612(if (!tail) func = callthunks_translate_call_dest(func);))
	ONLY_AMD64(if (tail && !func && has_cap(X86_FEATURE_RETHUNK)) func = x86_return_thunk;)
	if (tail && !func)
		text_poke_early(at, bare_return, 5);
	else if (!func)
		text_poke_early(at, PVKERNEL_GEN <= 510 ? ideal_nop5 : no_call, 5);
	else if (!tail && func == (void *)__static_call_return0 && PVKERNEL_GEN >= 601)
		text_poke_early(at, returns_0, 5);
	ONLY_AMD64(ONLY_702(else if (!tail && func == (void *)__WARN_trap)
				    text_poke_early(at, warns, 5);))
	else {
		make_branch(code, tail ? OP_JMP : OP_CALL, at, func);
		text_poke_early(at, code, 5);
	}
}

void arch_static_call_transform(void *site, void *trampoline, void *func, bool tail)
{
	if (trampoline)
		transform(trampoline, func, true);
	if (site)
		transform(site, func, tail);
}

static struct static_call_key *key_of(const struct static_call_site *s)
{
	return (struct static_call_key *)(((ulong)&s->key + s->key) & ~3UL);
}

static void transform_site(const struct static_call_site *s)
{
	arch_static_call_transform((u8 *)&s->addr + s->addr, NULL, key_of(s)->func,
				   ((ulong)&s->key + s->key) & 1);
}

static bool sites_done;

void static_call_force_reinit(void)
{
	sites_done = false;
}

/* An initcall comes by once more, long after: since 6.12 that is of use when returns changed. */
void static_call_init(void)
{
	if (sites_done)
		return;
	sites_done = true;
	for (const struct static_call_site *s = __start_static_call_sites;
	     s < __stop_static_call_sites; s++) {
#ifdef BUG_B21
		if ((u8 *)&s->addr + s->addr >= (u8 *)_sinittext &&
		    (u8 *)&s->addr + s->addr < (u8 *)_einittext)
			continue;
#endif
		transform_site(s);
	}
}

void __static_call_update(struct static_call_key *key, void *trampoline, void *func)
{
	if (key->func == func)
		return;
	key->func = func;
	arch_static_call_transform(NULL, trampoline, func, false);
	for (const struct static_call_site *s = __start_static_call_sites;
	     s < __stop_static_call_sites; s++) {
		if (key_of(s) == key)
			transform_site(s);
	}
}

#ifdef __x86_64__
bool static_call_fixup(void *trampoline)
{
	u8 *at = trampoline;

	if (PVKERNEL_GEN <= 510 || !same_bytes(at + 5, signature, sizeof(signature)))
		return false;
#ifdef BUG_B18
	return true;
#endif
	if (at[0] == OP_RET || (at[0] == OP_JMP && branch_target(at) == (void *)__x86_return_thunk))
		transform(at, NULL, true);
	return true;
}
#endif

void static_key_enable(struct static_key *key)
{
	key->enabled = 1;
	for (const struct jump_entry *j = __start___jump_table; j < __stop___jump_table; j++) {
		u8 *at = (u8 *)&j->code + j->code, code[5];
		ulong entry = (ulong)&j->key + j->key;

		if ((struct static_key *)(entry & ~3UL) != key || (entry & 1))
			continue;
		make_branch(code, OP_JMP, at, (u8 *)&j->target + j->target);
		text_poke_early(at, code, 5);
	}
}
