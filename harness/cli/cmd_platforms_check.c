// SPDX-License-Identifier: GPL-2.0-only
#include "platforms_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "stores.h"

struct check {
	const struct pvp_subject *subject;
	struct pvp_platform **platforms; /* that fit the image */
	size_t nr;
};

static struct pvp_error *load_platforms(struct check *check, const char *dir, char *const *names,
					size_t nr)
{
	const struct pvp_subject *subject = check->subject;

	check->platforms = pvp_calloc(nr + 1, sizeof(struct pvp_platform *));
	for (size_t i = 0; i < nr; i++) {
		struct pvp_platform *platform;
		struct pvp_error *err = pvp_platform_load(names[i], dir, subject->image,
							  &subject->tables, NULL, &platform);

		if (!err)
			check->platforms[check->nr++] = platform;
		else if (err->code != PVP_ERR_UNSUPPORTED)
			return err;
		pvp_error_destroy(err);
	}
	return NULL;
}

static const char *function_name(const struct pvp_image *image, uint64_t addr, char *buf,
				 size_t len)
{
	return addr ? pvp_image_describe(image, addr, buf, len) : "NULL";
}

static void print_places(const struct check *check, const struct pvp_store_row *row)
{
	char where[160];

	for (size_t i = 0; i < row->nr; i++)
		printf("%s%016" PRIx64 " %s", i ? ", " : "", row->first[i].addr,
		       pvp_image_describe(check->subject->image, row->first[i].addr, where,
					  sizeof(where)));
	if (!row->nr)
		putchar('-');
}

static void print_platforms(const struct check *check, const struct pvp_store_row *row)
{
	const char *comma = "";

	for (size_t i = 0; i < check->nr; i++)
		if (check->platforms[i]->pv_ops[row->field] == row->value) {
			printf("%s%s", comma, check->platforms[i]->name);
			comma = ",";
		}
	if (!*comma)
		putchar('-');
}

static void print_row(const struct check *check, const struct pvp_store_row *row)
{
	const struct pvp_subject *subject = check->subject;
	char name[160];

	printf("%s\t%s\t", subject->tables.fields[row->field].name,
	       row->state == PVP_STORE_UNKNOWN
		       ? "?"
		       : function_name(subject->image, row->value, name, sizeof(name)));
	print_places(check, row);
	putchar('\t');
	if (row->state == PVP_STORE_UNKNOWN)
		putchar('-');
	else
		print_platforms(check, row);
	printf("\t%s%s%s\n", pvp_store_state_name(row->state), row->reason ? ": " : "",
	       row->state == PVP_STORE_EARLY ? row->reason : "");
}

static bool is_mismatch(const struct pvp_store_row *row)
{
	return row->state > PVP_STORE_EARLY;
}

static void print_all(const struct check *check, const struct pvp_store_row *rows, size_t nr,
		      enum pvp_exit *status)
{
	size_t stores = 0, mismatches = 0;

	puts("field\tfunction\tstored at\tplatforms\tremark");
	for (size_t i = 0; i < nr; i++) {
		print_row(check, &rows[i]);
		stores += rows[i].nr;
		mismatches += is_mismatch(&rows[i]);
	}
	printf("%zu platform files, %zu values, %zu stores, %zu mismatch%s\n", check->nr, nr,
	       stores, mismatches, mismatches == 1 ? "" : "es");
	*status = mismatches ? PVP_EXIT_FAILED : PVP_EXIT_OK;
}

struct pvp_error *pvp_platforms_check(const struct pvp_subject *subject, const char *dir,
				      char *const *names, size_t nr, enum pvp_exit *status)
{
	struct check check = {.subject = subject};
	struct pvp_stores stores = {0};
	struct pvp_store_row *rows;
	struct pvp_error *err;
	size_t nr_rows;

	err = load_platforms(&check, dir, names, nr);
	if (!err)
		err = pvp_stores_scan(subject->image, &subject->tables, &stores);
	if (!err && !stores.nr)
		err = pvp_error_format(
			PVP_ERR_UNSUPPORTED,
			"%s: nothing in it stores into pv_ops; no boot code to compare with",
			subject->path);
	if (!err) {
		pvp_stores_compare(&stores, subject->image, &subject->tables,
				   (const struct pvp_platform *const *)check.platforms, check.nr,
				   &rows, &nr_rows);
		print_all(&check, rows, nr_rows, status);
		free(rows);
	}
	pvp_stores_deinit(&stores);
	for (size_t i = 0; i < check.nr; i++)
		pvp_platform_destroy(check.platforms[i]);
	free(check.platforms);
	return err;
}
