// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alloc.h"
#include "options.h"
#include "outfile.h"
#include "selftest.h"
#include "subject.h"
#include "clean.h"
#include "witness.h"
#include "witness_asm.h"

struct options {
	struct pvp_options common;
	const char *assembly;
};

static const struct argp_option rows[] = {
	{"asm", 'a', "OUT.S", 0,
	 "write both sides' bytes, the start state and what was seen as assembly text", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		return 0;
	case 'a':
		options->assembly = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* A witness holds the words of its --caps file; the platform reader wants a file. */
static struct pvp_error *make_caps_file(char *const *words, int *fd, char **path)
{
	FILE *out;

	*fd = memfd_create("caps", MFD_CLOEXEC);
	out = *fd < 0 ? NULL : fdopen(dup(*fd), "w");
	if (!out)
		return pvp_error_os(errno, "memfd_create");
	for (; *words; words++)
		fprintf(out, "%s\n", *words);
	fclose(out);
	*path = pvp_asprintf("/proc/self/fd/%d", *fd);
	return NULL;
}

/* The reader's file is none of the user's; behind its name stands the line.  Takes err. */
static struct pvp_error *name_caps(struct pvp_error *err, const char *rest)
{
	struct pvp_error *ret =
		pvp_error_format(err->code, "field \"platform.caps\", row%s%s",
				 *rest == ':' ? " " : "", *rest == ':' ? rest + 1 : rest);

	pvp_error_destroy(err);
	return ret;
}

static struct pvp_error *open_boot(const struct pvp_witness_file *file,
				   const struct pvp_subject *subject, struct pvp_boot *ret)
{
	struct pvp_overrides overrides = {
		.features = (const char *const *)file->overrides.features,
		.pv_ops = (const char *const *)file->overrides.pv_ops,
		.static_calls = (const char *const *)file->overrides.static_calls,
		.static_keys = (const char *const *)file->overrides.static_keys,
		.return_thunk = file->overrides.return_thunk,
		.cpu_model = file->overrides.cpu_model,
		.cpus = file->overrides.cpus,
		.initcalls = file->overrides.initcalls,
	};
	struct pvp_error *err = NULL;
	char *caps = NULL;
	int fd = -1;

	if (file->overrides.caps)
		err = make_caps_file(file->overrides.caps, &fd, &caps);
	overrides.caps_file = caps;
	if (!err)
		err = pvp_boot_open(subject, file->platform, &overrides, NULL, ret);
	if (err && caps && !strncmp(err->message, caps, strlen(caps)))
		err = name_caps(err, err->message + strlen(caps));
	else if (err)
		err = pvp_error_context(err, "field \"platform\"");
	if (fd >= 0)
		close(fd);
	free(caps);
	return err;
}

static struct pvp_error *open_subject(const struct pvp_witness_file *file, const char *path,
				      const char *symbols, struct pvp_subject *ret)
{
	struct pvp_error *err = pvp_subject_open(path, symbols, ret);

	if (err)
		return err;
	if (!strcmp(file->sha256, pvp_image_sha256(ret->image)))
		return NULL;
	err = pvp_error_format(PVP_ERR_BAD_DATA,
			       "%s: not the image of the witness: SHA-256 is %s, not %s", path,
			       pvp_image_sha256(ret->image), file->sha256);
	pvp_subject_deinit(ret);
	return err;
}

static void print_bytes(const char *name, const uint8_t *bytes, size_t len)
{
	printf("%-10s", name);
	for (size_t i = 0; i < len; i++)
		printf("%s%02x", i ? " " : "", bytes[i]);
	putchar('\n');
}

/* Text that holds lines; each is printed clean. */
static void print_lines(const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		char *line = pvp_strndup(text, len), *clean = pvp_text_clean(line);

		printf("  %s\n", clean);
		free(clean);
		free(line);
		text += len + (text[len] == '\n');
	}
}

static void print_clean(const char *name, const char *text)
{
	char *clean = pvp_text_clean(text ? text : "");

	printf("%-10s%s\n", name, clean);
	free(clean);
}

/* One a line; only the first line has the name. */
static void print_list(const char *name, const char *text, const char *none)
{
	if (!text || !*text)
		print_clean(name, none);
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		char *line = pvp_strndup(text, len);

		print_clean(name, line);
		free(line);
		name = "";
		text += len + (text[len] == '\n');
	}
}

static void print_head(const struct pvp_witness_file *file, const struct pvp_subject *subject,
		       const struct pvp_boot *boot)
{
	uint8_t k1[PVP_WITNESS_MAX_SITE];

	memcpy(k1, file->k0, file->len);
	pvp_patched_lay(&boot->patched, file->addr, file->len, k1);
	pvp_patched_lay(&file->given, file->addr, file->len, k1);
	print_clean("image", subject->image->name);
	print_clean("platform", boot->platform->name);
	printf("%-10s%#" PRIx64 "  ", "site", file->addr);
	print_clean(file->op, "");
	print_clean("in", file->symbol);
	printf("%-10s%u, seed %#" PRIx64 "%s\n", "state", file->seen.state,
	       file->seen.seed, file->seen.shrunk ? ", made plain" : "");
	if (file->seen.shrunk)
		print_list("matters", file->seen.matter, "nothing: the plainest state shows it");
	for (size_t i = 0; file->also && file->also[i]; i++)
		print_clean(i ? "" : "also on", file->also[i]);
	print_bytes("K0", file->k0, file->len);
	print_bytes("K1", k1, file->len);
	if (memcmp(k1, file->k1, file->len))
		print_bytes("K1 then", file->k1, file->len);
}

/* There is no K0: the registers that K1 changed. */
static void print_alone(const struct pvp_witness *seen)
{
	print_clean("means", seen->meaning);
	print_clean("wrong", seen->what);
	print_clean("K1 stop", seen->stop_k1);
	printf("\n%-10s%-18s  %s\n", "register", "start", "K1 end");
	for (unsigned i = 0; i < PVP_X86_NR_REGS; i++)
		if (seen->end_k1[i] != seen->start[i])
			printf("%-10s0x%016" PRIx64 "  0x%016" PRIx64 "\n",
			       pvp_witness_register(i), seen->start[i], seen->end_k1[i]);
	puts("\nK1 effects");
	print_lines(seen->effects_k1);
	putchar('\n');
}

/* Registers in which the sides ended differently, and the start value of each. */
static void print_witness(const struct pvp_witness *seen)
{
	bool any = false;

	if (seen->alone) {
		print_alone(seen);
		return;
	}
	print_clean("differs", seen->what);
	print_clean("K0 stop", seen->stop_k0);
	print_clean("K1 stop", seen->stop_k1);
	for (unsigned i = 0; i < PVP_X86_NR_REGS; i++) {
		if (seen->end_k0[i] == seen->end_k1[i])
			continue;
		if (!any)
			printf("\n%-10s%-18s  %-18s  %s\n", "register", "start", "K0 end",
			       "K1 end");
		any = true;
		printf("%-10s0x%016" PRIx64 "  0x%016" PRIx64 "  0x%016" PRIx64 "\n",
		       pvp_witness_register(i), seen->start[i], seen->end_k0[i], seen->end_k1[i]);
	}
	puts(any ? "" : "\nno register differs at the end\n");
	puts("K0 effects");
	print_lines(seen->effects_k0);
	puts("K1 effects");
	print_lines(seen->effects_k1);
	putchar('\n');
}

static void print_prefix(const char *side, const char *prefix)
{
	if (!prefix || !*prefix)
		return;
	printf("%s up to the difference, when it was found\n", side);
	print_lines(prefix);
}

static void print_inconclusive(const struct pvp_cell *cell)
{
	char *detail = pvp_text_clean(cell->detail ? cell->detail : "");

	printf("INCONCLUSIVE: it could not be decided: %s%s%s\n", pvp_reason_name(cell->reason),
	       *detail ? ": " : "", detail);
	free(detail);
}

/* Prints what one cell came to. */
static enum pvp_exit print_outcome(const struct pvp_witness_file *file, const struct pvp_cell *cell)
{
	/* Both sides fault alike, in the one state there is: that is agreement. */
	const bool fault = cell->reason == PVP_REASON_ALL_FAULT;

	if (cell->witness) {
		print_prefix("K0", file->seen.prefix_k0);
		print_prefix("K1", file->seen.prefix_k1);
		print_witness(cell->witness);
	}
	if (cell->verdict == PVP_DIVERGENT) {
		puts("DIVERGENT: it still diverges");
		return PVP_EXIT_FAILED;
	}
	if (cell->verdict != PVP_EQUIVALENT && !fault) {
		print_inconclusive(cell);
		return PVP_EXIT_FAILED;
	}
	if (file->left_out) {
		printf("INCONCLUSIVE: it does not diverge without the %u rows of --patched that the "
		       "file leaves out\n",
		       file->left_out);
		return PVP_EXIT_FAILED;
	}
	puts(fault ? "both sides fault alike: it does not diverge any more"
		   : "EQUIVALENT: it does not diverge any more");
	return PVP_EXIT_OK;
}

/* alone: it is entry code, a trap row or a transfer. */
static const struct pvp_site *find_site(const struct pvp_subject *subject, uint64_t addr,
					bool alone)
{
	const struct pvp_sites *const lists[] = {&subject->entry.sites, &subject->transfers.sites};

	if (!alone)
		return pvp_sites_find(&subject->sites, addr);
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
		for (size_t i = 0; i < lists[k]->nr; i++)
			if (lists[k]->v[i].addr == addr)
				return &lists[k]->v[i];
	return NULL;
}

static struct pvp_error *replay(const struct pvp_witness_file *file,
				const struct pvp_subject *subject, const struct pvp_boot *boot,
				enum pvp_exit *status)
{
	const struct pvp_check_input input = {
		.image = subject->image,
		.tables = &subject->tables,
		.sites = &subject->sites,
		.entry = &subject->entry,
		.transfers = &subject->transfers,
		.platform = boot->platform,
		.contracts = &boot->contracts,
		.patched = &boot->patched,
		.given = file->given.nr ? &file->given : NULL,
		.nr_states = file->states,
		.seed = file->seen.seed,
		.jobs = 1,
	};
	const bool alone = file->seen.alone;
	const struct pvp_site *site = find_site(subject, file->addr, alone);
	const struct pvp_patchable patchable = {subject->image, &subject->tables, &subject->entry};
	struct pvp_cell cell = {0};
	struct pvp_error *err;

	if (!site || site->addr != file->addr)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"field \"site.addr\": %s has no patch site at %#" PRIx64,
					subject->path, file->addr);
	if (strcmp(site->op, file->op))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"field \"site.op\" is %s, but at %#" PRIx64 " %s has %s",
					file->op, file->addr, subject->path, site->op);
	if (site->len != file->len || memcmp(site->linked, file->k0, file->len))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"field \"site.k0\": %s has other bytes at %#" PRIx64,
					subject->path, file->addr);
	for (size_t i = 0; i < file->given.nr; i++) {
		const struct pvp_patch *row = &file->given.v[i];
		const uint8_t *old = pvp_image_bytes(subject->image, row->addr, row->len);

		err = pvp_patchable_check(&patchable, row->addr, row->len);
		if (err)
			return pvp_error_context(err, "field \"patched[%zu].addr\": %s", i,
						 subject->path);
		if (!old || memcmp(old, row->old, row->len))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"field \"patched[%zu].old\": %s has other bytes at "
						"%#" PRIx64,
						i, subject->path, row->addr);
	}
	if (!alone && file->seen.shrunk)
		err = pvp_check_start(&input, site, file->seen.shrunk, file->seen.state, &cell);
	else
		err = pvp_check_one(&input, site, file->seen.state, &cell);
	if (err)
		return err;
	print_head(file, subject, boot);
	*status = print_outcome(file, &cell);
	pvp_cell_deinit(&cell);
	return NULL;
}

static struct pvp_error *write_assembly(const struct pvp_witness_file *file,
					const struct pvp_subject *subject, const char *path)
{
	struct pvp_error *err;
	char *text;

	err = pvp_witness_asm(file, subject->image, &text);
	if (err)
		return err;
	err = pvp_outfile_write(path, text, strlen(text));
	free(text);
	return err;
}

/* path is the file's; image, symbols: as the user gave them, or NULL: the file says. */
static struct pvp_error *open_and_replay(const struct pvp_witness_file *file, const char *path,
					 const char *image, const char *symbols,
					 struct pvp_subject *subject, struct pvp_boot *boot,
					 enum pvp_exit *status)
{
	struct pvp_error *err = open_subject(file, image ? image : file->image,
					     symbols ? symbols : file->symbols, subject);

	if (err)
		return image ? err : pvp_error_context(err, "%s: field \"image\"", path);
	err = open_boot(file, subject, boot);
	if (!err)
		err = replay(file, subject, boot, status);
	return err ? pvp_error_context(err, "%s", path) : NULL;
}

static struct pvp_error *run(const struct options *options, enum pvp_exit *status)
{
	const struct pvp_words_list *files = &options->common.files;
	struct pvp_witness_file file = {0};
	struct pvp_subject subject = {0};
	struct pvp_boot boot = {0};
	struct pvp_error *err = NULL;

	if (files->nr < 1 || files->nr > 2)
		return pvp_error_format(PVP_ERR_USAGE,
					"replay: a witness FILE is needed, and perhaps an IMAGE");
	if (options->assembly)
		err = pvp_outfiles_probe_file(options->assembly);
	if (!err)
		err = pvp_witness_read(files->v[0], &file);
	if (!err)
		err = pvp_selftest_require();
	if (!err)
		err = open_and_replay(&file, files->v[0], files->nr > 1 ? files->v[1] : NULL,
				      options->common.symbols, &subject, &boot, status);
	if (!err && options->assembly)
		err = write_assembly(&file, &subject, options->assembly);
	pvp_boot_deinit(&boot);
	pvp_subject_deinit(&subject);
	pvp_witness_deinit(&file);
	return err;
}

struct pvp_error *pvp_cmd_replay(const struct pvp_cli *cli, int argc, char **argv,
				 enum pvp_exit *status)
{
	static const struct argp_child children[] = {{&pvp_image_argp, 0, NULL, 0}, {0}};
	static const struct argp argp = {
		.options = rows,
		.parser = parse,
		.args_doc = "FILE [IMAGE]",
		.doc = "Run the start state of a witness file again, on both sides.  IMAGE is "
		       "where the image is now.",
		.children = children,
	};
	struct options options = {0};
	struct pvp_error *err;

	(void)cli;
	err = pvp_options_parse(&argp, "replay", argc, argv, &options, &options.common, status);
	if (!err && !options.common.stop)
		err = run(&options, status);
	pvp_options_deinit(&options.common);
	return err;
}
