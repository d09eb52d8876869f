/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memcpy and memset in forms that the CPU's features choose between: ordinary alternatives, whose
 * replacements are a jump (its displacement is relocated) and nothing.
 */
#include "asm.h"

	.text
/* eax: to, edx: from, ecx: bytes */
FUNC memcpy
.Lmemcpy:
	.byte	0xe9
	.long	memcpy_bytes - . - 4
.Lmemcpy_end:
	ALTERNATIVE_ALSO .Lmemcpy, .Lmemcpy_end, "", X86_FEATURE_REP_GOOD
	ALTERNATIVE_ALSO .Lmemcpy, .Lmemcpy_end, "jmp memcpy_erms", X86_FEATURE_ERMS
	push	%edi
	push	%esi
	push	%ecx
	mov	%eax, %edi
	mov	%edx, %esi
	shr	$2, %ecx
	rep movsl
	pop	%ecx
	and	$3, %ecx
	rep movsb
	pop	%esi
	pop	%edi
	RETURN
ENDFUNC memcpy

FUNC memcpy_erms
	push	%edi
	push	%esi
	mov	%eax, %edi
	mov	%edx, %esi
	rep movsb
	pop	%esi
	pop	%edi
	RETURN
ENDFUNC memcpy_erms

FUNC memcpy_bytes
	push	%ebx
	push	%esi
	xor	%esi, %esi
.Lnext_byte:
	cmp	%ecx, %esi
	je	.Lcopied
	mov	(%edx, %esi), %bl
	mov	%bl, (%eax, %esi)
	inc	%esi
	jmp	.Lnext_byte
.Lcopied:
	pop	%esi
	pop	%ebx
	RETURN
ENDFUNC memcpy_bytes

/* eax: to, dl: byte, ecx: bytes */
FUNC memset
	push	%edi
	push	%eax
	mov	%eax, %edi
	mov	%edx, %eax
.Lmemset:
	rep stosb
.Lmemset_end:
	/* the same bytes offered again: a replacement that changes nothing */
	ALTERNATIVE_ALSO .Lmemset, .Lmemset_end, "rep stosb", X86_FEATURE_ERMS
	pop	%eax
	pop	%edi
	RETURN
ENDFUNC memset

/* A call as the only instruction of a replacement, and padding that outlasts it. */
FUNC state_save
	ALTERNATIVE "call state_save_plain", "call state_save_xsave", X86_FEATURE_XSAVE
	ALTERNATIVE "", ".byte 0x8d, 0xb4, 0x26, 0, 0, 0, 0, 0x90, 0x90, 0x90, 0x90, 0x90", X86_FEATURE_ERMS
	RETURN
ENDFUNC state_save

FUNC state_save_plain
	xor	%eax, %eax
	RETURN
ENDFUNC state_save_plain

FUNC state_save_xsave
	mov	$1, %eax
	RETURN
ENDFUNC state_save_xsave

	.section .note.GNU-stack, "", @progbits
