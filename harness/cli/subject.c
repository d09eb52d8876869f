// SPDX-License-Identifier: GPL-2.0-only
#include "subject.h"

#include <stdlib.h>
#include <string.h>

#include "corpus.h"

struct pvp_error *pvp_subject_open(const char *path, const char *symbols, struct pvp_subject *ret)
{
	struct pvp_subject subject = {.path = path};
	struct pvp_error *err;

	err = pvp_image_open(path, symbols, &subject.image);
	if (err)
		return err;
	err = pvp_tables_parse(subject.image, &subject.tables);
	if (!err)
		err = pvp_sites_scan(subject.image, &subject.tables, &subject.sites);
	if (!err)
		err = pvp_entry_sites_scan(subject.image, &subject.tables, &subject.entry);
	if (!err)
		err = pvp_transfer_sites_scan(subject.image, &subject.tables, &subject.transfers);
	if (err) {
		pvp_subject_deinit(&subject);
		return pvp_error_context(err, "%s", path);
	}
	*ret = subject;
	return NULL;
}

void pvp_subject_deinit(struct pvp_subject *subject)
{
	if (!subject)
		return;
	pvp_transfer_sites_deinit(&subject->transfers);
	pvp_entry_sites_deinit(&subject->entry);
	pvp_sites_deinit(&subject->sites);
	pvp_tables_deinit(&subject->tables);
	pvp_image_close(subject->image);
	memset(subject, 0, sizeof(*subject));
}

struct pvp_error *pvp_boot_open(const struct pvp_subject *subject, const char *name,
				const struct pvp_overrides *overrides, bool *unfit,
				struct pvp_boot *ret)
{
	char *platforms = NULL, *contracts = NULL;
	struct pvp_boot boot = {.name = name};
	struct pvp_error *err;

	err = pvp_corpus_folder("platforms", &platforms);
	if (!err)
		err = pvp_corpus_folder("contracts", &contracts);
	if (!err)
		err = pvp_platform_load(name, platforms, subject->image, &subject->tables,
					overrides, &boot.platform);
	if (unfit)
		*unfit = err && err->code == PVP_ERR_UNSUPPORTED;
	if (!err)
		err = pvp_contracts_load(contracts, subject->image, &subject->tables, boot.platform,
					 &boot.contracts);
	if (!err) {
		err = pvp_model_patch(subject->image, &subject->tables, boot.platform,
				      &boot.patched);
		if (err)
			err = pvp_error_context(err, "%s: platform %s", subject->path, name);
	}
	free(platforms);
	free(contracts);
	if (err)
		pvp_boot_deinit(&boot);
	else
		*ret = boot;
	return err;
}

void pvp_boot_deinit(struct pvp_boot *boot)
{
	if (!boot)
		return;
	pvp_patched_deinit(&boot->patched);
	pvp_contracts_deinit(&boot->contracts);
	pvp_platform_destroy(boot->platform);
	memset(boot, 0, sizeof(*boot));
}
