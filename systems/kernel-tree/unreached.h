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
enum { FOP_UNSIGNED_OFFSET = 1, FOP_MMAP_SYNC = 2 };
enum { FMODE_READ = 1, FMODE_WRITE = 2 };
enum { HUGETLB_ANON_FILE, HUGETLB_ANONHUGE_INODE };
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

enum { NR_FREE_PAGES, NR_MLOCK };
enum { MEM_ONLINE, MEM_OFFLINE, NOTIFY_OK, DEFAULT_CALLBACK_PRI };
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
  unsigned long flags;
  int mlock_count;
};
struct folio_batch {
  unsigned nr;
  struct folio* folios[31];
};
#define INIT_LOCAL_LOCK(name)                                                                      \
  { 0 }
#define DEFINE_PER_CPU(type, name) type name
enum {
  UNEVICTABLE_PGRESCUED,
  UNEVICTABLE_PGCULLED,
  UNEVICTABLE_PGMLOCKED,
  UNEVICTABLE_PGMUNLOCKED,
  UNEVICTABLE_PGSTRANDED,
  UCOUNT_RLIMIT_MEMLOCK
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
enum {
  FPB_RESPECT_WRITE = 1,
  FPB_RESPECT_SOFT_DIRTY = 2,
  FPB_IGNORE_DIRTY = 4,
  FPB_IGNORE_SOFT_DIRTY = 8
};
#ifndef NUMA_NO_NODE
#define NUMA_NO_NODE (-1)
#endif
#define NUMA_BALANCING_NORMAL 0
#define NUMA_BALANCING_MEMORY_TIERING 0
#define sysctl_numa_balancing_mode 0
#define jiffies 0UL
enum {
  MM_CP_TRY_CHANGE_WRITABLE = 1,
  MM_CP_PROT_NUMA = 2,
  MM_CP_UFFD_WP = 4,
  MM_CP_UFFD_WP_RESOLVE = 8,
  MM_CP_UFFD_WP_ALL = 12,
  MM_CP_UFFD_RWP = 16,
  MM_CP_UFFD_RWP_RESOLVE = 32,
  MM_CP_UFFD_RWP_ALL = 48
};
#define PAGE_NONE __pgprot(0)
#define PTE_MARKER_UFFD_WP 1
#define NUMA_HUGE_PTE_UPDATES 0
#ifndef VM_FLAGS_CLEAR
#define VM_FLAGS_CLEAR 0 // protection keys
#endif
enum page_walk_lock { PGWALK_RDLOCK, PGWALK_WRLOCK, PGWALK_WRLOCK_VERIFY };
struct mm_walk {
  void* private;
  struct vm_area_struct* vma;
  int action;
};
struct mm_walk_ops {
  int (*pte_entry)();
  int (*pmd_entry)();
  int (*hugetlb_entry)();
  int (*test_walk)();
  enum page_walk_lock walk_lock;
};
