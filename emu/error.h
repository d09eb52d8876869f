/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * error.h - an error: why work could not be done, in words a user can act on.
 *
 * A function that can fail returns `struct pvp_error *`: NULL when all is well, otherwise an
 * error the caller owns and must pass on, add context to, or destroy.  Outputs are untouched on
 * error.  Messages start lower case, end without a full stop, and say what is wrong first; each
 * level may put "where" in front:
 *
 *	err = parse_entry(...);
 *	if (err)
 *		return pvp_error_context(err, "%s: .altinstructions entry %zu", file, i);
 *
 * gives "vmlinux: .altinstructions entry 7: site 0x1234 lies outside text".
 */
#ifndef PVP_ERROR_H
#define PVP_ERROR_H

#define PVP_MUST_CHECK __attribute__((warn_unused_result))
#define PVP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum pvp_error_code {
	PVP_ERR_OS,	     /* a system call failed: no such file, permission, .. */
	PVP_ERR_BAD_DATA,    /* the input is malformed */
	PVP_ERR_UNSUPPORTED, /* the input is well formed, but of a kind this program does not know */
	PVP_ERR_NOT_FOUND,   /* a name the user or a file gave exists nowhere */
	PVP_ERR_USAGE,	     /* the command line makes no sense */
	PVP_ERR_ENGINE,	     /* the emulator cannot be trusted or refused to work */
};

struct pvp_error {
	enum pvp_error_code code;
	char *message; /* one line, owned */
};

/* A new error; never NULL. */
struct pvp_error *pvp_error_format(enum pvp_error_code code, const char *fmt, ...)
	PVP_PRINTF(2, 3) PVP_MUST_CHECK;
/* PVP_ERR_OS with ": strerror(errnum)" appended. */
struct pvp_error *pvp_error_os(int errnum, const char *fmt, ...) PVP_PRINTF(2, 3) PVP_MUST_CHECK;
/* Puts "context: " in front of err's message and returns err (never NULL; err must not be NULL). */
struct pvp_error *pvp_error_context(struct pvp_error *err, const char *fmt, ...)
	PVP_PRINTF(2, 3) PVP_MUST_CHECK;
void pvp_error_destroy(struct pvp_error *err);

#endif
