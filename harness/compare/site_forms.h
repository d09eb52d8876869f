/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * site_forms.h - the distinct forms that the patched text of an operation's sites has, in one image
 *on one platform: `cli` in place of the call, `call pv_native_irq_disable`, a jump there.
 *
 *	err = pvp_site_forms_make(&input, &forms);
 *	pvp_site_form_pairs_make(&forms_a, "irq.irq_disable", &forms_b, "irq.irq_disable", &pairs);
 *	pvp_site_form_pairs_deinit(&pairs);
 *	pvp_site_forms_deinit(&forms);
 *
 * Sites of one form differ in their place and in how many NOPs fill the room: what is run at one of
 * them is run at all.  A spoiled site has a form of its own.
 */
#ifndef PVP_SITE_FORMS_H
#define PVP_SITE_FORMS_H

#include "check.h"

struct pvp_site_form {
	const struct pvp_site *site; /* the first of the form; borrowed from the input */
	char *text; /* owned; as plain_text.h has it, without NOPs: "nothing" where there is no more
		     */
};

struct pvp_site_forms {
	struct pvp_site_form *v; /* owned; an operation's calls before its tail calls, conditional
				  * ones last; by address */
	size_t nr, cap;
};

/* Of all operations, as input->patched and input->given have the text. */
struct pvp_error *pvp_site_forms_make(const struct pvp_check_input *input,
				      struct pvp_site_forms *ret) PVP_MUST_CHECK;
void pvp_site_forms_deinit(struct pvp_site_forms *forms);

/* The first form of an operation, or NULL: there is no site of it. */
const struct pvp_site_form *pvp_site_forms_first(const struct pvp_site_forms *forms,
						 const char *op);

/* Two forms of an operation to run against each other, A's and B's; borrowed. */
struct pvp_site_form_pair {
	const struct pvp_site_form *side[2];
};

struct pvp_site_form_pairs {
	struct pvp_site_form_pair *v; /* owned */
	size_t nr, cap;
};

/* Each form of either image is in one pair at least: with the same form of the other, or with the
 * other's first.  A jump that depends on flags is run against the same form alone, where there is
 * another pair.  Empty where one of them has no site of the operation. */
void pvp_site_form_pairs_make(const struct pvp_site_forms *a, const char *op_a,
			      const struct pvp_site_forms *b, const char *op_b,
			      struct pvp_site_form_pairs *ret);
void pvp_site_form_pairs_deinit(struct pvp_site_form_pairs *pairs);

#endif
