// SPDX-License-Identifier: GPL-2.0-only
#include "patched.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "textfile.h"

const char *pvp_pass_name(enum pvp_pass pass)
{
	switch (pass) {
#define X(id, name)                                                                                \
	case PVP_PASS_##id:                                                                        \
		return name;
		PVP_PASSES(X)
#undef X
	}
	return "?";
}

void pvp_patched_deinit(struct pvp_patched *patched)
{
	if (!patched)
		return;
	for (size_t i = 0; i < patched->nr; i++) {
		free(patched->v[i].old);
		free(patched->v[i].new);
		free(patched->v[i].symbolic);
	}
	free(patched->v);
	free(patched->notes);
	memset(patched, 0, sizeof(*patched));
}

static uint8_t *copy(const uint8_t *bytes, size_t len)
{
	return memcpy(pvp_calloc(len, 1), bytes, len);
}

/* One flag a byte, or NULL when no byte is symbolic. */
static uint8_t *symbolic(const uint8_t *by, size_t len)
{
	uint8_t *flags = NULL;

	for (size_t i = 0; i < len; i++) {
		if (!(by[i] & PVP_BY_SYMBOLIC))
			continue;
		if (!flags)
			flags = pvp_calloc(len, 1);
		flags[i] = 1;
	}
	return flags;
}

static enum pvp_pass author(uint8_t by)
{
	return by & ~PVP_BY_SYMBOLIC;
}

void pvp_patched_add(struct pvp_patched *patched, uint64_t addr, const uint8_t *old,
		     const uint8_t *new, const uint8_t *by, size_t len)
{
	size_t next;

	assert(!patched->nr ||
	       addr - patched->v[patched->nr - 1].addr >= patched->v[patched->nr - 1].len);
	for (size_t i = 0; i < len; i = next) {
		const enum pvp_pass pass = author(by[i]);
		struct pvp_patch *row;
		uint8_t *flags;

		for (next = i + 1; next < len && author(by[next]) == pass && next - i < UINT32_MAX;)
			next++;
		if (pass == PVP_PASS_FILE)
			continue;
		flags = symbolic(by + i, next - i);
		if (!flags && !memcmp(old + i, new + i, next - i))
			continue;
		row = pvp_push(&patched->v, &patched->nr, &patched->cap);
		row->addr = addr + i;
		row->len = next - i;
		row->pass = pass;
		row->symbolic = flags;
		row->old = copy(old + i, row->len);
		row->new = copy(new + i, row->len);
	}
}

void pvp_patched_note(struct pvp_patched *patched, uint64_t addr, uint64_t entry, const char *what)
{
	struct pvp_patch_note *note =
		pvp_push(&patched->notes, &patched->nr_notes, &patched->cap_notes);

	*note = (struct pvp_patch_note){addr, entry, what};
}

/* The first row that ends above addr. */
static size_t first_above(const struct pvp_patched *patched, uint64_t addr)
{
	size_t low = 0, high = patched->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (patched->v[mid].addr + patched->v[mid].len <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool pvp_patched_is_symbolic(const struct pvp_patched *patched, uint64_t addr, size_t len)
{
	for (size_t i = first_above(patched, addr); i < patched->nr; i++) {
		const struct pvp_patch *row = &patched->v[i];

		if (row->addr >= addr + len)
			break;
		for (uint32_t k = 0; row->symbolic && k < row->len; k++)
			if (row->symbolic[k] && row->addr + k - addr < len)
				return true;
	}
	return false;
}

void pvp_patched_lay(const struct pvp_patched *patched, uint64_t addr, size_t len, uint8_t *bytes)
{
	for (size_t i = first_above(patched, addr); i < patched->nr; i++) {
		const struct pvp_patch *row = &patched->v[i];
		uint64_t from = row->addr > addr ? row->addr : addr;
		uint64_t to = row->addr + row->len < addr + len ? row->addr + row->len : addr + len;

		if (row->addr >= addr + len)
			break;
		memcpy(bytes + (from - addr), row->new + (from - row->addr), to - from);
	}
}

bool pvp_patched_bytes(const struct pvp_patched *patched, const struct pvp_image *image,
		       uint64_t addr, size_t len, uint8_t *ret)
{
	const uint8_t *file = pvp_image_bytes(image, addr, len);

	if (!file)
		return false;
	memcpy(ret, file, len);
	pvp_patched_lay(patched, addr, len, ret);
	return true;
}

/* The byte at addr, if the row has one. */
static const uint8_t *new_byte(const struct pvp_patch *row, uint64_t addr)
{
	return row && addr >= row->addr ? &row->new[addr - row->addr] : NULL;
}

static bool is_symbolic(const struct pvp_patch *row, uint64_t addr)
{
	return row && row->symbolic && addr >= row->addr && row->symbolic[addr - row->addr];
}

static void push_byte(struct pvp_patched *ret, uint64_t addr, uint8_t old, uint8_t new)
{
	struct pvp_patch *last = ret->nr ? &ret->v[ret->nr - 1] : NULL;

	if (!last || last->addr + last->len != addr) {
		last = pvp_push(&ret->v, &ret->nr, &ret->cap);
		*last = (struct pvp_patch){.addr = addr, .pass = PVP_PASS_GIVEN};
	}
	last->old = pvp_reallocarray(last->old, last->len + 1, 1);
	last->new = pvp_reallocarray(last->new, last->len + 1, 1);
	last->old[last->len] = old;
	last->new[last->len++] = new;
}

void pvp_patched_difference(const struct pvp_patched *predicted, const struct pvp_patched *given,
			    struct pvp_patched *ret)
{
	size_t p = 0, g = 0;
	uint64_t addr = 0;

	memset(ret, 0, sizeof(*ret));
	for (;;) { /* every byte that either list names, ascending */
		const struct pvp_patch *a, *b;
		const uint8_t *wanted, *has;
		uint8_t old;

		while (p < predicted->nr && predicted->v[p].addr + predicted->v[p].len <= addr)
			p++;
		while (g < given->nr && given->v[g].addr + given->v[g].len <= addr)
			g++;
		a = p < predicted->nr ? &predicted->v[p] : NULL;
		b = g < given->nr ? &given->v[g] : NULL;
		if (!a && !b)
			return;
		if ((!a || a->addr > addr) && (!b || b->addr > addr))
			addr = !b || (a && a->addr < b->addr) ? a->addr : b->addr;
		old = a && addr >= a->addr ? a->old[addr - a->addr] : b->old[addr - b->addr];
		has = new_byte(a, addr);
		wanted = new_byte(b, addr);
		if ((has ? *has : old) != (wanted ? *wanted : old) &&
		    !(wanted && is_symbolic(a, addr)))
			push_byte(ret, addr, old, wanted ? *wanted : old);
		addr++;
	}
}

static void print_bytes(const uint8_t *bytes, size_t len, char end, FILE *out)
{
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%02x", bytes[i]);
	putc(end, out);
}

static void print_new(const struct pvp_patch *row, FILE *out)
{
	for (size_t i = 0; i < row->len; i++)
		if (row->symbolic && row->symbolic[i])
			fputs("??", out);
		else
			fprintf(out, "%02x", row->new[i]);
	putc('\t', out);
}

void pvp_patched_print(const struct pvp_patched *patched, FILE *out)
{
	for (size_t i = 0; i < patched->nr; i++) {
		const struct pvp_patch *row = &patched->v[i];

		fprintf(out, "%016" PRIx64 "\t", row->addr);
		print_bytes(row->old, row->len, '\t', out);
		print_new(row, out);
		fprintf(out, "%s\n", pvp_pass_name(row->pass));
	}
}

/* A row of a file, with its line for messages. */
struct given {
	struct pvp_patch row;
	size_t line;
};

static int by_addr(const void *a, const void *b)
{
	const struct given *l = a, *r = b;

	if (l->row.addr != r->row.addr)
		return l->row.addr < r->row.addr ? -1 : 1;
	return l->line < r->line ? -1 : l->line > r->line;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes hex pairs into bytes of the caller's, at least strlen(text) / 2; 0: not such a text. */
static size_t parse_bytes(const char *text, uint8_t *bytes)
{
	size_t len = strlen(text) / 2;

	for (size_t i = 0; i < 2 * len; i++)
		if (nibble(text[i]) < 0)
			return 0;
	if (strlen(text) % 2)
		return 0;
	for (size_t i = 0; i < len; i++)
		bytes[i] = nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]);
	return len;
}

static bool parse_address(const char *text, uint64_t *ret)
{
	size_t nr;

	if (text[0] == '0' && text[1] == 'x')
		text += 2;
	nr = strspn(text, "0123456789abcdefABCDEF");
	if (!nr || nr > 16 || text[nr])
		return false;
	*ret = strtoull(text, NULL, 16);
	return true;
}

/* line is cut up.  row->old and row->new are the caller's to free, on error too. */
static struct pvp_error *parse_line(char *line, const struct pvp_patchable *patchable,
				    struct pvp_patch *row)
{
	char *rest = line, *address, *old, *new;
	struct pvp_error *err;
	const uint8_t *file;
	size_t len;

	address = strsep(&rest, "\t");
	old = strsep(&rest, "\t");
	new = strsep(&rest, "\t");
	if (!new)
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"not \"address<TAB>old<TAB>new[<TAB>pass]\"");
	if (!parse_address(address, &row->addr))
		return pvp_error_format(PVP_ERR_BAD_DATA, "address \"%.40s\" is not hex", address);
	row->old = pvp_calloc(strlen(old) / 2 + 1, 1);
	row->new = pvp_calloc(strlen(new) / 2 + 1, 1);
	len = parse_bytes(old, row->old);
	if (!len)
		return pvp_error_format(PVP_ERR_BAD_DATA, "old bytes \"%.40s\" are not hex", old);
	if (strchr(new, '?'))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"new bytes \"%.40s\": ?? is a byte known only at run time; "
					"give the bytes, or leave the row out",
					new);
	if (parse_bytes(new, row->new) != len)
		return pvp_error_format(PVP_ERR_BAD_DATA, "new bytes \"%.40s\" are not %zu in hex",
					new, len);
	if (len > UINT32_MAX)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%zu bytes in one row", len);
	row->len = len;
	row->pass = PVP_PASS_GIVEN;
	file = pvp_image_bytes(patchable->image, row->addr, len);
	if (!file)
		return pvp_error_format(PVP_ERR_BAD_DATA, "the image has no %zu bytes at %#" PRIx64,
					len, row->addr);
	err = pvp_patchable_check(patchable, row->addr, len);
	if (err)
		return err;
	for (size_t i = 0; i < len; i++)
		if (file[i] != row->old[i])
			return pvp_error_format(PVP_ERR_BAD_DATA,
						"old byte at %#" PRIx64
						" is %02x, the image has %02x",
						row->addr + i, row->old[i], file[i]);
	return NULL;
}

static struct pvp_error *read_rows(FILE *file, const char *path,
				   const struct pvp_patchable *patchable, struct given **v,
				   size_t *nr)
{
	struct pvp_error *err = NULL;
	size_t cap = 0, line_cap = 0;
	char *line = NULL;
	ssize_t len;

	for (size_t number = 1; !err && (len = getline(&line, &line_cap, file)) >= 0; number++) {
		struct given *given;

		while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = 0;
		if (!len || line[0] == '#')
			continue;
		given = pvp_push(v, nr, &cap);
		given->line = number;
		if (memchr(line, 0, len))
			err = pvp_error_format(PVP_ERR_BAD_DATA, "a NUL byte");
		else
			err = parse_line(line, patchable, &given->row);
		if (err)
			err = pvp_error_context(err, "%s:%zu", path, number);
	}
	if (!err && ferror(file))
		err = pvp_error_os(errno, "%s", path);
	free(line);
	return err;
}

struct pvp_error *pvp_patched_read(const char *path, const struct pvp_patchable *patchable,
				   struct pvp_patched *ret)
{
	struct pvp_patched patched = {0};
	struct given *v = NULL;
	struct pvp_error *err;
	size_t nr = 0;
	FILE *file;

	err = pvp_textfile_open(path, &file);
	if (err)
		return err;
	err = read_rows(file, path, patchable, &v, &nr);
	fclose(file);
	if (nr)
		qsort(v, nr, sizeof(*v), by_addr);
	for (size_t i = 1; !err && i < nr; i++)
		if (v[i].row.addr - v[i - 1].row.addr < v[i - 1].row.len)
			err = pvp_error_format(PVP_ERR_BAD_DATA,
					       "%s:%zu: %#" PRIx64
					       " is also in the row of line %zu",
					       path, v[i].line, v[i].row.addr, v[i - 1].line);
	/* Also on error: the list then frees the rows. */
	for (size_t i = 0; i < nr; i++)
		*pvp_push(&patched.v, &patched.nr, &patched.cap) = v[i].row;
	free(v);
	if (err)
		pvp_patched_deinit(&patched);
	else
		*ret = patched;
	return err;
}
