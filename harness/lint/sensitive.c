// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "sensitive.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "patterns.h"

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
#define CLASS(id) PVP_X86_##id, NULL
#define TEXT(t)   PVP_X86_UNSEEN, t

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
	{ "mov-cr",     CLASS(MOV_CR),   PVP_HARM_FAULTS,   "privileged: the control registers are Xen's" },
	{ "mov-dr",     CLASS(MOV_DR),   PVP_HARM_FAULTS,   "privileged: the debug registers are Xen's" },
	{ "clts",       CLASS(CLTS),     PVP_HARM_FAULTS,   "privileged: CR0 is Xen's" },
	{ "lmsw",       CLASS(LMSW),     PVP_HARM_FAULTS,   "privileged: CR0 is Xen's" },
	{ "smsw",       CLASS(SMSW),     PVP_HARM_SILENT,   "reads Xen's CR0" },
	{ "rdmsr",      CLASS(RDMSR),    PVP_HARM_FAULTS,   "privileged: Xen shows a PV guest few MSRs" },
	{ "wrmsr",      CLASS(WRMSR),    PVP_HARM_FAULTS,   "privileged: Xen lets a PV guest write few MSRs, and drops others" },
	{ "wrmsrns",    CLASS(WRMSRNS),  PVP_HARM_FAULTS,   "privileged" },
	{ "wrmsrns",    TEXT("wrmsrlist*|rdmsrlist*"), PVP_HARM_FAULTS, "privileged" },
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
	{ "cs-ss",      TEXT("mov *, cs|mov *, ss|mov ss, *|push cs|push ss|pop ss"),
	                                 PVP_HARM_SILENT,   "the selectors of ring 3 are others; one of ring 0 faults" },
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
	{ "sgx",        TEXT("encls*|enclv*"), PVP_HARM_FAULTS, "privileged" },
};

/* What the disassembler does not know, by its bytes: prefix and opcode.  Source: as above, and the
 * Intel documents of TDX, FRED, CET and user interrupts. */
static const struct {
	uint8_t len;
	uint8_t bytes[5];
	bool modrm; /* and an operand in memory behind it */
	struct pvp_sensitive what;
} unknown[] = {
	{ 4, { 0x66, 0x0f, 0x01, 0xcc }, false, { "tdcall",  PVP_X86_UNSEEN, "tdcall",  PVP_HARM_FAULTS, "another hypervisor's call" } },
	{ 4, { 0x66, 0x0f, 0x01, 0xcf }, false, { "seamcall", PVP_X86_UNSEEN, "seamcall", PVP_HARM_FAULTS, "privileged: TDX host" } },
	{ 4, { 0xf2, 0x0f, 0x01, 0xff }, false, { "pvalidate", PVP_X86_UNSEEN, "pvalidate", PVP_HARM_FAULTS, "privileged: SNP guest" } },
	{ 4, { 0xf3, 0x0f, 0x01, 0xff }, false, { "psmash",  PVP_X86_UNSEEN, "psmash",  PVP_HARM_FAULTS, "privileged: SNP host" } },
	{ 4, { 0xf3, 0x0f, 0x01, 0xfe }, false, { "rmpadjust", PVP_X86_UNSEEN, "rmpadjust", PVP_HARM_FAULTS, "privileged: SNP" } },
	{ 4, { 0xf2, 0x0f, 0x01, 0xfe }, false, { "rmpupdate", PVP_X86_UNSEEN, "rmpupdate", PVP_HARM_FAULTS, "privileged: SNP host" } },
	{ 4, { 0xf2, 0x0f, 0x01, 0xfd }, false, { "rmpquery", PVP_X86_UNSEEN, "rmpquery", PVP_HARM_FAULTS, "privileged: SNP" } },
	{ 4, { 0xf2, 0x0f, 0x01, 0xca }, false, { "eret",    PVP_X86_UNSEEN, "erets",   PVP_HARM_FAULTS, "privileged: FRED" } },
	{ 4, { 0xf3, 0x0f, 0x01, 0xca }, false, { "eret",    PVP_X86_UNSEEN, "eretu",   PVP_HARM_FAULTS, "privileged: FRED" } },
	{ 3, { 0x0f, 0x01, 0xfe },       false, { "invlpgb", PVP_X86_UNSEEN, "invlpgb", PVP_HARM_FAULTS, "privileged: flushing is a hypercall" } },
	{ 3, { 0x0f, 0x01, 0xff },       false, { "tlbsync", PVP_X86_UNSEEN, "tlbsync", PVP_HARM_FAULTS, "privileged: flushing is a hypercall" } },
	{ 3, { 0x0f, 0x01, 0xc5 },       false, { "pconfig", PVP_X86_UNSEEN, "pconfig", PVP_HARM_FAULTS, "privileged" } },
	{ 4, { 0xf3, 0x0f, 0x01, 0xe8 }, false, { "setssbsy", PVP_X86_UNSEEN, "setssbsy", PVP_HARM_FAULTS, "privileged: supervisor shadow stacks" } },
	{ 5, { 0x66, 0x48, 0x0f, 0x38, 0xf5 }, true, { "wruss", PVP_X86_UNSEEN, "wrussq", PVP_HARM_FAULTS, "privileged: writes user shadow stacks" } },
	{ 4, { 0x66, 0x0f, 0x38, 0xf5 }, true, { "wruss", PVP_X86_UNSEEN, "wrussd", PVP_HARM_FAULTS, "privileged: writes user shadow stacks" } },
};

/* Likewise, and harmless in ring 3. */
static const struct {
	uint8_t len;
	uint8_t bytes[5];
} harmless[] = {
	{ 1, { 0xd6 } },                         /* udb: never run, fills the ITS thunks */
	{ 3, { 0x0f, 0x01, 0xee } },             /* rdpkru */
	{ 3, { 0x0f, 0x01, 0xef } },             /* wrpkru */
	{ 3, { 0x0f, 0x01, 0xfa } },             /* monitorx */
	{ 3, { 0x0f, 0x01, 0xfb } },             /* mwaitx */
	{ 4, { 0x66, 0x0f, 0xae, 0xf1 } },       /* tpause ecx */
	{ 5, { 0xc4, 0xe2, 0x78, 0x49, 0xc0 } }, /* tilerelease */
};

static const struct pvp_sensitive undecoded = {
	"undecoded", PVP_X86_UNSEEN, "", PVP_HARM_UNDECODED, "no instruction that is known here",
};
// clang-format on

const struct pvp_sensitive *pvp_sensitive_undecoded(void)
{
	return &undecoded;
}

/* ModRM, SIB and displacement, in 64-bit mode.  Source: Intel SDM vol. 2, 2.1.5. */
static unsigned operand_length(const uint8_t *modrm, size_t nr)
{
	const unsigned mod = nr ? modrm[0] >> 6 : 3, rm = nr ? modrm[0] & 7 : 0;
	const unsigned base = rm == 4 && nr > 1 ? modrm[1] & 7 : rm;

	if (mod == 3)
		return 1;
	return 1 + (rm == 4) + (mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0);
}

const struct pvp_sensitive *pvp_sensitive_bytes(const uint8_t *bytes, size_t nr, uint8_t *len)
{
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		if (nr < unknown[i].len || memcmp(bytes, unknown[i].bytes, unknown[i].len))
			continue;
		*len = unknown[i].len;
		if (unknown[i].modrm)
			*len += operand_length(bytes + *len, nr - *len);
		if (*len > nr)
			return NULL;
		return &unknown[i].what;
	}
	return NULL;
}

unsigned pvp_sensitive_harmless(const uint8_t *bytes, size_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (nr >= harmless[i].len && !memcmp(bytes, harmless[i].bytes, harmless[i].len))
			return harmless[i].len;
	return 0;
}

bool pvp_sensitive_is_name(const char *pattern)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!fnmatch(pattern, table[i].name, 0))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		if (!fnmatch(pattern, unknown[i].what.name, 0))
			return true;
	return !fnmatch(pattern, undecoded.name, 0);
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
	if (row->class != PVP_X86_UNSEEN)
		return row->class == insn->class;
	/* What the decoder has no class for, and what has one with other instructions in it. */
	switch (insn->class) {
	case PVP_X86_UNMODELLED:
	case PVP_X86_PLAIN:
	case PVP_X86_MOV_SEG:
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
	if (ruled(platform, found->name, &rule)) {
		if (rule == PVP_INSN_FAULT)
			*harm = PVP_HARM_FAULTS;
		else if (rule == PVP_INSN_EMULATE)
			*harm = PVP_HARM_EMULATED;
	}
	return found;
}
