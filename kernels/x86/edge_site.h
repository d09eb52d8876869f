/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edge_site.h - sites in awkward places, behind asm.h: across a 64-byte line, ending at a line's end, across a
 * page end, ending at one.  before: how many of the site's 6 bytes lie before the edge.
 */
.macro EDGE_SITE name:req edge:req before:req slot:req
	.balign	\edge, 0xcc
FUNC site_\name
	.byte	0xe9
	.long	\edge - \before - 5 - FUNC_PAD - ENDBR_LEN
	.skip	\edge - \before - 5 - FUNC_PAD - ENDBR_LEN, 0xcc
	PV_CALL	\slot
	RETURN
ENDFUNC site_\name
.endm
