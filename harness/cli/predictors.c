// SPDX-License-Identifier: GPL-2.0-only
#include "predictors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agree.h"
#include "alloc.h"
#include "findings.h"
#include "guest.h"

#define MAX_FINDINGS 100 /* of one platform; the rest is counted */

bool pvp_by_parse(const char *text, enum pvp_by *ret)
{
	static const char *const names[] = {
		[PVP_BY_MODEL] = "model", [PVP_BY_GUEST] = "guest", [PVP_BY_BOTH] = "both"};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(text, names[i])) {
			*ret = i;
			return true;
		}
	return false;
}

/* "symbol+0x1c (0x..): model 90 (..), guest cc (..)"; owned by the caller. */
static char *describe(const struct pvp_subject *subject, const struct pvp_difference *difference)
{
	char *text = pvp_difference_text(difference, "model", "guest"), name[256], *line;

	pvp_image_describe(subject->image, difference->addr, name, sizeof(name));
	line = pvp_asprintf("%s (%#" PRIx64 "): %s", name, difference->addr, text);
	free(text);
	return line;
}

struct pvp_error *pvp_predict(enum pvp_by by, const struct pvp_subject *subject,
			      struct pvp_boot *boot, bool *agree)
{
	struct pvp_patched guest;
	struct pvp_agree found;
	struct pvp_error *err;

	*agree = true;
	if (by == PVP_BY_MODEL)
		return NULL;
	err = pvp_guest_patch(subject->image, &subject->tables, boot->platform, &guest);
	if (err)
		return pvp_error_context(err, "%s: platform %s", subject->path, boot->name);
	if (by == PVP_BY_GUEST) {
		pvp_patched_deinit(&boot->patched);
		boot->patched = guest;
		return NULL;
	}
	pvp_agree_compare(&boot->patched, &guest, &found);
	*agree = !found.nr;
	for (size_t i = 0; i < found.nr; i++) {
		char *line = describe(subject, &found.v[i]);

		fprintf(stderr, "pvproof: predictor-disagreement at %s\n", line);
		free(line);
	}
	pvp_agree_deinit(&found);
	pvp_patched_deinit(&guest);
	return NULL;
}

static void add_findings(const struct pvp_subject *subject, const struct pvp_boot *boot,
			 const bool *wanted, const struct pvp_patched *guest,
			 struct pvp_check_result *result)
{
	struct pvp_finding_text text = {
		.kind = "predictor-disagreement",
		.rule = "model and guest predict different bytes",
		.error = true,
	};
	struct pvp_agree agree;
	size_t nr = 0;
	char *detail;

	pvp_agree_compare(&boot->patched, guest, &agree);
	for (size_t i = 0; i < agree.nr; i++) {
		const struct pvp_site *site = pvp_sites_find(&subject->sites, agree.v[i].addr);

		/* With --site, others are none of our business. */
		if ((wanted && (!site || !wanted[site - subject->sites.v])) || nr++ >= MAX_FINDINGS)
			continue;
		text.detail = detail = describe(subject, &agree.v[i]);
		pvp_finding_add(result, site, agree.v[i].addr, &text);
		free(detail);
	}
	if (nr > MAX_FINDINGS) {
		text.detail = detail = pvp_asprintf("%zu more", nr - MAX_FINDINGS);
		pvp_finding_add(result, NULL, 0, &text);
		free(detail);
	}
	pvp_agree_deinit(&agree);
}

static void add_stopped(struct pvp_check_result *result, const char *why)
{
	const struct pvp_finding_text text = {
		.kind = "predictor-stopped",
		.rule = "the image's own patching functions do not run to their end",
		.detail = why,
		.error = true,
	};

	pvp_finding_add(result, NULL, 0, &text);
}

struct pvp_error *pvp_predictors_verify(const struct pvp_subject *subject,
					const struct pvp_boot *boot, const bool *wanted,
					struct pvp_check_result *result)
{
	struct pvp_patched guest;
	struct pvp_error *err = pvp_guest_supports(subject->image, &subject->tables);

	if (err) { /* one predictor has to do */
		pvp_error_destroy(err);
		return NULL;
	}
	err = pvp_guest_patch(subject->image, &subject->tables, boot->platform, &guest);
	if (!err) {
		add_findings(subject, boot, wanted, &guest, result);
		pvp_patched_deinit(&guest);
		return NULL;
	}
	if (err->code != PVP_ERR_BAD_DATA && err->code != PVP_ERR_UNSUPPORTED)
		return err;
	add_stopped(result, err->message);
	pvp_error_destroy(err);
	return NULL;
}
