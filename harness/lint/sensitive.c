// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "sensitive.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "patterns.h"
#include "x86/encodings.h"

#define NP  0
#define P66 PVP_X86_P66
#define PF2 PVP_X86_PF2
#define PF3 PVP_X86_PF3

static const char *const harms[] = {
#define X(id, name, what) [PVP_HARM_##id] = name,
	PVP_HARMS(X)
#undef X
};

const char *pvp_harm_name(enum pvp_harm harm)
{
	return harms[harm];
}

// clang-format off
#define CLASS(id)        PVP_X86_##id, 0, NULL
#define OPCODE(id, byte) PVP_X86_##id, byte, NULL
#define TEXT(t)          PVP_X86_UNSEEN, 0, t

/*
 * Not here, as they do in ring 3 what kernels use them for: rdtsc, xgetbv, verw (clears buffers, on
 * whatever operand), fsgsbase, loads of ds, es, fs and gs (their selectors are checked), rdpkru; and
 * syscall, which is how a PV kernel calls Xen.
 * Source: Intel SDM vol. 2 (each instruction's protected-mode exceptions), vol. 3, 5.9 (privileged
 * instructions); AMD APM vol. 3, chapter 4 (SVM, SNP).
 */
static const struct pvp_sensitive table[] = {
	{ "cli",        CLASS(CLI),      PVP_HARM_FAULTS,   "privileged: interrupts are masked in vcpu_info" },
	{ "sti",        CLASS(STI),      PVP_HARM_FAULTS,   "privileged: interrupts are masked in vcpu_info" },
	{ "hlt",        CLASS(HLT),      PVP_HARM_FAULTS,   "privileged: waiting is a hypercall" },
	{ "popf",       CLASS(POPF),     PVP_HARM_SILENT,   "leaves IF and IOPL as they are" },
	{ "pushf",      TEXT("pushf*"),  PVP_HARM_SILENT,   "reads the IF that Xen runs with, always 1" },
	{ "mov-from-cr", OPCODE(MOV_CR, 0x20), PVP_HARM_FAULTS, "privileged: the control registers are Xen's" },
	{ "mov-to-cr",  OPCODE(MOV_CR, 0x22), PVP_HARM_FAULTS, "privileged: the control registers are Xen's" },
	{ "mov-dr",     CLASS(MOV_DR),   PVP_HARM_FAULTS,   "privileged: the debug registers are Xen's" },
	{ "clts",       CLASS(CLTS),     PVP_HARM_FAULTS,   "privileged: CR0 is Xen's" },
	{ "lmsw",       CLASS(LMSW),     PVP_HARM_FAULTS,   "privileged: CR0 is Xen's" },
	{ "smsw",       CLASS(SMSW),     PVP_HARM_SILENT,   "reads Xen's CR0" },
	{ "rdmsr",      CLASS(RDMSR),    PVP_HARM_FAULTS,   "privileged: Xen shows a PV guest few MSRs" },
	{ "wrmsr",      CLASS(WRMSR),    PVP_HARM_FAULTS,   "privileged: Xen lets a PV guest write few MSRs, and drops others" },
	{ "wrmsrns",    CLASS(WRMSRNS),  PVP_HARM_FAULTS,   "privileged" },
	{ "rdpmc",      CLASS(RDPMC),    PVP_HARM_FAULTS,   "privileged unless CR4.PCE is set" },
	{ "cpuid",      CLASS(CPUID),    PVP_HARM_SILENT,   "answers for the machine, not the guest, unless CPUID faulting is on" },
	{ "in",         CLASS(IN),       PVP_HARM_FAULTS,   "needs I/O privilege" },
	{ "out",        CLASS(OUT),      PVP_HARM_FAULTS,   "needs I/O privilege" },
	{ "in",         TEXT("ins? *|ins?|rep ins? *"),   PVP_HARM_EMULATED, "needs I/O privilege" },
	{ "out",        TEXT("outs? *|outs?|rep outs? *"), PVP_HARM_EMULATED, "needs I/O privilege" },
	{ "lgdt",       CLASS(LGDT),     PVP_HARM_FAULTS,   "privileged: the GDT is set by hypercall" },
	{ "sgdt",       CLASS(SGDT),     PVP_HARM_SILENT,   "reads Xen's GDT" },
	{ "lidt",       CLASS(LIDT),     PVP_HARM_FAULTS,   "privileged: the IDT is Xen's" },
	{ "sidt",       CLASS(SIDT),     PVP_HARM_SILENT,   "reads Xen's IDT" },
	{ "lldt",       CLASS(LLDT),     PVP_HARM_FAULTS,   "privileged: the LDT is set by hypercall" },
	{ "sldt",       CLASS(SLDT),     PVP_HARM_SILENT,   "reads Xen's selector" },
	{ "ltr",        CLASS(LTR),      PVP_HARM_FAULTS,   "privileged: the TSS is Xen's" },
	{ "str",        CLASS(STR),      PVP_HARM_SILENT,   "reads Xen's selector" },
	{ "lar",        TEXT("lar *"),   PVP_HARM_SILENT,   "asks Xen's GDT" },
	{ "lsl",        TEXT("lsl *"),   PVP_HARM_SILENT,   "asks Xen's GDT" },
	{ "verr",       TEXT("verr *"),  PVP_HARM_SILENT,   "asks Xen's GDT, for ring 3" },
	{ "cs-ss",      CLASS(MOV_SEG),  PVP_HARM_SILENT,   "the selectors of ring 3 are others; one of ring 0 faults" },
	{ "far",        TEXT("lcall *|ljmp *|retf*|lret*"), PVP_HARM_FAULTS, "code segments of ring 0 cannot be entered" },
	{ "lss",        TEXT("lss *"),   PVP_HARM_FAULTS,   "stack segments of ring 0 cannot be loaded" },
	{ "invlpg",     CLASS(INVLPG),   PVP_HARM_FAULTS,   "privileged: flushing is a hypercall" },
	{ "invpcid",    CLASS(INVPCID),  PVP_HARM_FAULTS,   "privileged: flushing is a hypercall" },
	{ "wbinvd",     CLASS(WBINVD),   PVP_HARM_FAULTS,   "privileged" },
	{ "wbinvd",     TEXT("wbinvd*"), PVP_HARM_FAULTS, "privileged" },
	{ "invd",       TEXT("invd*"),   PVP_HARM_FAULTS,   "privileged" },
	{ "swapgs",     CLASS(SWAPGS),   PVP_HARM_FAULTS,   "privileged: Xen swaps the GS bases itself" },
	{ "lkgs",       CLASS(LKGS),     PVP_HARM_FAULTS,   "privileged: the GS bases are set by hypercall" },
	{ "iret",       CLASS(IRET),     PVP_HARM_SILENT,   "returns to ring 3 only, and leaves IF as it is" },
	{ "iret",       TEXT("iret*"),   PVP_HARM_SILENT,   "returns to ring 3 only, and leaves IF as it is" },
	{ "sysret",     CLASS(SYSRET),   PVP_HARM_FAULTS,   "privileged: the way back is a hypercall" },
	{ "sysret",     TEXT("sysret*|sysexit*"), PVP_HARM_FAULTS, "privileged: the way back is a hypercall" },
	{ "xsetbv",     CLASS(XSETBV),   PVP_HARM_FAULTS,   "privileged: XCR0" },
	{ "clac-stac",  CLASS(CLAC),     PVP_HARM_FAULTS,   "no instruction outside ring 0" },
	{ "xsaves",     TEXT("xsaves*|xrstors*"), PVP_HARM_FAULTS, "privileged" },
	{ "mwait",      CLASS(MWAIT),    PVP_HARM_FAULTS,   "no instruction outside ring 0" },
	{ "mwait",      CLASS(MONITOR),  PVP_HARM_FAULTS,   "no instruction outside ring 0" },
	{ "vmcall",     CLASS(VMCALL),   PVP_HARM_FAULTS,   "another hypervisor's call" },
	{ "vmmcall",    CLASS(VMMCALL),  PVP_HARM_FAULTS,   "another hypervisor's call" },
	{ "vmx",        TEXT("vmxon*|vmxoff*|vmclear*|vmptrld*|vmptrst*|vmread*|vmwrite*|vmlaunch*|vmresume*|invept*|invvpid*|vmfunc*|getsec*"),
	                                 PVP_HARM_FAULTS,   "a PV guest has no VMX" },
	{ "svm",        TEXT("vmrun*|vmload*|vmsave*|stgi*|clgi*|skinit*|invlpga*"),
	                                 PVP_HARM_FAULTS,   "a PV guest has no SVM" },
	{ "rsm",        TEXT("rsm*"),    PVP_HARM_FAULTS,   "no instruction outside SMM" },
	{ "setssbsy",   TEXT("clrssbsy"), PVP_HARM_FAULTS,  "privileged: supervisor shadow stacks" },
	{ "sgx",        TEXT("encls*"), PVP_HARM_FAULTS, "privileged" },
};

/*
 * What the disassembler does not know, by its bytes: mandatory prefixes, length of the opcode, the
 * opcode, whether ModRM and its operand (REG: a register) are behind it, bytes of an immediate.  Source: as above, and the
 * Intel documents of TDX, FRED, CET, Key Locker and user interrupts.
 */
#define NONE PVP_SENSITIVE_ALONE
#define ANY  PVP_SENSITIVE_OPERAND
#define REG  PVP_SENSITIVE_REGISTER
#define ROW(name, text, why) { name, PVP_X86_UNSEEN, 0, text, PVP_HARM_FAULTS, why }
#define HARMLESS { NULL, PVP_X86_UNSEEN, 0, NULL, PVP_HARM_FAULTS, NULL }
static const struct pvp_sensitive_bytes by_bytes[] = {
	{ P66, 3, { 0x0f, 0x01, 0xcc }, NONE, 0, ROW("tdcall",   "tdcall",   "another hypervisor's call") },
	{ P66, 3, { 0x0f, 0x01, 0xcd }, NONE, 0, ROW("seamcall", "seamret",  "privileged: TDX host") },
	{ P66, 3, { 0x0f, 0x01, 0xce }, NONE, 0, ROW("seamcall", "seamops",  "privileged: TDX host") },
	{ P66, 3, { 0x0f, 0x01, 0xcf }, NONE, 0, ROW("seamcall", "seamcall", "privileged: TDX host") },
	{ PF2, 3, { 0x0f, 0x01, 0xd9 }, NONE, 0, ROW("vmgexit",  "vmgexit",  "another hypervisor's call") },
	{ PF3, 3, { 0x0f, 0x01, 0xd9 }, NONE, 0, ROW("vmgexit",  "vmgexit",  "another hypervisor's call") },
	{ PF2, 3, { 0x0f, 0x01, 0xff }, NONE, 0, ROW("pvalidate", "pvalidate", "privileged: SNP guest") },
	{ PF3, 3, { 0x0f, 0x01, 0xff }, NONE, 0, ROW("psmash",   "psmash",   "privileged: SNP host") },
	{ PF3, 3, { 0x0f, 0x01, 0xfe }, NONE, 0, ROW("rmpadjust", "rmpadjust", "privileged: SNP") },
	{ PF2, 3, { 0x0f, 0x01, 0xfe }, NONE, 0, ROW("rmpupdate", "rmpupdate", "privileged: SNP host") },
	{ PF2, 3, { 0x0f, 0x01, 0xfd }, NONE, 0, ROW("rmpquery", "rmpread",  "privileged: SNP host") },
	{ PF3, 3, { 0x0f, 0x01, 0xfd }, NONE, 0, ROW("rmpquery", "rmpquery", "privileged: SNP") },
	{ PF2, 3, { 0x0f, 0x01, 0xca }, NONE, 0, ROW("eret",     "erets",    "privileged: FRED") },
	{ PF3, 3, { 0x0f, 0x01, 0xca }, NONE, 0, ROW("eret",     "eretu",    "privileged: FRED") },
	{ PF3, 3, { 0x0f, 0x01, 0xc6 }, NONE, 0, ROW("wrmsrns",  "wrmsrlist", "privileged") },
	{ PF2, 3, { 0x0f, 0x01, 0xc6 }, NONE, 0, ROW("wrmsrns",  "rdmsrlist", "privileged") },
	{ NP,  3, { 0x0f, 0x01, 0xc0 }, NONE, 0, ROW("sgx",      "enclv",    "privileged") },
	{ NP,  3, { 0x0f, 0x01, 0xfe }, NONE, 0, ROW("invlpgb",  "invlpgb",  "privileged: flushing is a hypercall") },
	{ NP,  3, { 0x0f, 0x01, 0xff }, NONE, 0, ROW("tlbsync",  "tlbsync",  "privileged: flushing is a hypercall") },
	{ NP,  3, { 0x0f, 0x01, 0xc5 }, NONE, 0, ROW("pconfig",  "pconfig",  "privileged") },
	{ NP,  3, { 0x0f, 0x01, 0xc7 }, NONE, 0, ROW("pconfig",  "pbndkb",   "privileged") },
	{ PF3, 3, { 0x0f, 0x01, 0xe8 }, NONE, 0, ROW("setssbsy", "setssbsy", "privileged: supervisor shadow stacks") },
	{ P66, 3, { 0x0f, 0x38, 0xf5 }, ANY,   0, ROW("wruss",    "wruss",    "privileged: writes user shadow stacks") },
	{ PF3, 3, { 0x0f, 0x38, 0xf8 }, ANY,   0, ROW("enqcmds",  "enqcmds",  "privileged") },
	{ PF3, 3, { 0x0f, 0x38, 0xdc }, REG,   0, ROW("loadiwkey", "loadiwkey", "privileged") },
	{ PF3, 3, { 0x0f, 0x3a, 0xf0 }, ANY,   1, ROW("hreset",   "hreset",   "privileged") },
	{ NP,  1, { 0xd6 },             NONE, 0, HARMLESS }, /* udb: never run, fills the ITS thunks */
	{ NP,  3, { 0x0f, 0x01, 0xee }, NONE, 0, HARMLESS }, /* rdpkru */
	{ NP,  3, { 0x0f, 0x01, 0xef }, NONE, 0, HARMLESS }, /* wrpkru */
	{ NP,  3, { 0x0f, 0x01, 0xfa }, NONE, 0, HARMLESS }, /* monitorx */
	{ NP,  3, { 0x0f, 0x01, 0xfb }, NONE, 0, HARMLESS }, /* mwaitx */
	{ P66, 3, { 0x0f, 0xae, 0xf1 }, NONE, 0, HARMLESS }, /* tpause ecx */
};

static const struct pvp_sensitive undecoded = {
	"undecoded", PVP_X86_UNSEEN, 0, "", PVP_HARM_UNDECODED, "no instruction that is known here",
};
// clang-format on

const struct pvp_sensitive *pvp_sensitive_undecoded(void)
{
	return &undecoded;
}

const struct pvp_sensitive_bytes *pvp_sensitive_bytes_find(unsigned prefixes, const uint8_t *op,
							   size_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(by_bytes); i++)
		if (by_bytes[i].prefixes == prefixes && nr >= by_bytes[i].len &&
		    !memcmp(op, by_bytes[i].bytes, by_bytes[i].len) &&
		    (by_bytes[i].operand != REG ||
		     (nr > by_bytes[i].len && op[by_bytes[i].len] >= 0xc0)))
			return &by_bytes[i];
	return NULL;
}

/* The i-th row's name, in the order of the tables; NULL behind the last. */
static const char *name_at(size_t i)
{
	if (i < ARRAY_SIZE(table))
		return table[i].name;
	i -= ARRAY_SIZE(table);
	if (i < ARRAY_SIZE(by_bytes))
		return by_bytes[i].what.name ? by_bytes[i].what.name : undecoded.name;
	return i == ARRAY_SIZE(by_bytes) ? undecoded.name : NULL;
}

bool pvp_sensitive_is_name(const char *pattern)
{
	const char *name;

	for (size_t i = 0; (name = name_at(i)); i++)
		if (!fnmatch(pattern, name, 0))
			return true;
	return false;
}

const char *pvp_sensitive_name(size_t nr)
{
	const char *name;

	for (size_t i = 0; (name = name_at(i)); i++) {
		bool is_first = true;

		for (size_t k = 0; is_first && k < i; k++)
			is_first = strcmp(name, name_at(k));
		if (is_first && !nr--)
			return name;
	}
	return NULL;
}

/* The platform's word on a class; false: it has none. */
static bool ruled(const struct pvp_platform *platform, const char *class, enum pvp_insn_rule *ret)
{
	for (size_t i = 0; i < platform->nr_insns; i++) {
		if (strcmp(platform->insns[i].insn, class))
			continue;
		*ret = platform->insns[i].rule;
		return true;
	}
	return false;
}

static bool is_row(const struct pvp_sensitive *row, const struct pvp_x86_insn *insn)
{
	/* ss, and reads of cs: a load of it is no instruction. */
	if (row->class == PVP_X86_MOV_SEG)
		return row->class == insn->class &&
		       (insn->digit == 2 || (insn->digit == 1 && insn->opcode == 0x8c));
	if (row->class != PVP_X86_UNSEEN)
		return row->class == insn->class && (!row->opcode || row->opcode == insn->opcode);
	/* What the decoder has no class for, and what has one with other instructions in it. */
	switch (insn->class) {
	case PVP_X86_UNMODELLED:
	case PVP_X86_PLAIN:
	case PVP_X86_UD: /* rsm, outside SMM */
	case PVP_X86_VERW:
	case PVP_X86_LSL:
		return pvp_pattern_fits(row->text, insn->text);
	default:
		return false;
	}
}

const struct pvp_sensitive *pvp_sensitive_find(const struct pvp_x86_insn *insn,
					       const struct pvp_platform *platform,
					       enum pvp_harm *harm)
{
	const struct pvp_sensitive *found = NULL;
	enum pvp_insn_rule rule;

	/* Of the plain ones only pushf (9c) is in the table, and there are millions. */
	if (insn->class == PVP_X86_PLAIN && insn->opcode != 0x9c)
		return NULL;
	for (size_t i = 0; !found && i < ARRAY_SIZE(table); i++)
		if (is_row(&table[i], insn))
			found = &table[i];
	if (!found)
		return NULL;
	*harm = found->harm;
	if (ruled(platform,
		  found->class == PVP_X86_UNSEEN ? found->name : pvp_x86_class_name(found->class),
		  &rule)) {
		if (rule == PVP_INSN_FAULT)
			*harm = PVP_HARM_FAULTS;
		else if (rule == PVP_INSN_EMULATE)
			*harm = PVP_HARM_EMULATED;
	}
	return found;
}
