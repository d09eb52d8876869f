/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memcpy and memset in forms that the CPU's features choose between: ordinary alternatives, whose
 * replacements are a jump (its displacement is relocated) and nothing.
 */
#include "asm.h"

	.text
FUNC memcpy
.Lmemcpy:
	.byte	0xe9
	.long	memcpy_bytes - . - 4
.Lmemcpy_end:
	ALTERNATIVE_ALSO .Lmemcpy, .Lmemcpy_end, "", X86_FEATURE_REP_GOOD
	ALTERNATIVE_ALSO .Lmemcpy, .Lmemcpy_end, "jmp memcpy_erms", X86_FEATURE_ERMS
	mov	%rdi, %rax
	mov	%rdx, %rcx
	shr	$3, %rcx
	and	$7, %edx
	rep movsq
	mov	%edx, %ecx
	rep movsb
	RETURN
ENDFUNC memcpy

FUNC memcpy_erms
	mov	%rdi, %rax
	mov	%rdx, %rcx
	rep movsb
	RETURN
ENDFUNC memcpy_erms
	SEAL	memcpy_erms

FUNC memcpy_bytes
	mov	%rdi, %rax
	xor	%ecx, %ecx
.Lnext_byte:
	cmp	%rdx, %rcx
	je	.Lcopied
	mov	(%rsi, %rcx), %r8b
	mov	%r8b, (%rdi, %rcx)
	inc	%rcx
	jmp	.Lnext_byte
.Lcopied:
	RETURN
ENDFUNC memcpy_bytes
	SEAL	memcpy_bytes

FUNC memset
	mov	%rdi, %r9
	movzbl	%sil, %eax
	mov	%rdx, %rcx
.Lmemset:
	rep stosb
.Lmemset_end:
	/* the same bytes offered again: a replacement that changes nothing */
	ALTERNATIVE_ALSO .Lmemset, .Lmemset_end, "rep stosb", X86_FEATURE_ERMS
	mov	%r9, %rax
	RETURN
ENDFUNC memset

/* A call as the only instruction of a replacement, and padding that outlasts it. */
FUNC state_save
	sub	$8, %rsp
	ALTERNATIVE "call state_save_plain", "call state_save_xsave", X86_FEATURE_XSAVE
	ALTERNATIVE "", ".byte 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x90, 0x90, 0x90", X86_FEATURE_ERMS
	add	$8, %rsp
	RETURN
ENDFUNC state_save

FUNC state_save_plain
	xor	%eax, %eax
	RETURN
ENDFUNC state_save_plain
	SEAL	state_save_plain

FUNC state_save_xsave
	mov	$1, %eax
	RETURN
ENDFUNC state_save_xsave
	SEAL	state_save_xsave

	.section .note.GNU-stack, "", @progbits
