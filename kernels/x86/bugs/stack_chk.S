/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stack protection calls when it finds the canary changed.
 */
#include "asm.h"

	.section .rodata.str, "a"
.Lbug_file:
	.asciz	"stack_chk.S"

	.text
FUNC __stack_chk_fail
	UD2_BUG
ENDFUNC __stack_chk_fail

	.section .note.GNU-stack, "", @progbits
