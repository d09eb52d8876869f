// SPDX-License-Identifier: GPL-2.0-only
#include "readers.h"

// clang-format off
/*
 * Members of pv_ops in slot order, and whether a member is called with the callee-save convention.
 * Source: struct paravirt_patch_template (and in 7.2 struct pv_lock_ops), asm/paravirt_types.h of
 * each kernel; checked against BTF and debug information of Debian's images.
 */

/* Linux 5.10 with CONFIG_PARAVIRT_XXL and 4-level page tables; Debian's 5.10.223. */
const struct pvp_pv_field pvp_fields_amd64_5_10[85] = {
	/* name                                  callee_save       slot */
	{ "init.patch",                            false }, /* 0 */
	{ "time.sched_clock",                      false },
	{ "time.steal_clock",                      false },
	{ "cpu.io_delay",                          false },
	{ "cpu.get_debugreg",                      false },
	{ "cpu.set_debugreg",                      false },
	{ "cpu.read_cr0",                          false },
	{ "cpu.write_cr0",                         false },
	{ "cpu.write_cr4",                         false },
	{ "cpu.load_tr_desc",                      false },
	{ "cpu.load_gdt",                          false }, /* 10 */
	{ "cpu.load_idt",                          false },
	{ "cpu.set_ldt",                           false },
	{ "cpu.store_tr",                          false },
	{ "cpu.load_tls",                          false },
	{ "cpu.load_gs_index",                     false },
	{ "cpu.write_ldt_entry",                   false },
	{ "cpu.write_gdt_entry",                   false },
	{ "cpu.write_idt_entry",                   false },
	{ "cpu.alloc_ldt",                         false },
	{ "cpu.free_ldt",                          false }, /* 20 */
	{ "cpu.load_sp0",                          false },
	{ "cpu.invalidate_io_bitmap",              false },
	{ "cpu.update_io_bitmap",                  false },
	{ "cpu.wbinvd",                            false },
	{ "cpu.cpuid",                             false },
	{ "cpu.read_msr",                          false },
	{ "cpu.write_msr",                         false },
	{ "cpu.read_msr_safe",                     false },
	{ "cpu.write_msr_safe",                    false },
	{ "cpu.read_pmc",                          false }, /* 30 */
	{ "cpu.iret",                              false },
	{ "cpu.start_context_switch",              false },
	{ "cpu.end_context_switch",                false },
	{ "irq.save_fl",                           true  },
	{ "irq.restore_fl",                        true  },
	{ "irq.irq_disable",                       true  },
	{ "irq.irq_enable",                        true  },
	{ "irq.safe_halt",                         false },
	{ "irq.halt",                              false },
	{ "mmu.flush_tlb_user",                    false }, /* 40 */
	{ "mmu.flush_tlb_kernel",                  false },
	{ "mmu.flush_tlb_one_user",                false },
	{ "mmu.flush_tlb_others",                  false },
	{ "mmu.tlb_remove_table",                  false },
	{ "mmu.exit_mmap",                         false },
	{ "mmu.read_cr2",                          true  },
	{ "mmu.write_cr2",                         false },
	{ "mmu.read_cr3",                          false },
	{ "mmu.write_cr3",                         false },
	{ "mmu.activate_mm",                       false }, /* 50 */
	{ "mmu.dup_mmap",                          false },
	{ "mmu.pgd_alloc",                         false },
	{ "mmu.pgd_free",                          false },
	{ "mmu.alloc_pte",                         false },
	{ "mmu.alloc_pmd",                         false },
	{ "mmu.alloc_pud",                         false },
	{ "mmu.alloc_p4d",                         false },
	{ "mmu.release_pte",                       false },
	{ "mmu.release_pmd",                       false },
	{ "mmu.release_pud",                       false }, /* 60 */
	{ "mmu.release_p4d",                       false },
	{ "mmu.set_pte",                           false },
	{ "mmu.set_pmd",                           false },
	{ "mmu.ptep_modify_prot_start",            false },
	{ "mmu.ptep_modify_prot_commit",           false },
	{ "mmu.pte_val",                           true  },
	{ "mmu.make_pte",                          true  },
	{ "mmu.pgd_val",                           true  },
	{ "mmu.make_pgd",                          true  },
	{ "mmu.set_pud",                           false }, /* 70 */
	{ "mmu.pmd_val",                           true  },
	{ "mmu.make_pmd",                          true  },
	{ "mmu.pud_val",                           true  },
	{ "mmu.make_pud",                          true  },
	{ "mmu.set_p4d",                           false },
	{ "mmu.lazy_mode.enter",                   false },
	{ "mmu.lazy_mode.leave",                   false },
	{ "mmu.lazy_mode.flush",                   false },
	{ "mmu.set_fixmap",                        false },
	{ "lock.queued_spin_lock_slowpath",        false }, /* 80 */
	{ "lock.queued_spin_unlock",               true  },
	{ "lock.wait",                             false },
	{ "lock.kick",                             false },
	{ "lock.vcpu_is_preempted",                true  },
};

/* The same as released: with two operations that stable releases took out again (5.10.84, 5.10.218). */
const struct pvp_pv_field pvp_fields_amd64_5_10_first[87] = {
	/* name                                  callee_save       slot */
	{ "init.patch",                            false }, /* 0 */
	{ "time.sched_clock",                      false },
	{ "time.steal_clock",                      false },
	{ "cpu.io_delay",                          false },
	{ "cpu.get_debugreg",                      false },
	{ "cpu.set_debugreg",                      false },
	{ "cpu.read_cr0",                          false },
	{ "cpu.write_cr0",                         false },
	{ "cpu.write_cr4",                         false },
	{ "cpu.load_tr_desc",                      false },
	{ "cpu.load_gdt",                          false }, /* 10 */
	{ "cpu.load_idt",                          false },
	{ "cpu.set_ldt",                           false },
	{ "cpu.store_tr",                          false },
	{ "cpu.load_tls",                          false },
	{ "cpu.load_gs_index",                     false },
	{ "cpu.write_ldt_entry",                   false },
	{ "cpu.write_gdt_entry",                   false },
	{ "cpu.write_idt_entry",                   false },
	{ "cpu.alloc_ldt",                         false },
	{ "cpu.free_ldt",                          false }, /* 20 */
	{ "cpu.load_sp0",                          false },
	{ "cpu.invalidate_io_bitmap",              false },
	{ "cpu.update_io_bitmap",                  false },
	{ "cpu.wbinvd",                            false },
	{ "cpu.cpuid",                             false },
	{ "cpu.read_msr",                          false },
	{ "cpu.write_msr",                         false },
	{ "cpu.read_msr_safe",                     false },
	{ "cpu.write_msr_safe",                    false },
	{ "cpu.read_pmc",                          false }, /* 30 */
	{ "cpu.usergs_sysret64",                   false },
	{ "cpu.iret",                              false },
	{ "cpu.swapgs",                            true  },
	{ "cpu.start_context_switch",              false },
	{ "cpu.end_context_switch",                false },
	{ "irq.save_fl",                           true  },
	{ "irq.restore_fl",                        true  },
	{ "irq.irq_disable",                       true  },
	{ "irq.irq_enable",                        true  },
	{ "irq.safe_halt",                         false }, /* 40 */
	{ "irq.halt",                              false },
	{ "mmu.flush_tlb_user",                    false },
	{ "mmu.flush_tlb_kernel",                  false },
	{ "mmu.flush_tlb_one_user",                false },
	{ "mmu.flush_tlb_others",                  false },
	{ "mmu.tlb_remove_table",                  false },
	{ "mmu.exit_mmap",                         false },
	{ "mmu.read_cr2",                          true  },
	{ "mmu.write_cr2",                         false },
	{ "mmu.read_cr3",                          false }, /* 50 */
	{ "mmu.write_cr3",                         false },
	{ "mmu.activate_mm",                       false },
	{ "mmu.dup_mmap",                          false },
	{ "mmu.pgd_alloc",                         false },
	{ "mmu.pgd_free",                          false },
	{ "mmu.alloc_pte",                         false },
	{ "mmu.alloc_pmd",                         false },
	{ "mmu.alloc_pud",                         false },
	{ "mmu.alloc_p4d",                         false },
	{ "mmu.release_pte",                       false }, /* 60 */
	{ "mmu.release_pmd",                       false },
	{ "mmu.release_pud",                       false },
	{ "mmu.release_p4d",                       false },
	{ "mmu.set_pte",                           false },
	{ "mmu.set_pmd",                           false },
	{ "mmu.ptep_modify_prot_start",            false },
	{ "mmu.ptep_modify_prot_commit",           false },
	{ "mmu.pte_val",                           true  },
	{ "mmu.make_pte",                          true  },
	{ "mmu.pgd_val",                           true  }, /* 70 */
	{ "mmu.make_pgd",                          true  },
	{ "mmu.set_pud",                           false },
	{ "mmu.pmd_val",                           true  },
	{ "mmu.make_pmd",                          true  },
	{ "mmu.pud_val",                           true  },
	{ "mmu.make_pud",                          true  },
	{ "mmu.set_p4d",                           false },
	{ "mmu.lazy_mode.enter",                   false },
	{ "mmu.lazy_mode.leave",                   false },
	{ "mmu.lazy_mode.flush",                   false }, /* 80 */
	{ "mmu.set_fixmap",                        false },
	{ "lock.queued_spin_lock_slowpath",        false },
	{ "lock.queued_spin_unlock",               true  },
	{ "lock.wait",                             false },
	{ "lock.kick",                             false },
	{ "lock.vcpu_is_preempted",                true  },
};

/* Linux 6.1 with CONFIG_PARAVIRT_XXL and 5-level page tables; Debian's 6.1.176. */
const struct pvp_pv_field pvp_fields_amd64_6_1[84] = {
	/* name                                  callee_save       slot */
	{ "cpu.io_delay",                          false }, /* 0 */
	{ "cpu.get_debugreg",                      false },
	{ "cpu.set_debugreg",                      false },
	{ "cpu.read_cr0",                          false },
	{ "cpu.write_cr0",                         false },
	{ "cpu.write_cr4",                         false },
	{ "cpu.load_tr_desc",                      false },
	{ "cpu.load_gdt",                          false },
	{ "cpu.load_idt",                          false },
	{ "cpu.set_ldt",                           false },
	{ "cpu.store_tr",                          false }, /* 10 */
	{ "cpu.load_tls",                          false },
	{ "cpu.load_gs_index",                     false },
	{ "cpu.write_ldt_entry",                   false },
	{ "cpu.write_gdt_entry",                   false },
	{ "cpu.write_idt_entry",                   false },
	{ "cpu.alloc_ldt",                         false },
	{ "cpu.free_ldt",                          false },
	{ "cpu.load_sp0",                          false },
	{ "cpu.invalidate_io_bitmap",              false },
	{ "cpu.update_io_bitmap",                  false }, /* 20 */
	{ "cpu.wbinvd",                            false },
	{ "cpu.cpuid",                             false },
	{ "cpu.read_msr",                          false },
	{ "cpu.write_msr",                         false },
	{ "cpu.read_msr_safe",                     false },
	{ "cpu.write_msr_safe",                    false },
	{ "cpu.read_pmc",                          false },
	{ "cpu.start_context_switch",              false },
	{ "cpu.end_context_switch",                false },
	{ "irq.save_fl",                           true  }, /* 30 */
	{ "irq.irq_disable",                       true  },
	{ "irq.irq_enable",                        true  },
	{ "irq.safe_halt",                         false },
	{ "irq.halt",                              false },
	{ "mmu.flush_tlb_user",                    false },
	{ "mmu.flush_tlb_kernel",                  false },
	{ "mmu.flush_tlb_one_user",                false },
	{ "mmu.flush_tlb_multi",                   false },
	{ "mmu.tlb_remove_table",                  false },
	{ "mmu.exit_mmap",                         false }, /* 40 */
	{ "mmu.notify_page_enc_status_changed",    false },
	{ "mmu.read_cr2",                          true  },
	{ "mmu.write_cr2",                         false },
	{ "mmu.read_cr3",                          false },
	{ "mmu.write_cr3",                         false },
	{ "mmu.activate_mm",                       false },
	{ "mmu.dup_mmap",                          false },
	{ "mmu.pgd_alloc",                         false },
	{ "mmu.pgd_free",                          false },
	{ "mmu.alloc_pte",                         false }, /* 50 */
	{ "mmu.alloc_pmd",                         false },
	{ "mmu.alloc_pud",                         false },
	{ "mmu.alloc_p4d",                         false },
	{ "mmu.release_pte",                       false },
	{ "mmu.release_pmd",                       false },
	{ "mmu.release_pud",                       false },
	{ "mmu.release_p4d",                       false },
	{ "mmu.set_pte",                           false },
	{ "mmu.set_pmd",                           false },
	{ "mmu.ptep_modify_prot_start",            false }, /* 60 */
	{ "mmu.ptep_modify_prot_commit",           false },
	{ "mmu.pte_val",                           true  },
	{ "mmu.make_pte",                          true  },
	{ "mmu.pgd_val",                           true  },
	{ "mmu.make_pgd",                          true  },
	{ "mmu.set_pud",                           false },
	{ "mmu.pmd_val",                           true  },
	{ "mmu.make_pmd",                          true  },
	{ "mmu.pud_val",                           true  },
	{ "mmu.make_pud",                          true  }, /* 70 */
	{ "mmu.set_p4d",                           false },
	{ "mmu.p4d_val",                           true  },
	{ "mmu.make_p4d",                          true  },
	{ "mmu.set_pgd",                           false },
	{ "mmu.lazy_mode.enter",                   false },
	{ "mmu.lazy_mode.leave",                   false },
	{ "mmu.lazy_mode.flush",                   false },
	{ "mmu.set_fixmap",                        false },
	{ "lock.queued_spin_lock_slowpath",        false },
	{ "lock.queued_spin_unlock",               true  }, /* 80 */
	{ "lock.wait",                             false },
	{ "lock.kick",                             false },
	{ "lock.vcpu_is_preempted",                true  },
};

/* Linux 6.12, configured likewise; Debian's 6.12.107. */
const struct pvp_pv_field pvp_fields_amd64_6_12[83] = {
	/* name                                  callee_save       slot */
	{ "cpu.io_delay",                          false }, /* 0 */
	{ "cpu.get_debugreg",                      false },
	{ "cpu.set_debugreg",                      false },
	{ "cpu.read_cr0",                          false },
	{ "cpu.write_cr0",                         false },
	{ "cpu.write_cr4",                         false },
	{ "cpu.load_tr_desc",                      false },
	{ "cpu.load_gdt",                          false },
	{ "cpu.load_idt",                          false },
	{ "cpu.set_ldt",                           false },
	{ "cpu.store_tr",                          false }, /* 10 */
	{ "cpu.load_tls",                          false },
	{ "cpu.load_gs_index",                     false },
	{ "cpu.write_ldt_entry",                   false },
	{ "cpu.write_gdt_entry",                   false },
	{ "cpu.write_idt_entry",                   false },
	{ "cpu.alloc_ldt",                         false },
	{ "cpu.free_ldt",                          false },
	{ "cpu.load_sp0",                          false },
	{ "cpu.invalidate_io_bitmap",              false },
	{ "cpu.update_io_bitmap",                  false }, /* 20 */
	{ "cpu.wbinvd",                            false },
	{ "cpu.cpuid",                             false },
	{ "cpu.read_msr",                          false },
	{ "cpu.write_msr",                         false },
	{ "cpu.read_msr_safe",                     false },
	{ "cpu.write_msr_safe",                    false },
	{ "cpu.read_pmc",                          false },
	{ "cpu.start_context_switch",              false },
	{ "cpu.end_context_switch",                false },
	{ "irq.save_fl",                           true  }, /* 30 */
	{ "irq.irq_disable",                       true  },
	{ "irq.irq_enable",                        true  },
	{ "irq.safe_halt",                         false },
	{ "irq.halt",                              false },
	{ "mmu.flush_tlb_user",                    false },
	{ "mmu.flush_tlb_kernel",                  false },
	{ "mmu.flush_tlb_one_user",                false },
	{ "mmu.flush_tlb_multi",                   false },
	{ "mmu.tlb_remove_table",                  false },
	{ "mmu.exit_mmap",                         false }, /* 40 */
	{ "mmu.notify_page_enc_status_changed",    false },
	{ "mmu.read_cr2",                          true  },
	{ "mmu.write_cr2",                         false },
	{ "mmu.read_cr3",                          false },
	{ "mmu.write_cr3",                         false },
	{ "mmu.enter_mmap",                        false },
	{ "mmu.pgd_alloc",                         false },
	{ "mmu.pgd_free",                          false },
	{ "mmu.alloc_pte",                         false },
	{ "mmu.alloc_pmd",                         false }, /* 50 */
	{ "mmu.alloc_pud",                         false },
	{ "mmu.alloc_p4d",                         false },
	{ "mmu.release_pte",                       false },
	{ "mmu.release_pmd",                       false },
	{ "mmu.release_pud",                       false },
	{ "mmu.release_p4d",                       false },
	{ "mmu.set_pte",                           false },
	{ "mmu.set_pmd",                           false },
	{ "mmu.ptep_modify_prot_start",            false },
	{ "mmu.ptep_modify_prot_commit",           false }, /* 60 */
	{ "mmu.pte_val",                           true  },
	{ "mmu.make_pte",                          true  },
	{ "mmu.pgd_val",                           true  },
	{ "mmu.make_pgd",                          true  },
	{ "mmu.set_pud",                           false },
	{ "mmu.pmd_val",                           true  },
	{ "mmu.make_pmd",                          true  },
	{ "mmu.pud_val",                           true  },
	{ "mmu.make_pud",                          true  },
	{ "mmu.set_p4d",                           false }, /* 70 */
	{ "mmu.p4d_val",                           true  },
	{ "mmu.make_p4d",                          true  },
	{ "mmu.set_pgd",                           false },
	{ "mmu.lazy_mode.enter",                   false },
	{ "mmu.lazy_mode.leave",                   false },
	{ "mmu.lazy_mode.flush",                   false },
	{ "mmu.set_fixmap",                        false },
	{ "lock.queued_spin_lock_slowpath",        false },
	{ "lock.queued_spin_unlock",               true  },
	{ "lock.wait",                             false }, /* 80 */
	{ "lock.kick",                             false },
	{ "lock.vcpu_is_preempted",                true  },
};

/* Linux 7.2, configured likewise: pv_ops, then the five of pv_ops_lock; Debian's 7.2.13. */
const struct pvp_pv_field pvp_fields_amd64_7_2[78] = {
	/* name                                  callee_save       slot */
	{ "cpu.get_debugreg",                      false }, /* 0 */
	{ "cpu.set_debugreg",                      false },
	{ "cpu.read_cr0",                          false },
	{ "cpu.write_cr0",                         false },
	{ "cpu.write_cr4",                         false },
	{ "cpu.load_tr_desc",                      false },
	{ "cpu.load_gdt",                          false },
	{ "cpu.load_idt",                          false },
	{ "cpu.set_ldt",                           false },
	{ "cpu.store_tr",                          false },
	{ "cpu.load_tls",                          false }, /* 10 */
	{ "cpu.load_gs_index",                     false },
	{ "cpu.write_ldt_entry",                   false },
	{ "cpu.write_gdt_entry",                   false },
	{ "cpu.write_idt_entry",                   false },
	{ "cpu.alloc_ldt",                         false },
	{ "cpu.free_ldt",                          false },
	{ "cpu.load_sp0",                          false },
	{ "cpu.invalidate_io_bitmap",              false },
	{ "cpu.update_io_bitmap",                  false },
	{ "cpu.cpuid",                             false }, /* 20 */
	{ "cpu.read_msr",                          false },
	{ "cpu.write_msr",                         false },
	{ "cpu.read_msr_safe",                     false },
	{ "cpu.write_msr_safe",                    false },
	{ "cpu.read_pmc",                          false },
	{ "cpu.start_context_switch",              false },
	{ "cpu.end_context_switch",                false },
	{ "irq.save_fl",                           true  },
	{ "irq.irq_disable",                       true  },
	{ "irq.irq_enable",                        true  }, /* 30 */
	{ "irq.safe_halt",                         false },
	{ "irq.halt",                              false },
	{ "mmu.flush_tlb_user",                    false },
	{ "mmu.flush_tlb_kernel",                  false },
	{ "mmu.flush_tlb_one_user",                false },
	{ "mmu.flush_tlb_multi",                   false },
	{ "mmu.exit_mmap",                         false },
	{ "mmu.notify_page_enc_status_changed",    false },
	{ "mmu.read_cr2",                          true  },
	{ "mmu.write_cr2",                         false }, /* 40 */
	{ "mmu.read_cr3",                          false },
	{ "mmu.write_cr3",                         false },
	{ "mmu.enter_mmap",                        false },
	{ "mmu.pgd_alloc",                         false },
	{ "mmu.pgd_free",                          false },
	{ "mmu.alloc_pte",                         false },
	{ "mmu.alloc_pmd",                         false },
	{ "mmu.alloc_pud",                         false },
	{ "mmu.alloc_p4d",                         false },
	{ "mmu.release_pte",                       false }, /* 50 */
	{ "mmu.release_pmd",                       false },
	{ "mmu.release_pud",                       false },
	{ "mmu.release_p4d",                       false },
	{ "mmu.set_pte",                           false },
	{ "mmu.set_pmd",                           false },
	{ "mmu.ptep_modify_prot_start",            false },
	{ "mmu.ptep_modify_prot_commit",           false },
	{ "mmu.pte_val",                           true  },
	{ "mmu.make_pte",                          true  },
	{ "mmu.pgd_val",                           true  }, /* 60 */
	{ "mmu.make_pgd",                          true  },
	{ "mmu.set_pud",                           false },
	{ "mmu.pmd_val",                           true  },
	{ "mmu.make_pmd",                          true  },
	{ "mmu.pud_val",                           true  },
	{ "mmu.make_pud",                          true  },
	{ "mmu.set_p4d",                           false },
	{ "mmu.p4d_val",                           true  },
	{ "mmu.make_p4d",                          true  },
	{ "mmu.set_pgd",                           false }, /* 70 */
	{ "mmu.lazy_mode_flush",                   false },
	{ "mmu.set_fixmap",                        false },
	{ "lock.queued_spin_lock_slowpath",        false },
	{ "lock.queued_spin_unlock",               true  },
	{ "lock.wait",                             false },
	{ "lock.kick",                             false },
	{ "lock.vcpu_is_preempted",                true  },
};

/* Linux 5.10 without CONFIG_PARAVIRT_XXL; Debian's 5.10.223 686-pae. */
const struct pvp_pv_field pvp_fields_i386_5_10[15] = {
	/* name                                  callee_save       slot */
	{ "init.patch",                            false }, /* 0 */
	{ "time.sched_clock",                      false },
	{ "time.steal_clock",                      false },
	{ "cpu.io_delay",                          false },
	{ "mmu.flush_tlb_user",                    false },
	{ "mmu.flush_tlb_kernel",                  false },
	{ "mmu.flush_tlb_one_user",                false },
	{ "mmu.flush_tlb_others",                  false },
	{ "mmu.tlb_remove_table",                  false },
	{ "mmu.exit_mmap",                         false },
	{ "lock.queued_spin_lock_slowpath",        false }, /* 10 */
	{ "lock.queued_spin_unlock",               true  },
	{ "lock.wait",                             false },
	{ "lock.kick",                             false },
	{ "lock.vcpu_is_preempted",                true  },
};

/* Linux 6.1 without CONFIG_PARAVIRT_XXL; Debian's 6.1.176 686-pae. */
const struct pvp_pv_field pvp_fields_i386_6_1[13] = {
	/* name                                  callee_save       slot */
	{ "cpu.io_delay",                          false }, /* 0 */
	{ "mmu.flush_tlb_user",                    false },
	{ "mmu.flush_tlb_kernel",                  false },
	{ "mmu.flush_tlb_one_user",                false },
	{ "mmu.flush_tlb_multi",                   false },
	{ "mmu.tlb_remove_table",                  false },
	{ "mmu.exit_mmap",                         false },
	{ "mmu.notify_page_enc_status_changed",    false },
	{ "lock.queued_spin_lock_slowpath",        false },
	{ "lock.queued_spin_unlock",               true  },
	{ "lock.wait",                             false }, /* 10 */
	{ "lock.kick",                             false },
	{ "lock.vcpu_is_preempted",                true  },
};

/* Linux 7.2 without CONFIG_PARAVIRT_XXL: what of its struct is outside of that; kernels/x86.  (6.12 has
 * the fields of 6.1.) */
const struct pvp_pv_field pvp_fields_i386_7_2[11] = {
	/* name                                  callee_save       slot */
	{ "mmu.flush_tlb_user",                    false }, /* 0 */
	{ "mmu.flush_tlb_kernel",                  false },
	{ "mmu.flush_tlb_one_user",                false },
	{ "mmu.flush_tlb_multi",                   false },
	{ "mmu.exit_mmap",                         false },
	{ "mmu.notify_page_enc_status_changed",    false },
	{ "lock.queued_spin_lock_slowpath",        false }, /* pv_ops_lock */
	{ "lock.queued_spin_unlock",               true  },
	{ "lock.wait",                             false },
	{ "lock.kick",                             false },
	{ "lock.vcpu_is_preempted",                true  }, /* 10 */
};
// clang-format on
