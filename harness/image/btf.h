/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * btf.h - where the members of the kernel's structures lie, by the image's own .BTF section.
 *
 * Offsets change with version and configuration (mm_struct.pgd is at 0x48 in one flavour of 6.1 and
 * at 0x60 in another), and a distribution's kernel says where they are.  The section is read with
 * libbpf, when first asked for; what it gets wrong in a damaged file is caught here, so that every
 * answer lies inside the structure it is about.
 *
 *	if (pvp_btf_exists(image))
 *		err = pvp_btf_offset(image, "mm_struct", "pgd", &off, &len);
 */
#ifndef PVP_BTF_H
#define PVP_BTF_H

#include "image.h"

/* Whether the image has the section at all.  Small and old kernels have not. */
bool pvp_btf_exists(const struct pvp_image *image);

/*
 * Byte offset of a member from the start of `struct structure`, through anonymous structures and
 * unions, and the member's length (0: a flexible array; len may be NULL).  Where several structures
 * share the name, the ones with that member are meant.
 *
 * PVP_ERR_NOT_FOUND: no section, no such structure, or no such member.  PVP_ERR_BAD_DATA: a damaged
 * section, a bit field, or structures of one name that disagree.
 */
struct pvp_error *pvp_btf_offset(const struct pvp_image *image, const char *structure,
				 const char *member, uint64_t *off, uint64_t *len) PVP_MUST_CHECK;

/*
 * The member of `struct structure` that has its byte `off`, through anonymous structures and unions: of
 * a union's members the first.  *name is the image's; *start is where the member begins.
 *
 * PVP_ERR_NOT_FOUND: no section, no such structure, or nothing is there.
 */
struct pvp_error *pvp_btf_member_at(const struct pvp_image *image, const char *structure,
				    uint64_t off, const char **name, uint64_t *start) PVP_MUST_CHECK;

#endif
