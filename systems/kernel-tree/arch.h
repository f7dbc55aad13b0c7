// SPDX-License-Identifier: GPL-2.0-only OR MIT
// The placement of x86 (arch/x86/kernel/sys_x86_64.c, arch/x86/mm/mmap.c), beside the generic one of
// mm/mmap.c. A trace chooses one of them, because the other architectures use the generic one.

#define in_32bit_syscall() 0
#define mmap_is_ia32() 0
#define PF_RANDOMIZE 0
#define ADDR_COMPAT_LAYOUT 0
#define ALIGN_VA_32 1
#define ALIGN_VA_64 2
#define IA32_PAGE_OFFSET 0xffffe000UL
#define __STACK_RND_MASK(is32) 0
#define __TASK_UNMAPPED_BASE(size) TASK_UNMAPPED_BASE
#define mmap_rnd_bits 0
#define mmap_rnd_compat_bits 0
#define get_random_long() 0UL
#define huge_page_mask_align(file) 0UL
#define randomize_page(start, range) (start)
#define __pa(address) 0UL
#define high_memory 0
#define resource_size_t unsigned long
static struct { int x86_phys_bits; } boot_cpu_data;
#define boot_cpu_has_bug(bug) false
#define __pte_needs_invert(value) false
#define pfn_valid(pfn) true
#define l1tf_pfn_limit() ~0UL
#define CAP_SYS_ADMIN 21
#ifndef SZ_4G
#define SZ_4G 0x100000000UL
#endif
#ifndef MAP_ABOVE4G
#define MAP_ABOVE4G 0
#endif
#ifndef mm_flags_clear
#define mm_flags_clear(...) ((void)0)
#endif
#ifndef clear_bit
#define clear_bit(...) ((void)0)
#define set_bit(...) ((void)0)
#endif
static int sysctl_legacy_va_layout;
struct va_alignment {
  int flags;
  unsigned long mask, bits;
};
unsigned long get_mmap_base(int);
bool mmap_address_hint_valid(unsigned long, unsigned long);
unsigned long task_size_32bit(void);
unsigned long task_size_64bit(int);

#define arch_get_unmapped_area shim_x86_bottomup
#define arch_get_unmapped_area_topdown shim_x86_topdown
#define stack_guard_placement shim_x86_stack_guard_placement
#define pr_warn(...) ((void)0)
#include "../../../arch/x86/mm/mmap.c"
// The next file needs the one before.
#include "../../../arch/x86/kernel/sys_x86_64.c"
#undef arch_get_unmapped_area
#undef arch_get_unmapped_area_topdown
#undef stack_guard_placement

unsigned long arch_get_unmapped_area(struct file* file, unsigned long address, unsigned long length,
                                     unsigned long pgoff, unsigned long flags,
                                     vm_flags_t vm_flags) {
  if (!shim.parameters.generic_placement)
    return shim_x86_bottomup(file, address, length, pgoff, flags, vm_flags);
  return generic_get_unmapped_area(file, address, length, pgoff, flags,
                                   SHIM_PLACEMENT_FROM_LEGACY(vm_flags));
}
unsigned long arch_get_unmapped_area_topdown(struct file* file, unsigned long address,
                                             unsigned long length, unsigned long pgoff,
                                             unsigned long flags, vm_flags_t vm_flags) {
  if (!shim.parameters.generic_placement)
    return shim_x86_topdown(file, address, length, pgoff, flags, vm_flags);
  return generic_get_unmapped_area_topdown(file, address, length, pgoff, flags,
                                           SHIM_PLACEMENT_FROM_LEGACY(vm_flags));
}

// mm/huge_memory.c: a range of whole huge pages without a hint begins at a huge page, if there is
// room for it and one huge page more (PLACE-ALIGNED).
unsigned long SHIM_THP_PLACEMENT(struct file* file, unsigned long address, unsigned long length,
                                 unsigned long pgoff, unsigned long flags,
                                 SHIM_PLACEMENT_FLAGS vm_flags) {
  unsigned long found;
  if (length + PMD_SIZE > length && length + PMD_SIZE <= TASK_SIZE) {
    found = SHIM_MM_PLACEMENT(SHIM_MM_ARGUMENT file, 0, length + PMD_SIZE, pgoff, flags, vm_flags);
    if (found == address) return address; // MAP_FIXED at address 0
    if (!(found & ~PAGE_MASK)) return (found & PMD_MASK) + PMD_SIZE;
  }
  return SHIM_MM_PLACEMENT(SHIM_MM_ARGUMENT file, address, length, pgoff, flags, vm_flags);
}
static unsigned long thp_get_unmapped_area(struct file* file, unsigned long address,
                                           unsigned long length, unsigned long pgoff,
                                           unsigned long flags) {
  return mm_get_unmapped_area(SHIM_MM_ARGUMENT file, address, length, pgoff, flags);
}
