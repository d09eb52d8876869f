/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call_thunks.h - call depth tracking, 6.12 and later: a direct call goes to the pad in front of the
 * function, where it is accounted.
 */
#ifndef PVK_CALL_THUNKS_H
#define PVK_CALL_THUNKS_H

/* The calls of .call_sites, and in 6.12 what alternatives left; where CALL_DEPTH is on. */
void callthunks_patch_builtin_calls(void);
/* Where a call of func has to go. */
void *callthunks_translate_call_dest(void *func);

#endif
