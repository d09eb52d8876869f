/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry_sites.h - where entry code does on Xen PV something else than on bare metal, and the rows
 * of Xen's trap table.
 *
 *	err = pvp_entry_sites_scan(image, &tables, &entry);
 *	pvp_entry_sites_deinit(&entry);
 *
 * They are pv sites as those of sites.h are (struct pvp_site, ascending, not overlapping), in a
 *list of their own: no function pointer stands behind them, so what they mean is known by platform
 * only.  5.10's iret is an operation, cpu.iret, and stands in the other list.
 *
 * An image without such code (i386, no CONFIG_XEN_PV) has an empty list, and one without the tables
 * that fill the IDT no rows.
 */
#ifndef PVP_ENTRY_SITES_H
#define PVP_ENTRY_SITES_H

#include "sites.h"

#define PVP_ENTRY_OPS(X)                                                                           \
	X(IRET, "entry.iret", "the way back from an interrupt: early_xen_iret_patch")              \
	X(SWAPGS, "entry.swapgs", "the kernel's GS base for the user's, or back")                  \
	X(ERROR_ENTRY, "entry.error_entry", "saves the registers of what was interrupted")         \
	X(RETURN_TO_USER, "entry.return_to_user", "the way back to user mode by iret")             \
	X(SYSRET64, "entry.sysret64", "the way back from a system call")                           \
	X(SYSRET32, "entry.sysret32", "the way back from a 32-bit system call")                    \
	X(INT80_STACK, "entry.int80_stack", "the change to the task's stack, for int 0x80")        \
	X(OTHER, "entry.other", "XENPV in entry text, of a kind that is not known")

enum pvp_entry_op {
#define X(id, name, what) PVP_ENTRY_##id,
	PVP_ENTRY_OPS(X)
#undef X
};

#define PVP_TRAP_ROW_LEN 24

/* A row of trap_array (arch/x86/xen/enlighten_pv.c): what Xen is told instead of a native gate. */
struct pvp_trap_row {
	uint64_t addr;	      /* of the row */
	uint64_t native, xen; /* entry points */
	uint8_t ist_ok;	      /* a gate with a stack of its own may be replaced */
	int vector;	      /* whose gate leads to native; -1: none does */
};

/* A gate as the kernel fills its IDT; where several tables have one, the last. */
struct pvp_gate {
	uint8_t vector, ist, dpl;
	uint64_t addr; /* 0: there is none */
};

#define PVP_NR_VECTORS	  256
#define PVP_NR_EXCEPTIONS 32 /* of them, the first */

struct pvp_entry_sites {
	struct pvp_sites sites;	   /* kinds ENTRY, whose slot is its enum pvp_entry_op, and TRAP */
	struct pvp_trap_row *rows; /* owned; slot of a TRAP site is an index */
	size_t nr_rows;
	struct pvp_gate gates[PVP_NR_VECTORS];
};

struct pvp_error *pvp_entry_sites_scan(const struct pvp_image *image,
				       const struct pvp_tables *tables,
				       struct pvp_entry_sites *ret) PVP_MUST_CHECK;
void pvp_entry_sites_deinit(struct pvp_entry_sites *entry);

/* Name of an exception or int 0x80, "trap.double_fault"; "trap.unknown" for others. */
const char *pvp_trap_name(int vector);

/* For entry_sites.c: gates, then rows (traps.c). */
struct pvp_error *pvp_read_gates(const struct pvp_image *image,
				 struct pvp_entry_sites *ret) PVP_MUST_CHECK;
void pvp_read_trap_rows(const struct pvp_image *image, struct pvp_entry_sites *ret);

/* The row that PVP_TRAP_ROW_LEN bytes at addr are. */
struct pvp_trap_row pvp_trap_row_of(const struct pvp_entry_sites *entry, uint64_t addr,
				    const uint8_t *bytes);
/* Whether something is linked to there, or has its endbr64 in front of it: a run from elsewhere may
 * come to the same by chance, as from the second byte of endbr64, which is a NOP. */
bool pvp_trap_is_function(const struct pvp_image *image, uint64_t addr);

#endif
