/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layers.h - the files that make up one platform, the first to be read last.
 *
 * "kvm+rethunk" is kvm.yaml, before it the file it extends, before that the one that one extends;
 * after it the set rethunk.  Each step of loading walks the layers in order, so that a later
 * file's words lie over those of an earlier one.
 *
 * What is otherwise in one generation of kernels or on one architecture is in a variant: for an
 * i386 image of generation 5.10, FOLDER/5.10/kvm.yaml, FOLDER/i386/kvm.yaml and then
 * FOLDER/5.10-i386/kvm.yaml come right after FOLDER/kvm.yaml, as far as they exist.
 *
 *	err = pvp_layers_read("kvm+rethunk", dir, image, &tables, &layers);
 *	pvp_layers_deinit(&layers);
 */
#ifndef PVP_LAYERS_H
#define PVP_LAYERS_H

#include "platform_file.h"

struct pvp_layer {
	struct pvp_platform_file file;
	bool is_set;	 /* joined with '+', not a platform of its own */
	bool is_variant; /* of the file in the layers before it */
};

struct pvp_layers {
	/* Owned; [top] is the platform that was asked for, its variants and then sets follow it. */
	struct pvp_layer *v;
	size_t nr, cap, top;
	size_t nr_own;	 /* without sets */
	char *caps_path; /* of a CPU joined with '+', or NULL */
	char *sets;	 /* "+rethunk" as asked for, "" without */
};

/*
 * name: "xen-pv" or a path, then "+SET" as often as wanted.  A platform is looked up as NAME.yaml
 * in dir, what it extends in its own folder, then in dir; SET as dir/../mitigations/SET.yaml, then
 * as dir/../cpus/SET.caps, where one for the image's generation or architecture comes first.
 */
struct pvp_error *pvp_layers_read(const char *name, const char *dir, const struct pvp_image *image,
				  const struct pvp_tables *tables,
				  struct pvp_layers *ret) PVP_MUST_CHECK;
void pvp_layers_deinit(struct pvp_layers *layers);

#endif
