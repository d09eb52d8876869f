// SPDX-License-Identifier: GPL-2.0-only
#include "contract.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "poke.h"
#include "x86/regs.h"

const char *pvp_call_class_name(enum pvp_call_class class)
{
	static const char *const names[] = {
#define X(id, name, what) [PVP_CLASS_##id] = name,
		PVP_CALL_CLASSES(X)
#undef X
	};

	return names[class];
}

/* Source: the System V ABI; kernels build i386 with -mregparm=3. */
static const struct {
	uint8_t regs[PVP_MAX_ARGS], nr;
} conventions[] = {
	[PVP_ISA_AMD64] = {{PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx, PVP_X86_rcx, PVP_X86_r8,
			    PVP_X86_r9},
			   6},
	[PVP_ISA_I386] = {{PVP_X86_rax, PVP_X86_rdx, PVP_X86_rcx}, 3},
};

unsigned pvp_contract_arg_reg(enum pvp_isa isa, unsigned i)
{
	return i < conventions[isa].nr ? conventions[isa].regs[i] : PVP_X86_NR_STATE;
}

static bool returns_value(enum pvp_call_class class)
{
	return class == PVP_CLASS_CALL || class == PVP_CLASS_CALLEE;
}

/* Result types; a mask in hex is another way to say it. */
static const struct {
	const char *name;
	uint64_t mask;
} results[] = {
	{"u64", UINT64_MAX},
	{"u32", UINT32_MAX},
	{"u8", UINT8_MAX},
	{"bool", UINT8_MAX},
};

static const char *const ignorable[] = {
#define X(name, what) name,
	PVP_IGNORED(X)
#undef X
};

/* A file as written. */
struct row {
	char *op, *result, *rax;
	int class;
	char **args, **ignore;
	unsigned args_count, ignore_count;
	struct pvp_poke_row *memory;
	unsigned memory_count;
	struct {
		char *native, *xen_pv;
	} congruent;
};

struct words {
	struct row *rows;
	unsigned rows_count;
};

static const cyaml_strval_t class_names[] = {
#define X(id, name, what) {name, PVP_CLASS_##id},
	PVP_CALL_CLASSES(X)
#undef X
};

// clang-format off
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define WORD(key, flags, member) CYAML_FIELD_STRING_PTR(key, flags, struct row, member, 1, 256)
#define WORDS(key, member) \
	CYAML_FIELD_SEQUENCE(key, OPTIONAL, struct row, member, &pvp_word_schema, 0, 64)

static const cyaml_schema_field_t congruent_fields[] = {
	WORD("native", OPTIONAL, congruent.native),
	WORD("xen-pv", OPTIONAL, congruent.xen_pv),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t row_fields[] = {
	WORD("op", CYAML_FLAG_POINTER, op),
	CYAML_FIELD_ENUM("class", CYAML_FLAG_STRICT, struct row, class, class_names,
			 ARRAY_SIZE(class_names)),
	WORDS("args", args),
	WORD("rax", OPTIONAL, rax),
	WORD("result", OPTIONAL, result),
	CYAML_FIELD_SEQUENCE("memory", OPTIONAL, struct row, memory, &pvp_poke_row_schema, 0, 256),
	/* Its members are the row's own, so the mapping is the row itself. */
	{ .key = "congruent", .value = { CYAML_VALUE_MAPPING(CYAML_FLAG_OPTIONAL, struct row,
							     congruent_fields) } },
	WORDS("ignore", ignore),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t row_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct row, row_fields),
};
static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_SEQUENCE("contracts", CYAML_FLAG_POINTER, struct words, rows, &row_schema, 0, 4096),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t top_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct words, top_fields),
};
// clang-format on

/* A row while it is turned into a contract. */
struct load {
	const struct pvp_image *image;
	const struct pvp_platform *platform;
	const struct pvp_yaml *yaml;
	size_t index; /* of the row in its file */
};

/* err with FILE:LINE of the row's part. */
static struct pvp_error *at(const struct load *l, struct pvp_error *err, const char *part)
{
	return pvp_yaml_context(l->yaml, err, "contracts/%zu/%s", l->index, part);
}

static struct pvp_error *parse_domain(const char *name, enum pvp_domain *ret)
{
	if (pvp_domain_parse(name, ret))
		return NULL;
	return pvp_error_format(PVP_ERR_NOT_FOUND, "unknown domain '%s'", name);
}

static struct pvp_error *load_args(const struct load *l, const struct row *row,
				   struct pvp_contract *contract)
{
	struct pvp_error *err;
	char part[32];

	if (row->args_count > PVP_MAX_ARGS) {
		err = pvp_error_format(PVP_ERR_BAD_DATA,
				       "%u arguments; at most %d are in registers", row->args_count,
				       PVP_MAX_ARGS);
		return at(l, err, "args");
	}
	contract->nr_args = row->args_count;
	for (unsigned i = 0; i < row->args_count; i++) {
		err = parse_domain(row->args[i], &contract->args[i]);
		snprintf(part, sizeof(part), "args/%u", i);
		if (err)
			return at(l, err, part);
	}
	if (!row->rax)
		return NULL;
	contract->has_rax = true;
	err = parse_domain(row->rax, &contract->rax);
	return err ? at(l, err, "rax") : NULL;
}

static bool parse_result(const char *text, uint64_t *mask)
{
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		if (!strcmp(results[i].name, text)) {
			*mask = results[i].mask;
			return true;
		}
	if (!isdigit((unsigned char)*text))
		return false;
	*mask = strtoull(text, &end, 0);
	return !*end && *mask;
}

static struct pvp_error *load_result(const struct load *l, const struct row *row,
				     struct pvp_contract *contract)
{
	const char *class = pvp_call_class_name(row->class);
	struct pvp_error *err = NULL;

	if (row->result && !returns_value(row->class))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "class %s has no result", class);
	else if (!row->result && returns_value(row->class))
		err = pvp_error_format(PVP_ERR_BAD_DATA, "class %s needs a result", class);
	else if (row->result && !parse_result(row->result, &contract->result_mask))
		err = pvp_error_format(PVP_ERR_BAD_DATA,
				       "result '%s' is not u64, u32, u8, bool or a mask",
				       row->result);
	if (err)
		return at(l, err, row->result ? "result" : "class");
	contract->has_result = row->result;
	return NULL;
}

static struct pvp_error *load_ignored(const struct load *l, const struct row *row,
				      struct pvp_contract *contract)
{
	contract->ignored = pvp_calloc(row->ignore_count + 1, sizeof(*contract->ignored));
	for (unsigned i = 0; i < row->ignore_count; i++) {
		bool known = false;
		char part[32];

		for (size_t j = 0; j < ARRAY_SIZE(ignorable); j++)
			known |= !strcmp(ignorable[j], row->ignore[i]);
		if (!known) {
			snprintf(part, sizeof(part), "ignore/%u", i);
			return at(l,
				  pvp_error_format(PVP_ERR_NOT_FOUND, "'%s' cannot be ignored",
						   row->ignore[i]),
				  part);
		}
		contract->ignored[contract->nr_ignored++] = pvp_strdup(row->ignore[i]);
	}
	return NULL;
}

static void contract_deinit(struct pvp_contract *contract)
{
	for (size_t i = 0; i < contract->nr_ignored; i++)
		free(contract->ignored[i]);
	free(contract->ignored);
	pvp_pokes_free(contract->pokes, contract->nr_pokes);
	free(contract->congruent);
	free(contract->op);
}

static struct pvp_error *load_row(const struct load *l, const struct row *row,
				  struct pvp_contract *contract)
{
	const char *congruent = l->platform->hypervisor == PVP_HV_NONE ? row->congruent.native
								       : row->congruent.xen_pv;
	char *where = pvp_asprintf("contracts/%zu/memory", l->index);
	const struct pvp_poke_rows memory = {row->memory, row->memory_count, where, true};
	struct pvp_error *err;

	contract->op = pvp_strdup(row->op);
	contract->isa = l->image->arch == PVP_ARCH_I386 ? PVP_ISA_I386 : PVP_ISA_AMD64;
	contract->class = row->class;
	if (congruent)
		contract->congruent = pvp_strdup(congruent);
	err = load_args(l, row, contract);
	if (!err)
		err = load_result(l, row, contract);
	if (!err)
		err = load_ignored(l, row, contract);
	if (!err)
		err = pvp_pokes_resolve(&memory, l->yaml, l->image, l->platform->hypervisor,
					l->platform->cpus, &contract->pokes, &contract->nr_pokes);
	free(where);
	return err;
}

/* Where each op was seen, for the message about a second row. */
struct seen {
	char *op, *place;
};

struct build {
	struct pvp_contract *v;
	size_t nr, cap;
	struct seen *seen; /* of the folder that is being read */
	size_t nr_seen, cap_seen;
};

/* Where the row of op goes: over one of an outer folder, else behind the others. */
static struct pvp_contract *place_of(struct build *b, const char *op)
{
	for (size_t i = 0; i < b->nr; i++)
		if (!strcmp(b->v[i].op, op)) {
			contract_deinit(&b->v[i]);
			return &b->v[i];
		}
	return pvp_push(&b->v, &b->nr, &b->cap);
}

static struct pvp_error *add_row(struct build *b, const struct load *l, const struct row *row)
{
	struct pvp_contract contract = {0};
	struct pvp_error *err;
	struct seen *seen;
	char *where;

	for (size_t i = 0; i < b->nr_seen; i++)
		if (!strcmp(b->seen[i].op, row->op))
			return at(l,
				  pvp_error_format(PVP_ERR_BAD_DATA,
						   "a second contract of %s; the first is at %s",
						   row->op, b->seen[i].place),
				  "op");
	err = load_row(l, row, &contract);
	if (err) {
		contract_deinit(&contract);
		return err;
	}
	*place_of(b, contract.op) = contract;
	seen = pvp_push(&b->seen, &b->nr_seen, &b->cap_seen);
	where = pvp_asprintf("contracts/%zu/op", l->index);
	seen->op = pvp_strdup(row->op);
	seen->place = pvp_asprintf("%s:%u", l->yaml->path, pvp_yaml_line(l->yaml, where));
	free(where);
	return NULL;
}

static struct pvp_error *add_file(struct build *b, const char *path, const struct pvp_image *image,
				  const struct pvp_platform *platform)
{
	struct load l = {.image = image, .platform = platform};
	const struct words *words;
	struct pvp_error *err;
	struct pvp_yaml yaml;
	void *data;

	err = pvp_yaml_open(path, &yaml);
	if (err)
		return err;
	l.yaml = &yaml;
	err = pvp_yaml_load(&yaml, &top_schema, &data);
	if (!err) {
		words = data;
		for (; !err && l.index < words->rows_count; l.index++)
			err = add_row(b, &l, &words->rows[l.index]);
		pvp_yaml_free(&top_schema, data);
	}
	pvp_yaml_deinit(&yaml);
	return err;
}

static int by_op(const void *a, const void *b)
{
	return strcmp(((const struct pvp_contract *)a)->op, ((const struct pvp_contract *)b)->op);
}

static struct pvp_error *add_folder(struct build *b, const char *dir, const struct pvp_image *image,
				    const struct pvp_platform *platform)
{
	struct pvp_error *err;
	char **names;
	size_t nr;

	err = pvp_platform_names(dir, &names, &nr);
	if (err)
		return err;
	for (size_t i = 0; !err && i < nr; i++) {
		char *path = pvp_asprintf("%s/%s.yaml", dir, names[i]);

		err = add_file(b, path, image, platform);
		free(path);
	}
	pvp_platform_names_free(names, nr);
	for (size_t i = 0; i < b->nr_seen; i++) {
		free(b->seen[i].op);
		free(b->seen[i].place);
	}
	b->nr_seen = 0;
	return err;
}

struct pvp_error *pvp_contracts_load(const char *dir, const struct pvp_image *image,
				     const struct pvp_tables *tables,
				     const struct pvp_platform *platform, struct pvp_contracts *ret)
{
	/* As platforms have them (layers.c): a later folder's rows over an earlier one's. */
	const char *const variants[] = {tables->generation, pvp_arch_name(image->arch)};
	struct build b = {0};
	struct pvp_error *err = add_folder(&b, dir, image, platform);

	for (size_t i = 0; !err && i < ARRAY_SIZE(variants); i++) {
		char *folder = pvp_asprintf("%s/%s", dir, variants[i]);

		if (!access(folder, F_OK))
			err = add_folder(&b, folder, image, platform);
		free(folder);
	}
	free(b.seen);
	if (err) {
		pvp_contracts_deinit(&(struct pvp_contracts){b.v, b.nr});
		return err;
	}
	if (b.nr)
		qsort(b.v, b.nr, sizeof(*b.v), by_op);
	ret->v = b.v;
	ret->nr = b.nr;
	return NULL;
}

void pvp_contracts_deinit(struct pvp_contracts *contracts)
{
	if (!contracts)
		return;
	for (size_t i = 0; i < contracts->nr; i++)
		contract_deinit(&contracts->v[i]);
	free(contracts->v);
	contracts->v = NULL;
	contracts->nr = 0;
}

const struct pvp_contract *pvp_contracts_find(const struct pvp_contracts *contracts, const char *op)
{
	const struct pvp_contract key = {.op = (char *)op};

	if (!contracts->nr)
		return NULL;
	return bsearch(&key, contracts->v, contracts->nr, sizeof(key), by_op);
}
