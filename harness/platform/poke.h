/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * poke.h - rows of platform and contract files that set memory, and the schema they are read by.
 *
 * Both kinds of file have lists of such rows; a schema includes PVP_POKE_ROWS, then
 * pvp_pokes_resolve turns the rows that apply to a platform into struct pvp_poke.
 */
#ifndef PVP_POKE_H
#define PVP_POKE_H

#include "platform.h"
#include "yaml_file.h"

#define PVP_BIT(id) (1 << PVP_HV_##id)
/* `when:`: for which hypervisors a row is; 0: not said. */
#define PVP_WHENS(X)                                                                               \
	X("native", PVP_BIT(NONE))                                                                 \
	X("xen-pv", PVP_BIT(XEN_PV))                                                               \
	X("xen", PVP_BIT(XEN_PV) | PVP_BIT(XEN_HVM))                                               \
	X("kvm", PVP_BIT(KVM))                                                                     \
	X("hyper-v", PVP_BIT(HYPERV))                                                              \
	X("vmware", PVP_BIT(VMWARE))                                                               \
	/* whose locks sleep */                                                                    \
	X("pv-locks", PVP_BIT(XEN_PV) | PVP_BIT(XEN_HVM) | PVP_BIT(KVM) | PVP_BIT(HYPERV))

struct pvp_poke_row {
	char *at, *domain, *copy;
	char *as; /* what it is drawn as; NULL: at */
	char *compared; /* its value when two images are compared; NULL: as drawn */
	unsigned size;
	char **values;
	unsigned values_count;
	int when;
	bool optional;
};

struct pvp_poke_rows {
	const struct pvp_poke_row *v;
	size_t nr;
	const char *where; /* path of the list in the file: "memory" */
	bool may_use_args; /* contracts have arguments, platforms have not */
};

extern const cyaml_schema_value_t pvp_poke_row_schema;
/* One word of text; what lists of names are made of. */
extern const cyaml_schema_value_t pvp_word_schema;

/* cpus: what "$cpus" and "$cpu-mask" stand for in values. */
struct pvp_error *pvp_pokes_resolve(const struct pvp_poke_rows *rows, const struct pvp_yaml *yaml,
				    const struct pvp_image *image, enum pvp_hypervisor hypervisor,
				    unsigned cpus, struct pvp_poke **ret,
				    size_t *nr) PVP_MUST_CHECK;
void pvp_pokes_free(struct pvp_poke *pokes, size_t nr);

#endif
