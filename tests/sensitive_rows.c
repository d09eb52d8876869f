// SPDX-License-Identifier: GPL-2.0-only
#include "sensitive_rows.h"

#include "check_helpers.h"

static const char *const reg_names[] = {
#define X(name, where, uc) #name,
	PVP_X86_REGS(X)
#undef X
};

/* The value a row gives the register or word, its start value where there is none. */
static uint64_t expected(const struct small_machine *sm, const char *changes, const char *name,
			 uint64_t start, uint64_t now)
{
	size_t len = strlen(name);

	for (const char *at = changes; *at; at += strspn(at, " ")) {
		const char *value = at + strcspn(at, "=") + 1;
		size_t value_len = strcspn(value, " ");

		if (value - at == (ptrdiff_t)len + 1 && !strncmp(at, name, len)) {
			if (*value == '?')
				return now;
			for (unsigned reg = 0; reg < PVP_X86_NR_STATE; reg++)
				if (strlen(reg_names[reg]) == value_len &&
				    !strncmp(reg_names[reg], value, value_len))
					return sm->start.reg[reg];
			return strtoull(value, NULL, 16);
		}
		at = value + value_len;
	}
	return start;
}

static void check_word(struct small_machine *sm, const struct sensitive_row *row, const char *name,
		       uint64_t addr, uint64_t start)
{
	uint64_t got = small_machine_word(sm, addr);
	uint64_t want = expected(sm, row->changes, name, start, got);

	if (start == SENSITIVE_WORD8) { /* only its two low bytes are a table's */
		got &= 0xffff;
		want &= 0xffff;
	}
	ck_assert_msg(got == want, "%s: %s is %#lx, expected %#lx", row->name, name,
		      (unsigned long)got, (unsigned long)want);
}

void sensitive_row_check(struct small_machine *sm, const struct sensitive_row *row)
{
	const char *stop = *row->stop ? row->stop : "end";
	const uint64_t data = sm->start.reg[PVP_X86_rdi];

	small_machine_code(sm, row->code);
	small_machine_set_word(sm, data, SENSITIVE_WORD);
	small_machine_set_word(sm, data + 8, SENSITIVE_WORD8);
	small_machine_open(sm);
	for (int round = 0; round < 2; round++) {
		small_machine_run(sm);
		ck_assert_msg(!strcmp(small_machine_stop(sm), stop), "%s: %s (%s), expected %s",
			      row->name, small_machine_stop(sm), sm->run.detail, stop);
		ck_assert_msg(!strcmp(small_machine_effects(sm), row->effects),
			      "%s: effects \"%s\", expected \"%s\"", row->name,
			      small_machine_effects(sm), row->effects);
		for (unsigned reg = 0; reg < PVP_X86_NR_STATE; reg++) {
			uint64_t got = sm->run.end.reg[reg];
			uint64_t want =
				expected(sm, row->changes, reg_names[reg], sm->start.reg[reg], got);

			ck_assert_msg(reg == PVP_X86_rip || got == want,
				      "%s: %s is %#lx, expected %#lx", row->name, reg_names[reg],
				      (unsigned long)got, (unsigned long)want);
		}
		check_word(sm, row, "word", data, SENSITIVE_WORD);
		check_word(sm, row, "word8", data + 8, SENSITIVE_WORD8);
		small_machine_undo(sm);
		ck_assert_uint_eq(small_machine_word(sm, data), SENSITIVE_WORD);
	}
}
