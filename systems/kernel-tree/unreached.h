// SPDX-License-Identifier: GPL-2.0-only OR MIT
// Types and constants of code that nothing here reaches: files on disks, pages and their lists,
// devices. A function that is missing is not declared: the build finds it when it links, and makes
// one that ends the trace as unknown (unreached functions in docs/kernel-tree.md).

struct inode {
  unsigned short i_mode;
};
#undef S_ISREG
#undef S_ISBLK
#undef S_ISSOCK
#define S_ISREG(mode) 1
#define S_ISBLK(mode) 0
#define S_ISSOCK(mode) 0
#define IS_SWAPFILE(inode) 0
#define IS_APPEND(inode) 0
#define file_inode(file) ((struct inode*)0)
#define path_noexec(path) false
#define MAX_LFS_FILESIZE (~0UL >> 1)
// In enumerations of this file the values and their order mean nothing, except that bits of one mask
// differ.
enum { FMODE_WRITE = 1, FMODE_READ = 2 };
enum { FOP_MMAP_SYNC = 1, FOP_UNSIGNED_OFFSET = 2 };
enum { HUGETLB_ANONHUGE_INODE = 1, HUGETLB_ANON_FILE };
#define LEGACY_MAP_MASK 0
#define memfd_check_seals_mmap(...) 0
#define MMF_TOPDOWN 0
#define MMF_OOM_SKIP 1
#define MMF_UNSTABLE 2

struct vm_special_mapping {
  const char* name;
  struct page** pages;
  int (*fault)();
  int (*mremap)();
  void (*close)();
};
struct page {
  unsigned long flags;
};
struct vm_fault {
  struct vm_area_struct* vma;
  unsigned long pgoff;
  struct page* page;
};
#define VM_FAULT_SIGBUS 2

enum { DEFAULT_CALLBACK_PRI = 1, MEM_OFFLINE, MEM_ONLINE, NOTIFY_OK };
enum { NR_MLOCK = 1, NR_FREE_PAGES };
struct notifier_block;
static unsigned long sysctl_user_reserve_kbytes, sysctl_admin_reserve_kbytes;
#define K(x) (x)
#ifndef SZ_128K
#define SZ_128K 0x20000
#endif
#ifndef SZ_8K
#define SZ_8K 0x2000
#endif

// mm/mlock.c
typedef struct {
  int unused;
} local_lock_t;
struct folio {
  int mlock_count;
  unsigned long flags;
};
struct folio_batch {
  struct folio* folios[1];
  unsigned nr;
};
#define INIT_LOCAL_LOCK(name)                                                                      \
  { 0 }
#define DEFINE_PER_CPU(type, name) type name
enum { UCOUNT_RLIMIT_MEMLOCK = 1 };
enum { // counters of events
  UNEVICTABLE_PGCULLED,
  UNEVICTABLE_PGMLOCKED,
  UNEVICTABLE_PGMUNLOCKED,
  UNEVICTABLE_PGRESCUED,
  UNEVICTABLE_PGSTRANDED
};
#undef DEFINE_SPINLOCK
#define DEFINE_SPINLOCK(name) spinlock_t name
#define this_cpu_ptr(pointer) (pointer)
#define per_cpu(name, cpu) name
enum { ACTION_AGAIN = 1 };
struct lruvec;
struct ucounts;

// mm/mremap.c, mm/mprotect.c
typedef unsigned long softleaf_t, swp_entry_t, fpb_t;
enum { // bits
  FPB_IGNORE_DIRTY = 1,
  FPB_IGNORE_SOFT_DIRTY = 2,
  FPB_RESPECT_SOFT_DIRTY = 4,
  FPB_RESPECT_WRITE = 8
};
#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE (-1)
#endif
#define NUMA_BALANCING_NORMAL 0
#define sysctl_numa_balancing_mode 0
#define jiffies 0UL
// Why rights change: bits, of which mprotect passes one at most. The names *_ALL are masks.
enum {
  MM_CP_PROT_NUMA = 1 << 7,
  MM_CP_TRY_CHANGE_WRITABLE = 1 << 6,
  MM_CP_UFFD_RWP = 1 << 5,
  MM_CP_UFFD_RWP_RESOLVE = 1 << 4,
  MM_CP_UFFD_RWP_ALL = MM_CP_UFFD_RWP | MM_CP_UFFD_RWP_RESOLVE,
  MM_CP_UFFD_WP = 1 << 3,
  MM_CP_UFFD_WP_RESOLVE = 1 << 2,
  MM_CP_UFFD_WP_ALL = MM_CP_UFFD_WP | MM_CP_UFFD_WP_RESOLVE
};
#define PAGE_NONE __pgprot(0)
#define PTE_MARKER_UFFD_WP 1
#define NUMA_HUGE_PTE_UPDATES 0
#ifndef VM_FLAGS_CLEAR
#define VM_FLAGS_CLEAR 0 // protection keys
#endif
enum { PGWALK_WRLOCK_VERIFY = 1, PGWALK_WRLOCK };
struct mm_walk {
  int action;
  struct vm_area_struct* vma;
  void* private;
};
struct mm_walk_ops {
  int walk_lock;
  int (*test_walk)(), (*hugetlb_entry)(), (*pmd_entry)(), (*pte_entry)();
};
