// SPDX-License-Identifier: GPL-2.0-only OR MIT

// What this shim decides in the kernel's place, and what it keeps in place of parts that are not
// compiled: processes, limits, capabilities, committed memory, shared objects and the chains of
// anon_vmas (mm/rmap.c). docs/kernel-tree.md lists all of it.

struct shim_limits {
  unsigned long stack, as, memlock, data;
};
static struct {
  struct kt_parameters parameters;
  struct shim_limits limits;
  bool capable;
  unsigned long last_anon, last_object;
  long committed;
  struct mm_struct* parents[64]; // processes that wait for the child which goes on
  unsigned parent_count;
  struct task_struct task;
} shim;

unsigned long mmap_min_addr, dac_mmap_min_addr;
int sysctl_max_map_count;
const struct vm_operations_struct vma_dummy_vm_ops;

struct task_struct* get_current(void) {
  return &shim.task;
}

unsigned long rlimit(unsigned int which) {
  switch (which) {
  case RLIMIT_STACK:
    return shim.limits.stack;
  case RLIMIT_AS:
    return shim.limits.as;
  case RLIMIT_MEMLOCK:
    return shim.limits.memlock;
  case RLIMIT_DATA:
    return shim.limits.data;
  }
  return ~0UL;
}
#define rlimit_max(which) rlimit(which)

static inline bool capable(int capability) {
  return shim.capable;
}

// The trace format's process may go below the minimum only with the capability.
static inline int security_mmap_addr(unsigned long address) {
  return address < dac_mmap_min_addr && !shim.capable ? -EPERM : 0;
}

// Overcommit refuses nothing here, but pages are counted: include/linux/mman.h through this.
#define percpu_counter_add_batch(counter, pages, batch) ((void)(shim.committed += (pages)))
struct percpu_counter {
  int unused;
};
static inline void vm_acct_memory(long pages);
static inline void vm_unacct_memory(long pages);
static inline int security_vm_enough_memory_mm(struct mm_struct* mm, long pages) {
  if (mm) shim.committed += pages;
  return 0;
}

// The room above the usual map window, which only a hint beyond that window opens.
static unsigned long shim_more_room(unsigned long hint) {
  const struct kt_parameters* p = &shim.parameters;
  return hint <= p->map_window ? 0 : p->task_size - p->map_window;
}

// --- shared objects

struct shim_operations {
  int (*mmap)(struct file*, struct vm_area_struct*);
  int (*mmap_prepare)(struct vm_area_desc*);
  unsigned fop_flags;
  unsigned long (*get_unmapped_area)(struct file*, unsigned long, unsigned long, unsigned long,
                                     unsigned long);
};
#define f_op shim_op

// mm/shmem.c without huge pages.
static unsigned long shmem_get_unmapped_area(struct file* file, unsigned long address,
                                             unsigned long length, unsigned long pgoff,
                                             unsigned long flags) {
  return mm_get_unmapped_area(SHIM_MM_ARGUMENT file, address, length, pgoff, flags);
}
static const struct shim_operations shim_shared_file_ops = {.get_unmapped_area =
                                                                shmem_get_unmapped_area};
static unsigned long thp_get_unmapped_area(struct file* file, unsigned long address,
                                           unsigned long length, unsigned long pgoff,
                                           unsigned long flags);

struct shim_file {
  struct file file; // first
  struct address_space mapping;
  unsigned long id, pages;
  long references;
};
static const struct vm_operations_struct shim_shared_ops;

static inline struct file* get_file(struct file* file) {
  if (file) ((struct shim_file*)file)->references++;
  return file;
}
static inline void fput(struct file* file) {
  if (file && --((struct shim_file*)file)->references == 0) free(file);
}
static inline bool shmem_file(struct file* file) {
  return file != NULL;
}
static inline int shmem_zero_setup(struct vm_area_struct* vma) {
  struct shim_file* made = calloc(1, sizeof(*made));
  if (!made) return -ENOMEM;
  made->file.f_mapping = &made->mapping;
  made->file.shim_op = &shim_shared_file_ops;
  made->id = ++shim.last_object;
  made->pages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
  made->references = 1;
  vma->vm_file = &made->file;
  vma->vm_ops = &shim_shared_ops;
  return 0;
}

// --- chains of anon_vmas

struct shim_anon {
  struct anon_vma anon; // first
  unsigned long id;
  long links;
};

static struct anon_vma* shim_new_anon(void) {
  struct shim_anon* made = calloc(1, sizeof(*made));
  if (!made) return NULL;
  made->id = ++shim.last_anon;
  made->anon.root = &made->anon;
  return &made->anon;
}
static bool shim_link(struct vm_area_struct* vma, struct anon_vma* anon) {
  struct anon_vma_chain* link = calloc(1, sizeof(*link));
  if (!link) return false;
  link->anon_vma = anon;
  ((struct shim_anon*)anon)->links++;
  list_add(&link->same_vma, &vma->anon_vma_chain);
  return true;
}
static void unlink_anon_vmas(struct vm_area_struct* vma) {
  struct anon_vma_chain *link, *next;
  list_for_each_entry_safe(link, next, &vma->anon_vma_chain, same_vma) {
    struct shim_anon* anon = (struct shim_anon*)link->anon_vma;
    list_del(&link->same_vma);
    free(link);
    if (--anon->links == 0) free(anon);
  }
  INIT_LIST_HEAD(&vma->anon_vma_chain);
}
// An area that is unmapped loses its chain; mm/memory.c does that when it frees page tables.
static inline void vma_close(struct vm_area_struct* vma) {
  unlink_anon_vmas(vma);
}
// The destination's chain is that of the source; its own anon_vma is already set or stays null.
static int shim_clone_chain(struct vm_area_struct* to, struct vm_area_struct* from) {
  struct anon_vma_chain* link;
  list_for_each_entry_reverse(link, &from->anon_vma_chain,
                              same_vma) if (!shim_link(to, link->anon_vma)) return -ENOMEM;
  return 0;
}
#define anon_vma_clone(to, from, ...) shim_clone_chain(to, from)

// mm/rmap.c frees the links of the area that vanishes.
static inline void anon_vma_merge(struct vm_area_struct* vma, struct vm_area_struct* next) {
  unlink_anon_vmas(next);
}

struct anon_vma* find_mergeable_anon_vma(struct vm_area_struct* vma);
static int anon_vma_prepare(struct vm_area_struct* vma) {
  struct anon_vma* anon;
  if (vma->anon_vma) return 0;
  anon = find_mergeable_anon_vma(vma);
  if (!anon) anon = shim_new_anon();
  if (!anon || !shim_link(vma, anon)) return -ENOMEM;
  vma->anon_vma = anon;
  return 0;
}
static inline int __anon_vma_prepare(struct vm_area_struct* vma) {
  return anon_vma_prepare(vma);
}

// The child's area has the parent's chain and an anon_vma of its own.
static inline int anon_vma_fork(struct vm_area_struct* child, struct vm_area_struct* parent) {
  struct anon_vma* anon;
  if (!parent->anon_vma) return 0;
  child->anon_vma = NULL;
  if (shim_clone_chain(child, parent)) return -ENOMEM;
  anon = shim_new_anon();
  if (!anon || !shim_link(child, anon)) return -ENOMEM;
  anon->root = parent->anon_vma->root;
  child->anon_vma = anon;
  return 0;
}

static inline int vma_iter_bulk_store(struct vma_iterator* vmi, struct vm_area_struct* vma) {
  mas_set_range(&vmi->mas, vma->vm_start, vma->vm_end - 1);
  mas_store(&vmi->mas, vma);
  SHIM_ATTACHED(vma);
  return mas_is_err(&vmi->mas) ? -ENOMEM : 0;
}
#if !SHIM_HAS_SET_RANGE
static inline void vma_set_range(struct vm_area_struct* vma, unsigned long start, unsigned long end,
                                 unsigned long pgoff) {
  vma->vm_start = start;
  vma->vm_end = end;
  vma->vm_pgoff = pgoff;
}
#endif
#define vma_interval_tree_insert_after(...) ((void)0)
#define mapping_rmap_tree_insert_after(...) ((void)0)

static inline bool vma_supports_mlock(const struct vm_area_struct* vma) {
  return !(vma->vm_flags & VM_SPECIAL);
}

// --- populating, which mm/gup.c would do. No page exists here: what remains is the anon_vma that a
// write gives its area, and the refusal of an area without rights.
static long populate_vma_page_range(struct vm_area_struct* vma, unsigned long start,
                                    unsigned long end, int* locked) {
  if (!(vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC))) return -EFAULT;
  if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE && start < end)
    return anon_vma_prepare(vma);
  if (vma->vm_file && start < end &&
      vma->vm_pgoff + ((end - vma->vm_start) >> PAGE_SHIFT) >
          ((struct shim_file*)vma->vm_file)->pages)
    return -EFAULT; // beyond the object
  return 0;
}
static int __mm_populate(unsigned long start, unsigned long length, int ignore) {
  const unsigned long end = start + length;
  struct vm_area_struct* vma;
  VMA_ITERATOR(vmi, shim.task.mm, start);
  if (end <= start) return 0;
  for_each_vma_range(vmi, vma, end) {
    const long error =
        populate_vma_page_range(vma, max(start, vma->vm_start), min(end, vma->vm_end), NULL);
    if (error && !ignore) return error;
  }
  return 0;
}
static inline void mm_populate(unsigned long start, unsigned long length) {
  __mm_populate(start, length, 1);
}
