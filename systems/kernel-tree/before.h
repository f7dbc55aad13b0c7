// SPDX-License-Identifier: GPL-2.0-only OR MIT
// To be included before the tree's stub layer (tools/testing/vma). Declares under another name what
// the stub layer would decide in the kernel's place and this shim, or a file of the tree, decides
// instead; after.h ends that. Names, fields and signatures that the tree's files use are an interface
// and are the kernel's, here and in the other headers of this folder; the code is not.

// The fields of mm_struct that the stub layer leaves out and the tree's files use. The field
// map_count appears once in the stub layer, in the definition of the structure.
#if SHIM_HAS_MM_FLAGS
#define SHIM_MM_FLAGS
#else
#define SHIM_MM_FLAGS unsigned long flags, def_flags;
#endif
#define map_count                                                                                  \
  map_count;                                                                                       \
  SHIM_MM_FLAGS                                                                                    \
  unsigned long mmap_base, mmap_legacy_base, task_size, brk, start_brk, start_data, end_data,      \
      start_code, end_code, start_stack, hiwater_vm, hiwater_rss, pinned_vm;                       \
  struct {                                                                                         \
    int unused;                                                                                    \
  } mmap_lock, context;                                                                            \
  int mm_users;                                                                                    \
  pthread_mutex_t page_table_lock

// The same for struct file.
struct shim_operations;
#define f_mapping                                                                                  \
  f_mapping;                                                                                       \
  const struct shim_operations* shim_op;                                                           \
  unsigned f_mode, f_path

// The same for task_struct.
#if SHIM_HAS_PERSONALITY
#define pid                                                                                        \
  pid;                                                                                             \
  unsigned flags
#else
#define pid                                                                                        \
  pid;                                                                                             \
  unsigned flags, personality
#endif

// Decided by files of the tree: include/linux/mman.h, mm/mmap.c.
#define arch_validate_flags stub_arch_validate_flags
#define may_expand_vm stub_may_expand_vm
#define mlock_future_ok stub_mlock_future_ok
#define vm_stat_account stub_vm_stat_account
#define vma_set_page_prot stub_vma_set_page_prot
#define find_vma_intersection stub_find_vma_intersection
#define find_vma_prev stub_find_vma_prev
#define do_munmap stub_do_munmap
// mm/mremap.c.
#define move_page_tables stub_move_page_tables
// mm/rmap.c, whose chains of anon_vmas replacements.h keeps.
#define anon_vma_clone stub_anon_vma_clone
#define unlink_anon_vmas stub_unlink_anon_vmas
#define __anon_vma_prepare stub___anon_vma_prepare
#define anon_vma_prepare stub_anon_vma_prepare
#define anon_vma_merge stub_anon_vma_merge
// Decided by replacements.h.
#define capable stub_capable
#define security_vm_enough_memory_mm stub_security_vm_enough_memory_mm
#define vm_acct_memory stub_vm_acct_memory
#define vm_unacct_memory stub_vm_unacct_memory
#define shmem_zero_setup stub_shmem_zero_setup
#define shmem_file stub_shmem_file
#define get_file stub_get_file
#define fput stub_fput
#define vma_supports_mlock stub_vma_supports_mlock
#define vma_close stub_vma_close
#define vm_fault stub_vm_fault
