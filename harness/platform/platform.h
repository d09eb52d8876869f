/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform.h - a platform: what a kernel's patching and its pv operations depend on, resolved on
 * one image.
 *
 * A platform is a file (corpus/platforms/NAME.yaml; its schema is corpus/platforms/README.md),
 * adjusted by command-line overrides, then resolved: names become addresses.  An unknown field,
 * function, static call, feature or symbol is an error that names file and line.
 *
 *	err = pvp_platform_load("xen-pv", dirs, image, &tables, &overrides, &platform);
 *	pvp_platform_destroy(platform);
 */
#ifndef PVP_PLATFORM_H
#define PVP_PLATFORM_H

#include "tables.h"

#define PVP_CAP_WORDS 24 /* 22 words of features, 2 of bugs: NCAPINTS + NBUGINTS of 5.10 .. 7.2 */

/* What an argument register or a word of memory is filled with, per start state. */
#define PVP_DOMAINS(X)                                                                             \
	X(RANDOM, "random", "any 64 bits, all")                                                    \
	X(RANDOM32, "random32", "any 32 bits")                                                     \
	X(BOOL, "bool", "0 or 1")                                                                  \
	X(SMALL, "small", "0 .. 63")                                                               \
	X(POINTER, "pointer", "8-byte aligned, into a prepared arena (mixed or zero content by state)") \
	X(ZERO_POINTER, "zero-pointer", "page aligned, into the all-zero arena")                    \
	X(PAGE, "page", "page aligned, into a prepared arena")                                     \
	X(CPU, "cpu", "a CPU number below the platform's count")                                   \
	X(DEBUGREG, "debugreg", "0-3, 6 or 7")                                                     \
	X(MSR, "msr", "a known or arbitrary MSR index")                                            \
	X(PTE, "pte", "a page-table entry: present or not, frames inside and outside the machine") \
	X(PFN, "pfn", "a page frame number of prepared memory")                                    \
	X(CR3, "cr3", "page-aligned physical address of a prepared page, flag bits")               \
	X(FLAGS, "flags", "a flags word as saved: arithmetic flags, IF, AC and ID; no trap")        \
	X(SELECTOR, "selector", "a segment selector")                                              \
	X(DESC_PTR, "desc-ptr", "pointer to a 10-byte descriptor-table operand with legal content") \
	X(GATE, "gate", "pointer to a legal 16-byte gate")                                         \
	X(MM, "mm", "pointer to a zero mm_struct; contracts set its pgd")                          \
	X(MM_PAGE, "mm-page", "direct-map address of a table page, a tree of one entry a level")   \
	X(LOCK, "lock", "pointer to a spinlock word: (word, lock-value) is (0, 0), (1, 1), "       \
			"(0x100, 0x100) or (0x40001, 0x40001)")                                    \
	X(LOCK_VALUE, "lock-value", "the value that goes with the lock word")                      \
	X(LOCKED, "locked", "pointer to a held spinlock word: 1, or 3 where a waiter halted")      \
	X(HYPERCALL, "hypercall", "a Xen hypercall without pointers: 3, 5, 8, 9, 10, 14, 15, 25")  \
	X(VADDR, "vaddr", "any canonical address")                                                 \
	X(TASK, "task", "pointer to a task_struct in a prepared arena")                             \
	X(THREAD, "thread", "pointer to a thread_struct in a prepared arena")                      \
	X(CPUMASK, "cpumask", "pointer to a cpumask of the platform's CPUs")                       \
	X(FLUSH_INFO, "flush-info", "pointer to a flush_tlb_info")                                 \
	X(ENTRIES, "entries", "0 .. 512: a count of descriptors")                                  \
	X(DESC_TYPE, "desc-type", "descriptor type: 2 LDT, 9 TSS, others")

enum pvp_domain {
#define X(id, name, what) PVP_DOMAIN_##id,
	PVP_DOMAINS(X)
#undef X
};

/*
 * A word of memory that start states set.  In files:
 *
 *	{at: symbol+16, size: 8, values: [0, "&symbol"]}
 *	{at: arg0+mm_struct.pgd|0x48, size: 8, domain: page}
 *	{at: arg0, size: 1, copy: arg1}
 *	{at: sp+8, size: 8, domain: flags}
 *	{at: page(arg1), size: 8, values: [0, 0x400]}
 *
 * A member's offset is looked up in the image's BTF (btf.h); the number behind the bar is for images
 * without.  `when: xen` limits a row to platforms of such hypervisors (poke.h); `optional: true`
 * passes it over when the image lacks a symbol or member it names.
 */
enum pvp_poke_via {
	PVP_POKE_DIRECT,       /* addr, or argument + addr */
	PVP_POKE_PAGE_OF_ARG,  /* "page(argN)+off": struct page of the argument */
	PVP_POKE_PAGE_OF_WORD, /* "page(*argN+addr)+off": of the word at argument + addr */
};

#define PVP_POKE_SP 6

struct pvp_poke {
	/* 0..5: address is that argument register's value + addr; PVP_POKE_SP: the stack pointer's;
	 * -1: addr alone */
	int arg;
	uint64_t addr;	 /* per-CPU symbols are translated to CPU 0's area */
	/*
	 * A struct page is found from a value that is a frame number or, from 0xffff888000000000 up,
	 * an address in the direct map: vmemmap + 64 * frame number + page_off.  A word is read after
	 * the pokes before this one have been made.
	 */
	enum pvp_poke_via via;
	uint64_t page_off;
	uint64_t name;	 /* a number made of the row's `as` or `at`, the same on every image */
	uint8_t size;	 /* 1, 2, 4, 8 */
	bool has_compared; /* when two images are compared: it is `compared` in every state */
	uint64_t compared;
	bool by_domain;	 /* fill from domain, else one of values per state */
	enum pvp_domain domain;
	int copy_arg;	 /* 0..5: store that argument register's value; -1: domain or values */
	uint64_t *values; /* owned */
	size_t nr_values;
};

/* How an instruction class behaves where privilege alone does not say (emu/x86 has the classes). */
enum pvp_insn_rule {
	PVP_INSN_ALLOW,
	PVP_INSN_EMULATE,
	PVP_INSN_FAULT,
	PVP_INSN_IGNORE,
	PVP_INSN_END, /* the op's own end: nobody on this platform goes on from there */
};
struct pvp_insn_rule_row {
	char *insn; /* class name, e.g. "wbinvd", "mov-cr", "rdmsr" */
	enum pvp_insn_rule rule;
};

struct pvp_static_call_value {
	uint64_t key;	     /* 0: not known (tables.h), the trampoline says which */
	uint64_t func;	     /* 0: NULL */
	uint64_t trampoline; /* used without a key only */
};

struct pvp_text_write { /* text the platform sets outside any table */
	uint64_t addr;
	uint32_t len;
	uint8_t bytes[16];
};

/* A callee replaced by a recorded effect: both sides alike. */
struct pvp_callee_stub {
	uint64_t addr;
	char *name;
	unsigned nr_args;	 /* recorded, in ABI order */
	bool has_result;	 /* else rax is filled with a fixed pattern */
	enum pvp_domain result;	 /* SMALL 0 .. when value alone: see value */
	bool by_domain;
	uint64_t value;
};

/* Which hypercalls there are, and which `when:` rows apply.  The names are those of the files. */
#define PVP_HYPERVISORS(X)                                                                         \
	X(NONE, "none")                                                                            \
	X(XEN_PV, "xen-pv")                                                                        \
	X(XEN_HVM, "xen-hvm") /* and PVH */                                                        \
	X(KVM, "kvm")                                                                              \
	X(HYPERV, "hyper-v")                                                                       \
	X(VMWARE, "vmware")

enum pvp_hypervisor {
#define X(id, name) PVP_HV_##id,
	PVP_HYPERVISORS(X)
#undef X
};

/* What boot_cpu_data says of the CPU beside its features: 5.10 chooses its NOPs by it. */
struct pvp_cpu_model {
	uint8_t vendor; /* X86_VENDOR_*: 0 Intel, 2 AMD, 9 Hygon, ..; asm/processor.h */
	uint8_t family, model;
};

struct pvp_platform {
	char *name;	   /* "xen-pv", "kvm+rethunk" */
	char *description; /* one line */
	char *path;	   /* of the file, for messages */
	enum pvp_hypervisor hypervisor;
	unsigned ring; /* the kernel's CPL: 0 or 3 */
	unsigned cpus;
	struct pvp_cpu_model cpu;
	bool initcalls; /* patched text as the early initcalls leave it; false: as
			   alternative_instructions() does */
	uint32_t caps[PVP_CAP_WORDS]; /* as alternative_instructions sees them, derived bits included */
	uint64_t *pv_ops;	      /* owned; one a field; 0: NULL */
	size_t nr_pv_ops;
	struct pvp_static_call_value *static_calls; /* keys whose value differs from the file */
	size_t nr_static_calls;
	uint64_t return_thunk; /* value of x86_return_thunk; 0: image has none */
	uint64_t null_target;  /* what a NULL field's sites call once patched (paravirt_BUG); 0: they are ud2 */
	uint64_t nop_target;   /* _paravirt_nop; 0: unknown */
	struct pvp_insn_rule_row *insns;
	size_t nr_insns;
	struct pvp_poke *pokes; /* memory of every start state */
	size_t nr_pokes;
	struct pvp_text_write *text_writes;
	size_t nr_text_writes;
	struct pvp_callee_stub *stubs;
	size_t nr_stubs;
};

/* Command-line overrides, in the user's words; lists are NULL-terminated or NULL. */
struct pvp_overrides {
	const char *caps_file;	     /* 24 hex words, one a line */
	const char *const *features; /* "+NAME", "-NAME", "+272" */
	const char *const *pv_ops;   /* "FIELD=SYMBOL|NULL" */
	const char *const *static_calls; /* "KEY=SYMBOL|NULL" */
	const char *const *static_keys;	 /* "NAME=on", "NAME=off" */
	const char *return_thunk;    /* symbol */
	const char *cpu_model;	     /* "intel:6:94", "amd:15:6", "2:15:6" */
	unsigned cpus;		     /* 0: as the file says */
	bool initcalls;		     /* as of struct pvp_platform */
};

/*
 * PVP_ERR_UNSUPPORTED when the files are in order but not for this image (architecture, `needs`).
 * name: "xen-pv" (looked up as NAME.yaml in dir) or a path that contains '/' or ends in ".yaml";
 * "kvm+rethunk" lays the set dir/../mitigations/rethunk.yaml over it (layers.h).
 */
struct pvp_error *pvp_platform_load(const char *name, const char *dir, const struct pvp_image *image,
				    const struct pvp_tables *tables,
				    const struct pvp_overrides *overrides,
				    struct pvp_platform **ret) PVP_MUST_CHECK;
void pvp_platform_destroy(struct pvp_platform *platform);

/* Names (without .yaml) of the platform files in dir, sorted; the caller frees each and the array
 * with pvp_platform_names_free. */
struct pvp_error *pvp_platform_names(const char *dir, char ***ret, size_t *nr) PVP_MUST_CHECK;
void pvp_platform_names_free(char **names, size_t nr);

bool pvp_platform_has_feature(const struct pvp_platform *platform, unsigned feature);
/* The key's value on this platform: its row, else what the file has. */
uint64_t pvp_platform_static_call(const struct pvp_platform *platform,
				  const struct pvp_static_call_key *key);

const char *pvp_domain_name(enum pvp_domain domain);
bool pvp_domain_parse(const char *name, enum pvp_domain *ret);

/* "symbol", "symbol+0x10", per-CPU symbols translated; NOT_FOUND when the symbol is unknown. */
struct pvp_error *pvp_platform_address(const struct pvp_image *image, const char *text, uint64_t *ret)
	PVP_MUST_CHECK;

#endif
