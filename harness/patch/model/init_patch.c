// SPDX-License-Identifier: GPL-2.0-only
/*
 * init_patch.c - what becomes of a pv site where pv_ops itself says how: its first slot,
 * init.patch, is a function of the platform.  There are two.
 */
#include "passes.h"

#include <inttypes.h>
#include <string.h>

#define CALL	   0xe8
#define JMP	   0xe9
#define BRANCH_LEN 5

// clang-format off
/* native_patch(): operations with a form of their own.  Most have it whatever is in their slot.
 * Source: patch_data_xxl, patch_data_lock, native_patch(), arch/x86/kernel/paravirt_patch.c of
 * Linux 5.10; the two that stable releases took out: of 5.10 itself. */
static const struct form {
	enum pvp_arch arch;
	const char *op;
	const char *only; /* when this is in the slot; NULL: always */
	uint8_t len, code[6];
} forms[] = {
	/* arch            op                        only                                             len  code */
	{ PVP_ARCH_AMD64, "irq.save_fl",            NULL,                                             2, { 0x9c, 0x58 } },       /* pushfq; pop %rax */
	{ PVP_ARCH_AMD64, "irq.restore_fl",         NULL,                                             2, { 0x57, 0x9d } },       /* push %rdi; popfq */
	{ PVP_ARCH_AMD64, "irq.irq_disable",        NULL,                                             1, { 0xfa } },             /* cli */
	{ PVP_ARCH_AMD64, "irq.irq_enable",         NULL,                                             1, { 0xfb } },             /* sti */
	{ PVP_ARCH_AMD64, "mmu.read_cr2",           NULL,                                             3, { 0x0f, 0x20, 0xd0 } }, /* mov %cr2,%rax */
	{ PVP_ARCH_AMD64, "mmu.read_cr3",           NULL,                                             3, { 0x0f, 0x20, 0xd8 } }, /* mov %cr3,%rax */
	{ PVP_ARCH_AMD64, "mmu.write_cr3",          NULL,                                             3, { 0x0f, 0x22, 0xdf } }, /* mov %rdi,%cr3 */
	{ PVP_ARCH_AMD64, "cpu.wbinvd",             NULL,                                             2, { 0x0f, 0x09 } },       /* wbinvd */
	{ PVP_ARCH_AMD64, "cpu.swapgs",             NULL,                                             3, { 0x0f, 0x01, 0xf8 } }, /* swapgs */
	{ PVP_ARCH_AMD64, "cpu.usergs_sysret64",    NULL,                                             6, { 0x0f, 0x01, 0xf8, 0x48, 0x0f, 0x07 } }, /* swapgs; sysretq */
	{ PVP_ARCH_AMD64, "lock.queued_spin_unlock", "__raw_callee_save___native_queued_spin_unlock", 3, { 0xc6, 0x07, 0x00 } }, /* movb $0,(%rdi) */
	{ PVP_ARCH_AMD64, "lock.vcpu_is_preempted", "__raw_callee_save___native_vcpu_is_preempted",   2, { 0x31, 0xc0 } },       /* xor %eax,%eax */
	{ PVP_ARCH_I386,  "lock.queued_spin_unlock", "__raw_callee_save___native_queued_spin_unlock", 3, { 0xc6, 0x00, 0x00 } }, /* movb $0,(%eax) */
	{ PVP_ARCH_I386,  "lock.vcpu_is_preempted", "__raw_callee_save___native_vcpu_is_preempted",   2, { 0x31, 0xc0 } },       /* xor %eax,%eax */
};

static const uint8_t ud2[] = { 0x0f, 0x0b };
static const uint8_t ident_64[] = { 0x48, 0x89, 0xf8 }; /* mov %rdi,%rax */
// clang-format on

/* paravirt_patch_insns() */
static struct pvp_error *put(const struct pvp_para_entry *entry, const uint8_t *insns, size_t len,
			     uint8_t *code, size_t *used)
{
	if (len > entry->len)
		return pvp_error_format(PVP_ERR_BAD_DATA, "%zu bytes exceed the %u-byte site", len,
					entry->len);
	memcpy(code, insns, len);
	*used = len;
	return NULL;
}

/* paravirt_patch_call(), paravirt_patch_jmp(): only the jmp minds a site that is too short. */
static struct pvp_error *branch(const struct pvp_para_entry *entry, uint64_t func, uint8_t opcode,
				uint8_t *code, size_t *used)
{
	uint8_t insn[BRANCH_LEN];
	struct pvp_error *err;

	if (opcode == JMP && entry->len < BRANCH_LEN) {
		*used = entry->len;
		return NULL;
	}
	err = pvp_operand_branch(opcode, entry->addr, func, insn);
	return err ? err : put(entry, insn, sizeof(insn), code, used);
}

/* paravirt_patch_default(); the last two are of CONFIG_PARAVIRT_XXL, which is 64-bit. */
static struct pvp_error *patch_default(const struct pvp_model *model,
				       const struct pvp_para_entry *entry, uint64_t func,
				       uint8_t *code, size_t *used)
{
	const bool xxl = model->rules->arch == PVP_ARCH_AMD64;
	const char *op = model->tables->fields[entry->type].name;
	bool jumps;

	if (!func)
		return put(entry, ud2, sizeof(ud2), code, used);
	if (func == model->platform->nop_target) {
		*used = 0;
		return NULL;
	}
	if (xxl && func == pvp_model_symbol(model, "_paravirt_ident_64"))
		return put(entry, ident_64, sizeof(ident_64), code, used);
	jumps = !strcmp(op, "cpu.iret") || !strcmp(op, "cpu.usergs_sysret64");
	return branch(entry, func, xxl && jumps ? JMP : CALL, code, used);
}

static const struct form *form_of(const struct pvp_model *model, const char *op, uint64_t func)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *form = &forms[i];

		if (form->arch == model->rules->arch && !strcmp(form->op, op) &&
		    (!form->only || (func && func == pvp_model_symbol(model, form->only))))
			return form;
	}
	return NULL;
}

struct pvp_error *pvp_paravirt_init_patch(struct pvp_model *model,
					  const struct pvp_para_entry *entry, uint8_t *code,
					  size_t *used)
{
	const struct form *form = NULL;
	uint64_t patch = 0, func = 0;
	struct pvp_error *err;

	err = pvp_paravirt_slot(model, 0, &patch);
	if (!err)
		err = pvp_paravirt_slot(model, entry->type, &func);
	if (err)
		return err;
	if (patch && patch == pvp_model_symbol(model, "native_patch"))
		form = form_of(model, model->tables->fields[entry->type].name, func);
	else if (!patch || patch != pvp_model_symbol(model, "paravirt_patch_default"))
		return pvp_error_format(PVP_ERR_UNSUPPORTED,
					"init.patch is %#" PRIx64
					", neither native_patch nor paravirt_patch_default",
					patch);
	if (form)
		return put(entry, form->code, form->len, code, used);
	return patch_default(model, entry, func, code, used);
}
