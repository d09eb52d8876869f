/* SPDX-License-Identifier: GPL-2.0-only */
/* difference.h - whether two first differences are of one kind, whatever the values in them. */
#ifndef PVP_DIFFERENCE_H
#define PVP_DIFFERENCE_H

/*
 * The text of a difference with its addresses and values taken out: "end: rbx is # unpatched, #
 * patched".  Numbers that belong to a name (r8, write-cr) and vectors of faults stay.  Owned by the
 * caller.
 */
char *pvp_difference_kind(const char *what);

#endif
