// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the boot entry to power-off, in the order in which Linux does it.
 */
#include "boot.h"
#include "cpu.h"
#include "jump_label.h"
#include "mm.h"
#include "patch.h"
#include "pv.h"

void start_kernel(ulong start_info);

struct hvm_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modules, cmdline, rsdp;
};
#define HVM_START_MAGIC 0x336ec578

void cpu_tables_init(void)
{
	struct gdt_page *page = this_cpu_ptr(gdt_page);
	const struct desc_ptr gdt = {.size = sizeof(page->gdt) - 1, .address = (ulong)page};
	u64 tss = (ulong)this_cpu_ptr(cpu_tss_rw);
	u64 desc[2] = {(sizeof(struct tss) - 1) | (tss & 0xffffff) << 16 |
			       (0x80ULL | DESC_TSS) << 40 | (tss >> 24 & 0xff) << 56,
		       tss >> 32};
	static const u64 code = CODE_DESC, data = DATA_DESC;

	pv_write_gdt_entry(page->gdt, KERNEL_CS / 8, &code, 0);
	pv_write_gdt_entry(page->gdt, KERNEL_DS / 8, &data, 0);
	pv_write_gdt_entry(page->gdt, GDT_TSS, desc, DESC_TSS);
	pv_load_gdt(&gdt);
	pv_load_tr_desc();
}

void count_cpus(u32 nr)
{
	const char *value = cmdline_value("cpus");

	if (value)
		nr = parse_number(value);
	if (nr < 1 || nr > NR_CPUS)
		panic("cpus=: from 1 to 64");
	nr_cpu_ids = nr;
	__cpu_possible_mask[0] = nr == 64 ? ~0ULL : (1ULL << nr) - 1;
	__cpu_present_mask[0] = __cpu_possible_mask[0];
}

/* CR0.WP, and the bits of CR4 that are on now, stay from here on. */
void pin_control_registers(void)
{
	ulong cr4;

	pv_write_cr0((pv_read_cr0() | CR0_WP) & ~CR0_TS);
	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	this_cpu_ptr(cpu_tlbstate)->cr4 = cr4;
	cr4_pinned_bits = cr4 & ~(CR4_PGE | CR4_PCE);
	static_key_enable(&cr_pinning);
}

void finish_boot(void)
{
	u32 failed;

	print("# platform %s, %s\n", platform_name, platform_how);
	print("# cpus %u\n", nr_cpu_ids);
	print("# cpu-model %u:%u:%u\n", boot_cpu_data.vendor, boot_cpu_data.family,
	      boot_cpu_data.model);
	ONLY_AMD64(print("# return-thunk %s\n", return_thunk_name()));
	report_caps();
	alternative_instructions();
	report_text("");
	if (cmdline_has("dump"))
		dump_text();
	static_call_init(); /* the initcall */
	if (PVKERNEL_GEN >= 612)
		report_text("-after-initcalls");
	failed = selftest();
	print("# hypercalls answered by the kernel's own stub: %u\n", nr_hypercalls);
	power_off(failed != 0);
}

void start_kernel(ulong start_info)
{
	const struct hvm_start_info *info = __va(start_info);

	console_init();
	print("KTAP version 1\n");
	save_linked_text();
	if (info->magic != HVM_START_MAGIC)
		panic("not entered by the PVH protocol");
	cmdline_init(info->cmdline ? __va(info->cmdline) : "");
	cpu_tables_init();
	traps_init();
	identify_cpu();
	pin_control_registers();
	memory_init();
	count_cpus(acpi_count_cpus(info->rsdp));
	timer_init();
	ONLY_510(arch_init_ideal_nops());
	static_call_init();
	platform_detect();
	select_mitigations();
	finish_boot();
}
