// SPDX-License-Identifier: GPL-2.0-only
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "corpus.h"
#include "outfile.h"
#include "predictors.h"
#include "progress.h"
#include "selftest.h"
#include "clean.h"

/* An image, the platforms it is verified on, and the sites that are asked for. */
struct job {
	struct pvp_subject subject;
	struct pvp_boot *boots; /* owned */
	size_t nr_boots, cap_boots;
	bool *wanted;		  /* one a site; NULL: all */
	bool *entry_wanted;	  /* the same of the entry-code sites; NULL: as `wanted` has it */
	bool *transfer_wanted;	  /* the same of the transfers */
	struct pvp_patched given; /* --patched */
};

struct run {
	struct pvp_verify_options options;
	struct pvp_overrides overrides;
	struct pvp_expect expect;
	char today[16];
	char **names; /* of --platform all */
	size_t nr_names;
	struct job *jobs; /* owned, one an image */
	size_t nr_jobs;
	struct pvp_results results;
	struct pvp_verify_witnesses witnesses;
};

static void job_deinit(struct job *job)
{
	pvp_patched_deinit(&job->given);
	free(job->wanted);
	free(job->entry_wanted);
	free(job->transfer_wanted);
	for (size_t i = 0; i < job->nr_boots; i++)
		pvp_boot_deinit(&job->boots[i]);
	free(job->boots);
	pvp_subject_deinit(&job->subject);
}

static void run_deinit(struct run *run)
{
	pvp_verify_witnesses_deinit(&run->witnesses);
	pvp_results_deinit(&run->results);
	for (size_t i = 0; i < run->nr_jobs; i++)
		job_deinit(&run->jobs[i]);
	free(run->jobs);
	pvp_platform_names_free(run->names, run->nr_names);
	pvp_expect_deinit(&run->expect);
	pvp_verify_options_deinit(&run->options);
}

static struct pvp_error *open_all_boots(const struct run *run, struct job *job)
{
	char *others = pvp_strdup(""), *longer;
	struct pvp_error *last = NULL;
	unsigned nr_others = 0;

	for (size_t i = 0; i < run->nr_names; i++) {
		struct pvp_boot boot;
		struct pvp_error *err;
		bool unfit;

		err = pvp_boot_open(&job->subject, run->names[i], &run->overrides, &unfit, &boot);
		if (!err) {
			*pvp_push(&job->boots, &job->nr_boots, &job->cap_boots) = boot;
			continue;
		}
		pvp_error_destroy(last);
		if (!unfit) { /* trouble, not another machine's file */
			free(others);
			return err;
		}
		last = err;
		longer = pvp_asprintf("%s%s%s", others, nr_others++ ? ", " : "", run->names[i]);
		free(others);
		others = longer;
	}
	if (nr_others && job->nr_boots)
		fprintf(stderr,
			"pvproof: %s: %u platforms are not for it and are passed over: %s "
			"(`pvproof platforms' says why)\n",
			job->subject.path, nr_others, others);
	free(others);
	if (!job->nr_boots && last)
		return pvp_error_context(last, "%s: no platform fits", job->subject.path);
	pvp_error_destroy(last);
	if (!job->nr_boots)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "%s: there are no platform files",
					job->subject.path);
	return NULL;
}

static struct pvp_error *open_boots(const struct run *run, struct job *job)
{
	const struct pvp_words_list *platforms = &run->options.common.platforms;

	if (run->names)
		return open_all_boots(run, job);
	for (size_t i = 0; i < platforms->nr; i++) {
		struct pvp_boot boot;
		struct pvp_error *err;

		err = pvp_boot_open(&job->subject, platforms->v[i], &run->overrides, NULL, &boot);
		if (err)
			return err;
		for (size_t k = 0; k < job->nr_boots; k++)
			if (!strcmp(job->boots[k].platform->name, boot.platform->name))
				err = pvp_error_format(PVP_ERR_USAGE,
						       "verify: two platforms are called %s",
						       boot.platform->name);
		*pvp_push(&job->boots, &job->nr_boots, &job->cap_boots) = boot;
		if (err)
			return err;
	}
	return NULL;
}

static struct pvp_error *find_wanted(const struct run *run, struct job *job)
{
	const struct pvp_words_list *names = &run->options.sites;
	const struct pvp_subject *subject = &job->subject;
	const struct pvp_sites *const lists[] = {
		&subject->entry.sites,
		&subject->sites,
		&subject->transfers.sites,
	};
	bool **const wanted[] = {&job->entry_wanted, &job->wanted, &job->transfer_wanted};
	bool *chosen[ARRAY_SIZE(lists)];

	if (!names->nr)
		return NULL;
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
		chosen[k] = *wanted[k] = pvp_calloc(lists[k]->nr, sizeof(**chosen));
	for (size_t i = 0; i < names->nr; i++) {
		struct pvp_error *err = pvp_sites_choose(lists, ARRAY_SIZE(lists), subject->image,
							 names->v[i], chosen);

		if (err)
			return pvp_error_context(err, "%s", subject->path);
	}
	return NULL;
}

/* Everything that can be wrong with the input is found here, before anything runs. */
static struct pvp_error *open_jobs(struct run *run)
{
	const struct pvp_options *common = &run->options.common;
	struct pvp_error *err = NULL;
	char *dir;

	run->overrides = pvp_options_overrides(common);
	if (!strcmp(common->platforms.v[0], "all")) {
		err = pvp_corpus_folder("platforms", &dir);
		if (err)
			return err;
		err = pvp_platform_names(dir, &run->names, &run->nr_names);
		free(dir);
	}
	run->jobs = pvp_calloc(common->files.nr, sizeof(*run->jobs));
	for (size_t i = 0; !err && i < common->files.nr; i++) {
		struct job *job = &run->jobs[i];

		err = pvp_subject_open(common->files.v[i], common->symbols, &job->subject);
		if (err)
			break;
		run->nr_jobs++;
		err = find_wanted(run, job);
	}
	for (size_t i = 0; !err && i < run->nr_jobs; i++) {
		struct job *job = &run->jobs[i];

		if (run->options.patched)
			err = pvp_patched_read(run->options.patched,
					       &(struct pvp_patchable){job->subject.image,
								       &job->subject.tables,
								       &job->subject.entry},
					       &job->given);
		if (!err)
			err = open_boots(run, job);
	}
	return err;
}

static struct pvp_error *check_boot(struct run *run, const struct job *job,
				    const struct pvp_boot *boot, struct pvp_results_image *image)
{
	struct pvp_progress progress = pvp_progress_begin(boot->platform->name);
	struct pvp_patched changed = {0};
	const struct pvp_patched *given = run->options.patched ? &changed : NULL;
	const struct pvp_check_input input = {
		.image = job->subject.image,
		.tables = &job->subject.tables,
		.sites = &job->subject.sites,
		.entry = &job->subject.entry,
		.transfers = &job->subject.transfers,
		.platform = boot->platform,
		.contracts = &boot->contracts,
		.patched = &boot->patched,
		.given = given,
		.nr_states = run->options.states,
		.steer = true,
		.seed = run->options.seed,
		.wanted = job->wanted,
		.entry_wanted = job->entry_wanted,
		.transfer_wanted = job->transfer_wanted,
		.shrink = true,
		.jobs = run->options.jobs,
		.progress = pvp_progress_update,
		.progress_arg = &progress,
	};
	struct pvp_check_result result;
	enum pvp_change *changes;
	struct pvp_error *err;

	/* K1 is the file, whatever was predicted. */
	if (given)
		pvp_patched_difference(&boot->patched, &job->given, &changed);
	changes = pvp_calloc(input.sites->nr, sizeof(*changes));
	err = pvp_changes_of(input.image, input.sites, input.platform, input.patched, given,
			     changes);
	if (!err)
		err = pvp_check(&input, &result);
	pvp_progress_end(&progress);
	if (!err) {
		err = pvp_predictors_verify(&job->subject, boot, job->wanted, &result);
		if (err)
			pvp_check_result_deinit(&result);
	}
	if (err) {
		free(changes);
		pvp_patched_deinit(&changed);
		return pvp_error_context(err, "%s: platform %s", job->subject.path, boot->name);
	}
	pvp_results_add_platform(image, &input, &run->overrides, changes, &result);
	free(changes);
	err = pvp_verify_add_witnesses(&run->witnesses, &run->options, &job->subject, boot, given,
				       image, &result);
	pvp_check_result_deinit(&result);
	pvp_patched_deinit(&changed);
	return err;
}

static struct pvp_error *check_jobs(struct run *run)
{
	struct pvp_error *err = NULL;

	pvp_results_init(&run->results, pvp_selftest_versions(), run->options.seed,
			 run->options.states, run->nr_jobs);
	for (size_t i = 0; !err && i < run->nr_jobs; i++) {
		const struct job *job = &run->jobs[i];
		struct pvp_results_image *image =
			pvp_results_add_image(&run->results, job->subject.image,
					      &job->subject.tables, &job->subject.sites,
					      &job->subject.entry, &job->subject.transfers);

		for (size_t k = 0; !err && k < job->nr_boots; k++)
			err = check_boot(run, job, &job->boots[k], image);
		pvp_verify_finish_witnesses(&run->witnesses, image);
	}
	return err;
}

/* The one place where the clock is read; expectations expire by it, nothing records it. */
static void set_today(struct run *run)
{
	time_t now = time(NULL);
	struct tm tm;

	if (run->options.today)
		snprintf(run->today, sizeof(run->today), "%s", run->options.today);
	else if (localtime_r(&now, &tm))
		strftime(run->today, sizeof(run->today), "%Y-%m-%d", &tm);
}

static struct pvp_error *verify(const struct pvp_cli *cli, struct run *run, enum pvp_exit *status)
{
	struct pvp_error *err;

	err = pvp_selftest_require();
	if (!err && run->options.expect)
		err = pvp_expect_load(run->options.expect, &run->expect);
	if (!err)
		err = open_jobs(run);
	if (!err)
		err = pvp_outfiles_probe_dir(run->options.out);
	for (size_t i = 0; !err && i < run->options.nr_renderings; i++)
		if (run->options.renderings[i].path)
			err = pvp_outfiles_probe_file(run->options.renderings[i].path);
	if (!err)
		err = check_jobs(run);
	if (err)
		return err;
	if (run->options.expect) {
		set_today(run);
		pvp_expect_apply(&run->expect, run->today, &run->results);
	}
	pvp_results_judge(&run->results, run->options.fail_on);
	err = pvp_verify_publish(cli, &run->options, &run->results, &run->witnesses);
	if (!err)
		*status = run->results.failed ? PVP_EXIT_FAILED : PVP_EXIT_OK;
	return err;
}

struct pvp_error *pvp_cmd_verify(const struct pvp_cli *cli, int argc, char **argv,
				 enum pvp_exit *status)
{
	struct run run = {0};
	struct pvp_error *err;

	err = pvp_verify_options_parse(argc, argv, &run.options, status);
	if (!err && !run.options.common.stop)
		err = verify(cli, &run, status);
	run_deinit(&run);
	return err;
}
