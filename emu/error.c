// SPDX-License-Identifier: GPL-2.0-only
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static struct pvp_error *error_new(enum pvp_error_code code, char *message)
{
	struct pvp_error *err = pvp_calloc(1, sizeof(*err));

	err->code = code;
	err->message = message;
	return err;
}

struct pvp_error *pvp_error_format(enum pvp_error_code code, const char *fmt, ...)
{
	va_list ap;
	char *message;

	va_start(ap, fmt);
	message = pvp_vasprintf(fmt, ap);
	va_end(ap);
	return error_new(code, message);
}

struct pvp_error *pvp_error_os(int errnum, const char *fmt, ...)
{
	va_list ap;
	char *what, *message;

	va_start(ap, fmt);
	what = pvp_vasprintf(fmt, ap);
	va_end(ap);
	message = pvp_asprintf("%s: %s", what, strerror(errnum));
	free(what);
	return error_new(PVP_ERR_OS, message);
}

struct pvp_error *pvp_error_context(struct pvp_error *err, const char *fmt, ...)
{
	va_list ap;
	char *where, *message;

	va_start(ap, fmt);
	where = pvp_vasprintf(fmt, ap);
	va_end(ap);
	message = pvp_asprintf("%s: %s", where, err->message);
	free(where);
	free(err->message);
	err->message = message;
	return err;
}

void pvp_error_destroy(struct pvp_error *err)
{
	if (!err)
		return;
	free(err->message);
	free(err);
}
