// SPDX-License-Identifier: GPL-2.0-only OR MIT
// Small functions of the kernel's headers that some trees' stub layers leave out, in words of their own.

#if !STUB_vm_flags_init
static inline void vm_flags_init(struct vm_area_struct* vma, vm_flags_t flags) {
  vma->__vm_flags = flags;
}
#define vm_flags_reset(vma, flags) vm_flags_init(vma, flags)
#define vm_flags_reset_once(vma, flags) vm_flags_init(vma, flags)
#define vm_flags_set(vma, flags) vm_flags_init(vma, (vma)->vm_flags | (flags))
#define vm_flags_clear(vma, flags) vm_flags_init(vma, (vma)->vm_flags & ~(flags))
#define vm_flags_mod(vma, set, clear) vm_flags_init(vma, ((vma)->vm_flags | (set)) & ~(clear))
#endif
#if !STUB_vm_start_gap
// Placement keeps the guard gap above which an area that grows down may not be reached.
static inline unsigned long vm_start_gap(struct vm_area_struct* vma) {
  const unsigned long gap = vma->vm_flags & VM_GROWSDOWN ? stack_guard_gap : 0;
  return vma->vm_start > gap ? vma->vm_start - gap : 0;
}
#define vm_end_gap(vma) ((vma)->vm_end)
#endif
#if !STUB_vma_is_accessible
#define vma_is_accessible(vma) (((vma)->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) != 0)
#endif
#if !STUB_vma_set_anonymous
#define vma_set_anonymous(vma) ((void)((vma)->vm_ops = NULL))
#endif
#if !STUB_mmap_write_lock_killable
#define mmap_write_lock_killable(mm) 0
#endif
#if !STUB_ksm_add_vma
#define ksm_add_vma(vma) ((void)0)
#endif
#if !STUB_is_file_hugepages
#define is_file_hugepages(file) false
#endif
#if !STUB_mmap_file
#define mmap_file(file, vma) 0
#endif
#if !STUB_mapping_map_writable
#define mapping_map_writable(mapping) 0
#endif
#if !STUB_is_hugepage_only_range
#define is_hugepage_only_range(mm, address, length) 0
#endif
#if !STUB_free_pgd_range
#define free_pgd_range(...) ((void)0)
#endif
#if !STUB_vma_flags_can_grow && SHIM_HAS_VMA_FLAGS
#define vma_flags_can_grow(flags) vma_flags_test(flags, VMA_GROWSDOWN_BIT)
#endif
#define walk_page_range(...) 0
#define walk_page_range_vma(...) 0
#ifndef xa_is_zero
#define xa_is_zero(entry) false // an entry that a failed fork leaves
#endif
#define untrack_pfn_clear(vma) ((void)0)
#define userfaultfd_wp_use_markers(vma) false
#define userfaultfd_armed(vma) false
#define arch_has_pfn_modify_check() false
