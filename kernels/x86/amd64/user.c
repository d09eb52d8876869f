// SPDX-License-Identifier: GPL-2.0-only
/*
 * User mode: what the processor or Xen needs to know of it, and the system calls.
 *
 * The two GS bases are addresses of the same memory, so that whatever a wrong swapgs leaves, per-CPU data is
 * found, and a test can say what is wrong.
 */
#include "user.h"
#include "cpu.h"
#include "mm.h"
#include "pv.h"
#include "xen.h"

#define MSR_EFER	 0xc0000080
#define MSR_LSTAR	 0xc0000082
#define EFER_SCE	 1UL
#define FLAGS_MASKED	 0x47700UL /* AC NT IOPL DF IF TF */
#define CALLBACK_SYSCALL 2
#define USER_CODE_DESC	 0x00affb000000ffff
#define USER_DATA_DESC	 0x00cff3000000ffff
#define CODE_RPL	 3

void entry_SYSCALL_64(void), xen_entry_SYSCALL_64(void);

#if PVKERNEL_GEN >= 601
DEFINE_PER_CPU(u64, cpu_current_top_of_stack);
#define set_task_stack(top) this_cpu_write(cpu_current_top_of_stack, top)
#else
#define set_task_stack(top) this_cpu_write(cpu_tss_rw.sp1, top)
#endif

u32 nr_syscalls, nr_wrong_gs;
static u8 entry_stack[PAGE_SIZE] __aligned(16), task_stack[PAGE_SIZE] __aligned(16);
static u64 user_pgt[512] __aligned(PAGE_SIZE);
static u64 old_sp0, old_gs, old_efer;

static void start_natively(void)
{
	const u64 base = pv_read_msr(MSR_GS_BASE);
	const u64 linked = (u64)this_cpu_ptr(this_cpu_off);

	old_efer = pv_read_msr(MSR_EFER);
	old_gs = pv_read_msr(MSR_KERNEL_GS_BASE);
	write_msr(MSR_EFER, old_efer | EFER_SCE);
	write_msr(MSR_STAR, (USER_CS - 16UL) << 48 | (u64)KERNEL_CS << 32);
	write_msr(MSR_LSTAR, (u64)entry_SYSCALL_64);
	write_msr(MSR_SYSCALL_MASK, FLAGS_MASKED);
	write_msr(MSR_KERNEL_GS_BASE, base + ((u64)__va(__pa((void *)linked)) - linked));
}

/* --- Xen: user mode has a top-level table of its own; one slot of it, which has the kernel in it, too --- */

static void protect_user_pgt(u64 protection)
{
	u64 size, *ptep = lookup_address((u64)user_pgt, &size);

	pv_set_pte(ptep, pv_make_pte(__pa(user_pgt) | protection));
	xen_flush_tlb_one_user((u64)user_pgt);
}

static void start_xen(void)
{
	const struct {
		u16 type, flags;
		u64 address;
	} callback = {CALLBACK_SYSCALL, 1, (u64)xen_entry_SYSCALL_64};

	if (xen_hypercall(HYPERCALL_callback_op, 0, (u64)&callback, 0, 0, 0))
		panic("Xen takes no entry for system calls");
	user_pgt[511] = init_top_pgt[511]; /* where the program is */
	protect_user_pgt(PTE_KERNEL_RO);
	xen_mc_batch();
	xen_mc_mmuext(MMUEXT_PIN_L1 + 3, pfn_to_mfn(__pa(user_pgt) >> 12), 0);
	xen_mc_issue(LAZY_NONE);
	virt_to_page(init_top_pgt)->private = (u64)user_pgt;
	pv_write_cr3(pv_read_cr3());
}

static void end_xen(void)
{
	virt_to_page(init_top_pgt)->private = 0;
	pv_write_cr3(pv_read_cr3());
	xen_mc_batch();
	xen_mc_mmuext(MMUEXT_UNPIN, pfn_to_mfn(__pa(user_pgt) >> 12), 0);
	xen_mc_issue(LAZY_NONE);
	protect_user_pgt(PTE_KERNEL);
}

void user_mode_start(void)
{
	static const u64 code = USER_CODE_DESC, data = USER_DATA_DESC;
	u64 *gdt = this_cpu_ptr(gdt_page)->gdt;

	pv_write_gdt_entry(gdt, USER_CS / 8, &code, 0);
	pv_write_gdt_entry(gdt, USER_DS / 8, &data, 0);
	old_sp0 = this_cpu_read(cpu_tss_rw.sp0);
	pv_load_sp0((u64)entry_stack + sizeof(entry_stack));
	set_task_stack((u64)task_stack + sizeof(task_stack));
	if (xen_domain_type == XEN_PV_DOMAIN)
		start_xen();
	else
		start_natively();
}

void user_mode_end(void)
{
	if (xen_domain_type == XEN_PV_DOMAIN) {
		end_xen();
	} else {
		write_msr(MSR_KERNEL_GS_BASE, old_gs);
		write_msr(MSR_EFER, old_efer);
	}
	pv_load_sp0(old_sp0);
}

void leave_user_mode(struct trap_frame *frame)
{
	u16 cs, ss;

	if (!(frame->cs & CODE_RPL))
		return;
	asm volatile("mov %%cs, %0; mov %%ss, %1" : "=r"(cs), "=r"(ss));
	frame->cs = cs & ~CODE_RPL; /* as Xen shows a kernel its selectors, too */
	frame->ss = ss & ~CODE_RPL;
	frame->rflags = 2;
}

void come_from_user_mode(void)
{
	if (xen_domain_type != XEN_PV_DOMAIN && pv_read_msr(MSR_GS_BASE) != __per_cpu_offset[0])
		nr_wrong_gs++;
}

/* Whether sysret leads back to all that the frame says. */
bool do_syscall_64(struct trap_frame *frame, u32 nr)
{
	come_from_user_mode();
	nr_syscalls++;
	if (nr == SYS_FAST) {
		frame->rax = FAST_REPLY;
	} else if (nr == SYS_SLOW) {
		frame->rax = SLOW_REPLY;
		frame->rcx = SLOW_RCX;
		frame->r11 = SLOW_R11;
	}
	return frame->rcx == frame->ip && frame->r11 == frame->rflags && frame->cs == USER_CS &&
	       frame->ss == USER_DS;
}
