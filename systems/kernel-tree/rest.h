// SPDX-License-Identifier: GPL-2.0-only OR MIT
// Names that the tree's files need in order to compile and that decide nothing here: locks,
// notifications, page tables (there are none), and the types of code that is never reached.

#define SHIM_PASTE_(a, b) a##b
#define SYSCALL_DEFINE0(name) static long shim_sys_##name(void)
#define SYSCALL_DEFINE1(name, t1, a1) static long shim_sys_##name(t1 a1)
#define SYSCALL_DEFINE2(name, t1, a1, t2, a2) static long shim_sys_##name(t1 a1, t2 a2)
#define SYSCALL_DEFINE3(name, t1, a1, t2, a2, t3, a3)                                              \
  static long shim_sys_##name(t1 a1, t2 a2, t3 a3)
#define SYSCALL_DEFINE4(name, t1, a1, t2, a2, t3, a3, t4, a4)                                      \
  static long shim_sys_##name(t1 a1, t2 a2, t3 a3, t4 a4)
#define SYSCALL_DEFINE5(name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)                              \
  static long shim_sys_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5)
#define SYSCALL_DEFINE6(name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6)                      \
  static long shim_sys_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6)

#define core_param(...)
#define module_param(...)
#define subsys_initcall(f) static void* SHIM_PASTE_(use_, f) __attribute__((unused)) = (void*)f
#ifdef __setup
#undef __setup
#endif
#define __setup(text, f) static void* SHIM_PASTE_(use_, f) __attribute__((unused)) = (void*)f
#ifndef __init
#define __init
#endif
#define __meminit
#define __ro_after_init
#define __latent_entropy
#ifndef __user
#define __user
#endif
#ifndef __read_mostly
#define __read_mostly
#endif
#ifndef EXPORT_SYMBOL
#define EXPORT_SYMBOL(x)
#endif
#ifndef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(x)
#endif

// A warning of the kernel is a finding.
#undef WARN_ON
#undef WARN_ON_ONCE
#undef VM_WARN_ON
#undef VM_WARN_ON_ONCE
#undef BUG_ON
#undef VM_BUG_ON
static bool shim_warn(bool yes, const char* what, const char* file, int line);
#define WARN_ON(x) shim_warn(!!(x), #x, __FILE__, __LINE__)
#define WARN_ON_ONCE(x) WARN_ON(x)
#define VM_WARN_ON(x) WARN_ON(x)
#define VM_WARN_ON_ONCE(x) WARN_ON(x)
#define BUG_ON(x) WARN_ON(x)
#define VM_BUG_ON(x) WARN_ON(x)
#undef VM_BUG_ON_MM
#undef VM_WARN_ON_ONCE_MM
#define VM_BUG_ON_MM(x, mm) WARN_ON(x)
#define VM_WARN_ON_ONCE_MM(x, mm) WARN_ON(x)
#define VM_WARN_ON_MM(x, mm) WARN_ON(x)
#undef pr_warn_once
#undef pr_err
#undef pr_info
#undef DECLARE_PER_CPU
#define pr_warn_once(...)
#define pr_err(...)
#define pr_info(...)

#include "vm_flags.h"
#ifndef VMA_DROPPABLE
#define VMA_DROPPABLE mk_vma_flags(VMA_DROPPABLE_BIT)
#endif
#ifndef VMA_SHADOW_STACK
#define VMA_SHADOW_STACK EMPTY_VMA_FLAGS
#endif
#ifndef VMA_GROWSUP
#define VMA_GROWSUP EMPTY_VMA_FLAGS
#endif
#ifndef VM_GROWSUP
#define VM_GROWSUP VM_NONE
#endif
#ifndef VM_SEALED
#define VM_SEALED (1UL << 42)
#endif
#ifndef VM_STARTGAP_FLAGS
#define VM_STARTGAP_FLAGS (VM_GROWSDOWN | VM_SHADOW_STACK)
#endif
#ifndef VM_LOCKED_MASK
#define VM_LOCKED_MASK (VM_LOCKED | VM_LOCKONFAULT)
#endif
#ifndef VM_DATA_DEFAULT_FLAGS
#define VM_DATA_DEFAULT_FLAGS (VM_READ | VM_WRITE | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#endif
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif
#if !SHIM_HAS_UNMAPPED_AREA_INFO
#define VM_UNMAPPED_AREA_TOPDOWN 1
struct vm_unmapped_area_info {
  unsigned long flags, length, low_limit, high_limit, align_mask, align_offset, start_gap;
};
#endif
extern unsigned long stack_guard_gap;
#if !SHIM_HAS_PERSONALITY
#define READ_IMPLIES_EXEC 0x0400000
#endif
#ifndef MMF_HAS_MDWE
#define MMF_HAS_MDWE 28
#endif

// The prototypes of what files of the tree define, for those that come before it.
#include "prototypes.h"
unsigned long vm_mmap_pgoff(struct file*, unsigned long, unsigned long, unsigned long,
                            unsigned long, unsigned long);
unsigned long arch_get_unmapped_area(struct file*, unsigned long, unsigned long, unsigned long,
                                     unsigned long, vm_flags_t);
unsigned long arch_get_unmapped_area_topdown(struct file*, unsigned long, unsigned long,
                                             unsigned long, unsigned long, vm_flags_t);
unsigned long SHIM_THP_PLACEMENT(struct file*, unsigned long, unsigned long, unsigned long,
                                 unsigned long, SHIM_PLACEMENT_FLAGS);
#define get_unmapped_area(file, address, length, pgoff, flags)                                     \
  __get_unmapped_area(file, address, length, pgoff, flags, SHIM_NO_FLAGS)

// --- sizes
#ifndef SZ_4K
#define SZ_4K 0x1000
#endif
#define SHIM_PMD_SHIFT 21
// x86-64: a huge page has 2 MiB or 1 GiB.
#define PMD_SHIFT 21
#define PMD_SIZE 0x200000UL
#define PMD_MASK (-PMD_SIZE)
#define PUD_SIZE 0x40000000UL
#define PUD_MASK (-PUD_SIZE)
#define HPAGE_PMD_SIZE PMD_SIZE
#define HPAGE_PUD_SIZE PUD_SIZE
#define HPAGE_PMD_NR 512
#define HPAGE_PUD_NR 262144
#define CONFIG_PGTABLE_LEVELS 4
#define CONFIG_TRANSPARENT_HUGEPAGE 1

// --- x86
#define TASK_SIZE (shim.parameters.task_size)
#undef TASK_SIZE_MAX
#undef DEFAULT_MAP_WINDOW
#define TASK_SIZE_MAX TASK_SIZE
#define DEFAULT_MAP_WINDOW (shim.parameters.map_window)
#define TASK_UNMAPPED_BASE (shim.parameters.unmapped_base)
#define arch_get_mmap_end(hint, length, flags) (DEFAULT_MAP_WINDOW + shim_more_room(hint))
#define arch_get_mmap_base(hint, base) ((base) + shim_more_room(hint))
#ifndef untagged_addr
#define untagged_addr(address) (address)
#endif
#define vma_is_shmem(vma) ((vma)->vm_file != NULL)
#define abs_diff(a, b) ((a) > (b) ? (a) - (b) : (b) - (a))
#define percpu_counter_init(...) 0
#define execute_only_pkey(mm) 0
#define arch_override_mprotect_pkey(vma, prot, pkey) 0
#define mm_pkey_is_allocated(mm, pkey) false

// --- limits and permissions
#ifndef RLIMIT_DATA
#define RLIMIT_DATA 2
#endif
#ifndef RLIMIT_STACK
#define RLIMIT_STACK 3
#endif
#ifndef RLIMIT_MEMLOCK
#define RLIMIT_MEMLOCK 8
#endif
#ifndef RLIMIT_AS
#define RLIMIT_AS 9
#endif
#ifndef CAP_IPC_LOCK
#define CAP_IPC_LOCK 14
#endif
#define OVERCOMMIT_NEVER 2
static int sysctl_overcommit_memory;
#define security_file_mprotect(...) 0
#define security_mmap_file(...) 0
#define check_data_rlimit(limit, brk, start_brk, end_data, start_data) 0

// --- locks and notifications
#define mmap_read_lock(mm) ((void)0)
#define mmap_write_lock(mm) ((void)0)
#define mmap_read_lock_killable(mm) 0
#define mmap_write_lock_nested(mm, x) ((void)0)
#define mmap_read_trylock(mm) true
#define cond_resched() ((void)0)
#define trace_vm_unmapped_area(...) ((void)0)
#define trace_exit_mmap(...) ((void)0)
#define flush_cache_dup_mm(...) ((void)0)
#define flush_cache_mm(...) ((void)0)
#define flush_cache_range(...) ((void)0)
#define flush_tlb_mm(...) ((void)0)
#define flush_tlb_range(...) ((void)0)
#define uprobe_dup_mmap(...) ((void)0)
#define dup_mm_exe_file(...) ((void)0)
#define dup_userfaultfd(...) 0
#define dup_userfaultfd_complete(...) ((void)0)
#define dup_userfaultfd_fail(...) ((void)0)
#define hugetlb_dup_vma_private(...) ((void)0)
#define copy_page_range(...) 0
#define arch_dup_mmap(...) 0
#define arch_exit_mmap(...) ((void)0)
#define ksm_fork(...) 0
#define khugepaged_fork(...) ((void)0)
#define khugepaged_exit(...) ((void)0)
#define mmu_notifier_release(...) ((void)0)
#define mm_flags_set(...) ((void)0)
#define mmap_write_lock_nest(...) ((void)0)
#define tlb_gather_mmu_fullmm(...) ((void)0)
#define perf_event_mmap(...) ((void)0)
#define mremap_userfaultfd_prep(...) ((void)0)
#define mremap_userfaultfd_complete(...) ((void)0)
#define mremap_userfaultfd_fail(...) ((void)0)
#define userfaultfd_unmap_complete(...) ((void)0)
#define ksm_madvise(...) 0
#define fixup_hugetlb_reservations(...) ((void)0)
#define clear_vma_resv_huge_pages(...) ((void)0)
#define audit_mmap_fd(...) ((void)0)
#define NULL_VM_UFFD_CTX ((struct vm_userfaultfd_ctx){})

// --- page tables: there are none
typedef unsigned long shim_entry;
#define pte_t shim_entry
#define pmd_t shim_entry
#define pud_t shim_entry
#define p4d_t shim_entry
#define pgd_t shim_entry
static shim_entry shim_no_entry;
#define pgd_offset(mm, address) (&shim_no_entry)
#define p4d_offset(pgd, address) (&shim_no_entry)
#define pud_offset(p4d, address) (&shim_no_entry)
#define pmd_offset(pud, address) (&shim_no_entry)
#define pgd_none_or_clear_bad(entry) 1
#define p4d_none_or_clear_bad(entry) 1
#define pud_none_or_clear_bad(entry) 1
#define pud_none(entry) 1
#define pmd_none(entry) 1
#define pte_none(entry) 1
// A walk takes its whole range at once at each level.
#define pgd_addr_end(address, end) (end)
#define p4d_addr_end(address, end) (end)
#define pud_addr_end(address, end) (end)
#define pmd_addr_end(address, end) (end)
#define tlb_start_vma(...) ((void)0)
#define tlb_end_vma(...) ((void)0)
#define vma_is_secretmem(vma) false
struct mmu_notifier_range {
  unsigned long start, end;
};
#define mmu_notifier_range_init(range, ...) ((void)(range))
#define mmu_notifier_invalidate_range_start(...) ((void)0)
#define mmu_notifier_invalidate_range_end(...) ((void)0)
