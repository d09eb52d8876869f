// SPDX-License-Identifier: GPL-2.0-only
#include "btf.h"

#include <errno.h>
#include <inttypes.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "private.h"

/* How deep anonymous structures nest, and how many members a search may see: a damaged section can
 * have a structure inside itself, many times over.  Debian's 7.2.13 has 8 and 272. */
#define DEPTH_MAX 32
#define STEPS_MAX 65536

/* A place in a structure. */
struct place {
	bool found;
	uint64_t off, len;
};

struct search {
	const struct btf *btf;
	const char *structure, *member;
	unsigned steps;
};

static struct pvp_error *damaged(const struct search *s, const char *what)
{
	return pvp_error_format(PVP_ERR_BAD_DATA, ".BTF: struct %s: %s", s->structure, what);
}

bool pvp_btf_exists(const struct pvp_image *image)
{
	return pvp_image_section(image, ".BTF");
}

static struct pvp_error *load(const struct pvp_image *image)
{
	const struct pvp_section *section = pvp_image_section(image, ".BTF");
	libbpf_print_fn_t print;
	struct btf *btf;
	int errnum;

	if (image->private->btf)
		return NULL;
	if (!section)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "the image has no .BTF section");
	if (!section->data || section->len > UINT32_MAX)
		return pvp_error_format(PVP_ERR_BAD_DATA, ".BTF: %#" PRIx64 " bytes %s",
					section->len, section->data ? "are too many" : "not there");
	print = libbpf_set_print(NULL); /* it would warn on stderr */
	btf = btf__new(section->data, section->len);
	errnum = errno;
	libbpf_set_print(print);
	if (!btf)
		return pvp_error_format(PVP_ERR_BAD_DATA, ".BTF: libbpf cannot read it: %s",
					strerror(errnum));
	image->private->btf = btf;
	return NULL;
}

void pvp_btf_free(struct btf *btf)
{
	btf__free(btf);
}

static bool named(const struct btf *btf, uint32_t name_off, const char *name)
{
	const char *s = btf__name_by_offset(btf, name_off);

	return s && !strcmp(s, name);
}

/* Two finds must be one place. */
static struct pvp_error *merge(const struct search *s, const struct place *place, struct place *ret)
{
	if (ret->found && (ret->off != place->off || ret->len != place->len))
		return pvp_error_format(PVP_ERR_BAD_DATA,
					"%s.%s is ambiguous: at %#" PRIx64 " and at %#" PRIx64,
					s->structure, s->member, ret->off, place->off);
	*ret = *place;
	return NULL;
}

/* Member i of type, which begins base bytes into the structure, is the one. */
static struct pvp_error *found(const struct search *s, const struct btf_type *type, unsigned i,
			       uint64_t base, struct place *ret)
{
	uint32_t bits = btf_member_bit_offset(type, i);
	int64_t len = btf__resolve_size(s->btf, btf_members(type)[i].type);
	const struct place place = {true, base + bits / 8, len};

	if (btf_member_bitfield_size(type, i) || bits % 8)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%s.%s is a bit field", s->structure,
					s->member);
	if (len < 0)
		return damaged(s, "a member's type has no size");
	return merge(s, &place, ret);
}

static struct pvp_error *search_in(struct search *s, const struct btf_type *type, uint64_t base,
				   unsigned depth, struct place *ret)
{
	const struct btf_member *m = btf_members(type);
	struct pvp_error *err = NULL;

	if (depth == DEPTH_MAX)
		return damaged(s, "nested too deep");
	for (unsigned i = 0; !err && i < btf_vlen(type); i++) {
		const struct btf_type *inner = btf__type_by_id(s->btf, m[i].type);

		if (s->steps++ == STEPS_MAX)
			return damaged(s, "too many members");
		if (named(s->btf, m[i].name_off, s->member))
			err = found(s, type, i, base, ret);
		else if (!m[i].name_off && inner && btf_is_composite(inner))
			err = search_in(s, inner, base + btf_member_bit_offset(type, i) / 8,
					depth + 1, ret);
	}
	return err;
}

static struct pvp_error *search_all(struct search *s, struct place *ret)
{
	struct pvp_error *err = NULL;
	bool seen = false;

	for (uint32_t id = 1; !err && id < btf__type_cnt(s->btf); id++) {
		const struct btf_type *type = btf__type_by_id(s->btf, id);
		struct place place = {0};

		if (!btf_is_struct(type) || !named(s->btf, type->name_off, s->structure))
			continue;
		seen = true;
		err = search_in(s, type, 0, 0, &place);
		if (err || !place.found)
			continue;
		if (place.off > type->size || place.len > type->size - place.off)
			return damaged(s, "a member lies outside it");
		err = merge(s, &place, ret);
	}
	if (err || ret->found)
		return err;
	if (!seen)
		return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown structure '%s'", s->structure);
	return pvp_error_format(PVP_ERR_NOT_FOUND, "structure '%s' has no member '%s'",
				s->structure, s->member);
}

struct pvp_error *pvp_btf_offset(const struct pvp_image *image, const char *structure,
				 const char *member, uint64_t *off, uint64_t *len)
{
	struct search s = {.structure = structure, .member = member};
	struct place place = {0};
	struct pvp_error *err = load(image);

	if (err)
		return err;
	s.btf = image->private->btf;
	err = search_all(&s, &place);
	if (err)
		return err;
	*off = place.off;
	if (len)
		*len = place.len;
	return NULL;
}

/* --- the other way round --- */

/* The byte `off` of type, which begins base bytes into the structure; *name stays NULL when nothing
 * is there. */
static struct pvp_error *member_in(struct search *s, const struct btf_type *type, uint64_t base,
				   uint64_t off, unsigned depth, const char **name, uint64_t *start)
{
	const struct btf_member *m = btf_members(type);
	struct pvp_error *err = NULL;

	if (depth == DEPTH_MAX)
		return damaged(s, "nested too deep");
	for (unsigned i = 0; !err && !*name && i < btf_vlen(type); i++) {
		const struct btf_type *inner = btf__type_by_id(s->btf, m[i].type);
		uint64_t from = base + btf_member_bit_offset(type, i) / 8;
		int64_t len = btf__resolve_size(s->btf, m[i].type);

		if (s->steps++ == STEPS_MAX)
			return damaged(s, "too many members");
		if (len < 0 || off < from || off - from >= (uint64_t)len)
			continue;
		if (!m[i].name_off && inner && btf_is_composite(inner)) {
			err = member_in(s, inner, from, off, depth + 1, name, start);
		} else if (m[i].name_off) {
			*name = btf__name_by_offset(s->btf, m[i].name_off);
			*start = from;
		}
	}
	return err;
}

struct pvp_error *pvp_btf_member_at(const struct pvp_image *image, const char *structure,
				    uint64_t off, const char **name, uint64_t *start)
{
	struct search s = {.structure = structure};
	struct pvp_error *err = load(image);

	*name = NULL;
	if (err)
		return err;
	s.btf = image->private->btf;
	for (uint32_t id = 1; !err && !*name && id < btf__type_cnt(s.btf); id++) {
		const struct btf_type *type = btf__type_by_id(s.btf, id);

		if (btf_is_struct(type) && named(s.btf, type->name_off, structure))
			err = member_in(&s, type, 0, off, 0, name, start);
	}
	if (err || *name)
		return err;
	return pvp_error_format(PVP_ERR_NOT_FOUND, "no member of struct %s is at %#" PRIx64,
				structure, off);
}
