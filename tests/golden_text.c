// SPDX-License-Identifier: GPL-2.0-only
#include "golden_text.h"

#include "check_helpers.h"

#define MAX_LEN (1 << 20)

void pvp_ck_golden(const char *name, char *text)
{
	size_t len = strlen(text), got, at = 0, line = 1;
	const char *mode = getenv("GOLDEN");
	char path[256], *want;
	FILE *f;

	snprintf(path, sizeof(path), "tests/golden/%s.out", name);
	if (mode && !strcmp(mode, "write")) {
		f = fopen(path, "w");
		ck_assert_msg(f != NULL, "%s: cannot be written", path);
		ck_assert_uint_eq(fwrite(text, 1, len, f), len);
		ck_assert_int_eq(fclose(f), 0);
		free(text);
		return;
	}
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s: cannot be read; `make golden` makes it", path);
	want = calloc(MAX_LEN, 1);
	got = fread(want, 1, MAX_LEN - 1, f);
	fclose(f);
	while (at < len && at < got && text[at] == want[at])
		line += text[at++] == '\n';
	ck_assert_msg(at == len && at == got, "%s: line %zu: \"%.60s\", expected \"%.60s\"", path,
		      line, text + at, want + at);
	free(want);
	free(text);
}
