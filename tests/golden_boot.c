// SPDX-License-Identifier: GPL-2.0-only
#include "golden_boot.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "alloc.h"

/* The whole file unpacked, NUL-terminated, owned by the caller. */
static struct pvp_error *read_zstd(const char *path, char **ret)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	FILE *file = fopen(path, "rbe");
	struct pvp_error *err = NULL;
	size_t cap = 1 << 20, len = 0, status = 0;
	char in[1 << 16], *out = NULL;
	ZSTD_inBuffer source = {in, 0, 0};

	if (!file)
		err = pvp_error_os(errno, "%s", path);
	out = pvp_reallocarray(NULL, cap, 1);
	while (!err) {
		ZSTD_outBuffer sink;

		if (source.pos == source.size) {
			source.size = fread(in, 1, sizeof(in), file);
			source.pos = 0;
			if (!source.size)
				break;
		}
		if (cap - len < 1 << 17)
			out = pvp_reallocarray(out, cap *= 2, 1);
		sink = (ZSTD_outBuffer){out + len, cap - len - 1, 0};
		status = ZSTD_decompressStream(stream, &sink, &source);
		len += sink.pos;
		if (ZSTD_isError(status))
			err = pvp_error_format(PVP_ERR_BAD_DATA, "%s: %s", path,
					       ZSTD_getErrorName(status));
	}
	if (!err && status)
		err = pvp_error_format(PVP_ERR_BAD_DATA, "%s: cut off", path);
	if (file)
		fclose(file);
	ZSTD_freeDStream(stream);
	out[len] = 0;
	if (err)
		free(out);
	else
		*ret = out;
	return err;
}

static size_t parse_hex(const char *text, uint8_t *bytes)
{
	size_t len = strlen(text) / 2;

	for (size_t i = 0; i < len; i++)
		if (sscanf(text + 2 * i, "%2" SCNx8, &bytes[i]) != 1)
			return 0;
	return len;
}

/* boot->text is cut up. */
static struct pvp_error *parse_rows(struct pvp_golden_boot *boot)
{
	uint8_t *pool = boot->pool;
	char *rest = boot->text, *line;
	size_t cap = 0;

	while ((line = strsep(&rest, "\n")) && *line) {
		struct pvp_golden_row *row = pvp_push(&boot->rows, &boot->nr_rows, &cap);
		char *addr = strsep(&line, "\t"), *old = strsep(&line, "\t"),
		     *new = strsep(&line, "\t");

		if (!line)
			return pvp_error_format(PVP_ERR_BAD_DATA, "%s: row %zu has no four columns",
						boot->name, boot->nr_rows);
		row->addr = strtoull(addr, NULL, 16);
		row->label = line;
		row->old = pool;
		row->len = parse_hex(old, pool);
		pool += row->len;
		row->new = pool;
		if (!row->len || parse_hex(new, pool) != row->len)
			return pvp_error_format(PVP_ERR_BAD_DATA, "%s: row %zu is not hex",
						boot->name, boot->nr_rows);
		pool += row->len;
	}
	return NULL;
}

struct pvp_error *pvp_golden_boot_load(const char *dir, const char *name,
				       struct pvp_golden_boot *ret)
{
	char *tsv = pvp_asprintf("%s/%s.tsv.zst", dir, name);
	char *json = pvp_asprintf("%s/%s.json", dir, name);
	struct pvp_golden_boot boot = {.name = name};
	struct pvp_error *err;
	json_error_t why;

	err = read_zstd(tsv, &boot.text);
	if (!err) {
		boot.pool = pvp_calloc(strlen(boot.text) / 2 + 1, 1);
		err = parse_rows(&boot);
	}
	if (!err) {
		boot.json = json_load_file(json, 0, &why);
		if (!boot.json)
			err = pvp_error_format(PVP_ERR_BAD_DATA, "%s:%d: %s", json, why.line,
					       why.text);
	}
	free(tsv);
	free(json);
	if (err)
		pvp_golden_boot_deinit(&boot);
	else
		*ret = boot;
	return err;
}

struct pvp_error *pvp_golden_boot_kernel(const struct pvp_golden_boot *boot, const char *dir,
					 char **ret)
{
	const char *want = json_string_value(json_object_get(boot->json, "vmlinuz_sha256"));
	struct dirent *entry;
	DIR *kernels = opendir(dir);

	*ret = NULL;
	if (!kernels)
		return pvp_error_os(errno, "%s", dir);
	while (want && !*ret && (entry = readdir(kernels))) {
		char digest[SHA256_DIGEST_STRING_LENGTH], *path;

		if (strncmp(entry->d_name, "vmlinuz", strlen("vmlinuz")))
			continue;
		path = pvp_asprintf("%s/%s", dir, entry->d_name);
		if (SHA256File(path, digest) && !strcmp(digest, want))
			*ret = path;
		else
			free(path);
	}
	closedir(kernels);
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **pvp_golden_boot_names(const char *dir, size_t *nr)
{
	DIR *goldens = dir ? opendir(dir) : NULL;
	struct dirent *entry;
	char **names = NULL;
	size_t cap = 0;

	*nr = 0;
	while (goldens && (entry = readdir(goldens))) {
		char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".json"))
			continue;
		*(char **)pvp_push(&names, nr, &cap) =
			pvp_strndup(entry->d_name, dot - entry->d_name);
	}
	if (goldens)
		closedir(goldens);
	if (*nr)
		qsort(names, *nr, sizeof(*names), by_name);
	return names;
}

void pvp_golden_boot_deinit(struct pvp_golden_boot *boot)
{
	if (!boot)
		return;
	json_decref(boot->json);
	free(boot->rows);
	free(boot->text);
	free(boot->pool);
	memset(boot, 0, sizeof(*boot));
}

bool pvp_golden_row_is_other(const struct pvp_golden_row *row)
{
	static const char *const others[] = {"mcount", "jump_label", "runtime_const"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strstr(row->label, others[i]))
			return true;
	return false;
}

/* Whether the recording has the section: of those that are executable, .data has been left out. */
static bool is_recorded(const struct pvp_golden_boot *boot, const struct pvp_section *section)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(boot->json, "sections_after"), i, one)
	{
		const char *name = json_string_value(json_object_get(one, "section"));

		if (name && !strcmp(name, section->name))
			return true;
	}
	return false;
}

/* Lays the recorded rows over a section's bytes; other[i] is set where they are not compared. */
static void lay_over(const struct pvp_golden_boot *boot, const struct pvp_section *section,
		     uint8_t *bytes, uint8_t *other)
{
	for (size_t i = 0; i < boot->nr_rows; i++) {
		const struct pvp_golden_row *row = &boot->rows[i];

		for (size_t k = 0; k < row->len; k++) {
			uint64_t off = row->addr + k - section->addr;

			if (off >= section->len)
				continue;
			bytes[off] = row->new[k];
			other[off] = pvp_golden_row_is_other(row);
		}
	}
}

static void compare_byte(uint8_t file, uint8_t want, uint8_t got, bool pv, uint64_t addr,
			 struct pvp_golden_diff *diff)
{
	diff->bytes++;
	diff->changed += want != file;
	diff->pv_bytes += pv;
	if (want == got)
		return;
	if (want == file)
		diff->extra++;
	else if (got == file)
		diff->missing++;
	else
		diff->wrong++;
	diff->pv_wrong += pv;
	if (!diff->first_bad)
		diff->first_bad = addr;
}

/*
 * Whether the byte at off is known at run time only, and the recorded boot changed one of the bytes
 * it belongs with: a byte of an address can happen to be what the file has.
 */
static bool is_symbolic(const struct pvp_section *section, const uint8_t *want,
			const struct pvp_patched *patched, uint64_t off)
{
	uint64_t lo = off, hi = off;

	if (!pvp_patched_is_symbolic(patched, section->addr + off, 1))
		return false;
	while (lo && pvp_patched_is_symbolic(patched, section->addr + lo - 1, 1))
		lo--;
	while (hi < section->len && pvp_patched_is_symbolic(patched, section->addr + hi, 1))
		hi++;
	return memcmp(want + lo, section->data + lo, hi - lo);
}

struct pvp_error *pvp_golden_boot_compare(const struct pvp_golden_boot *boot,
					  const struct pvp_image *image,
					  const struct pvp_sites *sites,
					  const struct pvp_patched *patched,
					  struct pvp_golden_diff *ret)
{
	struct pvp_golden_diff diff = {0};

	for (size_t i = 0; i < boot->nr_rows; i++) {
		const struct pvp_golden_row *row = &boot->rows[i];
		const uint8_t *file = pvp_image_bytes(image, row->addr, row->len);

		if (!file || memcmp(file, row->old, row->len))
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"%s: row at %#" PRIx64 " is of another image",
						boot->name, row->addr);
	}
	for (size_t i = 0; i < image->nr_sections; i++) {
		const struct pvp_section *section = &image->sections[i];
		uint8_t *want, *got, *other;
		bool there;

		if (!section->exec || !section->data || !is_recorded(boot, section))
			continue;
		want = memcpy(pvp_calloc(section->len, 1), section->data, section->len);
		got = pvp_calloc(section->len, 1);
		other = pvp_calloc(section->len, 1);
		lay_over(boot, section, want, other);
		there = pvp_patched_bytes(patched, image, section->addr, section->len, got);
		assert(there);
		for (uint64_t off = 0; off < section->len; off++) {
			uint64_t addr = section->addr + off;

			if (other[off])
				diff.other++;
			else if (want[off] != got[off] && is_symbolic(section, want, patched, off))
				diff.symbolic++;
			else
				compare_byte(section->data[off], want[off], got[off],
					     pvp_sites_find(sites, addr), addr, &diff);
		}
		free(want);
		free(got);
		free(other);
	}
	*ret = diff;
	return NULL;
}
