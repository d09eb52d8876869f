// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsan.c - leaks of the emulator library that are not ours to mend, for the leak sanitizer.
 */

const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

/* Unicorn 2.0.1 never frees the bitmap it makes for a page of text that rewrites itself
 * (unicorn-engine/unicorn#2149): 512 bytes a page. */
const char *__lsan_default_suppressions(void)
{
	return "leak:tb_invalidate_phys_page_fast\n";
}

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}
