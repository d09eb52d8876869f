// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the patcher did, for comparison with a prediction: digests of text, and the bytes that
 * differ from the file's.
 */
#include "boot.h"
#include "patch.h"

struct section {
	const char *name;
	const char *start, *end;
};
static const struct section sections[] = {
	{".text", _text, _etext},
	{".init.text", _sinittext, _einittext},
};

#define LINKED_MAX 0x40000
static u8 linked[LINKED_MAX];

#if PVKERNEL_GEN <= 510 && defined(__x86_64__)
extern u8 hypercall_page[];
/* Xen has filled it before the kernel runs: as linked it returns. */
static void unfill_hypercall_page(u8 *page)
{
	for (u32 i = 0; i < PAGE_SIZE; i++)
		page[i] = i % 32 ? OP_INT3 : OP_RET;
}
#endif

void save_linked_text(void)
{
	ulong at = 0;

	for (u32 i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct section *s = &sections[i];

		if (at + (s->end - s->start) > LINKED_MAX)
			panic("no room for a copy of text");
		for (const char *c = s->start; c < s->end; c++)
			linked[at++] = *c;
	}
	ONLY_510(ONLY_AMD64(unfill_hypercall_page(linked + (hypercall_page - (const u8 *)_text))));
}

void report_text(const char *when)
{
	struct sha256 sha;
	u8 digest[32];

	for (u32 i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct section *s = &sections[i];

		sha256_init(&sha);
		sha256_add(&sha, s->start, s->end - s->start);
		sha256_end(&sha, digest);
		print("# text%s %s %016lx %lu sha256 ", when, s->name, (ulong)s->start,
		      (ulong)(s->end - s->start));
		print_hex(digest, sizeof(digest));
		print("\n");
	}
}

/* A row a run of changed bytes: address, linked, now. */
static ulong dump_section(const struct section *s, const u8 *old)
{
	const u8 *now = (const u8 *)s->start;
	ulong len = s->end - s->start, n;

	for (ulong i = 0; i < len; i += n) {
		for (n = 0; i + n < len && old[i + n] != now[i + n];)
			n++;
		if (n) {
			print("# patched %016lx ", (ulong)s->start + i);
			print_hex(old + i, n);
			print(" ");
			print_hex(now + i, n);
			print("\n");
		}
		n += !n;
	}
	return len;
}

void dump_text(void)
{
	ulong at = 0;

	for (u32 i = 0; i < ARRAY_SIZE(sections); i++)
		at += dump_section(&sections[i], linked + at);
}
