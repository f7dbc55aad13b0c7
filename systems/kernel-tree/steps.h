// SPDX-License-Identifier: GPL-2.0-only OR MIT
// The steps of a trace, each by the tree's own function, and the state after a step.

static struct kt_memory* shared;
static struct kt_result* now; // of the step in progress
static unsigned next_area;
static unsigned ended; // 0, or the kind of the result with which the trace has ended

static void shim_end(unsigned kind, const char* what, const char* more) {
  if (ended) return;
  ended = kind;
  snprintf(shared->reason, sizeof(shared->reason), "%s%s", what, more);
}
static bool shim_warn(bool yes, const char* what, const char* file, int line) {
  if (yes) {
    const char* in_tree = strstr(file, "/mm/");
    char place[KT_TEXT];
    snprintf(place, sizeof(place), "%s, %s:%d", what, in_tree ? in_tree + 1 : file, line);
    shared->broken = 1;
    shim_end(KT_WRONG, "the kernel's warning fired: ", place);
  }
  return yes;
}
// Called by the functions that the build makes for what unreached.h leaves out.
long shim_unreached(const char* name) {
  shared->broken = 1;
  shim_end(KT_UNKNOWN, "it calls a function that is not compiled: ", name);
  return 0;
}

// The order of trace::Op (trace/fields.def).
enum {
  op_limit,
  op_capable,
  op_mmap,
  op_munmap,
  op_mprotect,
  op_mlock,
  op_munlock,
  op_dontneed,
  op_mremap,
  op_fork,
  op_touch,
  op_sp,
  op_kernel,
  op_gup,
  op_mincore
};
enum {
  flag_fixed = 1,
  flag_noreplace = 2,
  flag_growsdown = 4,
  flag_shared = 8,
  flag_noreserve = 16,
  flag_locked = 32,
  flag_populate = 64,
  flag_stack = 128,
  flag_maymove = 256,
  flag_to = 512
};
enum { access_read, access_write, access_exec };

unsigned long vm_mmap_pgoff(struct file* file, unsigned long address, unsigned long length,
                            unsigned long prot, unsigned long flags, unsigned long pgoff) {
  unsigned long populate = 0;
  LIST_HEAD(uf);
  const unsigned long at =
      do_mmap(file, address, length, prot, flags, SHIM_NO_MMAP_FLAGS, pgoff, &populate, &uf);
  if (populate) mm_populate(at, populate);
  return at;
}

static unsigned long map(const struct kt_step* s) {
  unsigned long flags = MAP_ANONYMOUS | (s->flags & flag_shared ? MAP_SHARED : MAP_PRIVATE);
  if (s->flags & flag_fixed) flags |= MAP_FIXED;
  if (s->flags & flag_noreplace) flags |= MAP_FIXED_NOREPLACE;
  if (s->flags & flag_growsdown) flags |= MAP_GROWSDOWN;
  if (s->flags & flag_noreserve) flags |= MAP_NORESERVE;
  if (s->flags & flag_locked) flags |= MAP_LOCKED;
  if (s->flags & flag_populate) flags |= MAP_POPULATE;
  if (s->flags & flag_stack) flags |= MAP_STACK;
  return ksys_mmap_pgoff(s->address, s->length, s->prot, flags, -1, 0);
}

// The area at or above a user address, in the window of the address.
static struct vm_area_struct* area_above(unsigned long address) {
  struct vm_area_struct* vma = find_vma(shim.task.mm, address);
  const uint64_t* window = shim.parameters.window;
  if (!vma || vma->vm_start <= address) return vma;
  for (; window < shim.parameters.window + 4; window += 2)
    if (address >= window[0] && address < window[1] && vma->vm_start >= window[1]) return NULL;
  return vma;
}
// The area of a user address, which grows for it if need be (mm/mmap.c: expand_stack).
static struct vm_area_struct* area_for(unsigned long address) {
  struct vm_area_struct* vma = area_above(address);
  if (!vma || vma->vm_start <= address) return vma;
  return expand_stack(shim.task.mm, address);
}
// Whether the page of a shared area lies in its object (mm/shmem.c).
static bool in_object(const struct vm_area_struct* vma, unsigned long address) {
  if (!vma->vm_file) return true;
  return vma->vm_pgoff + ((address - vma->vm_start) >> PAGE_SHIFT) <
         ((struct shim_file*)vma->vm_file)->pages;
}

// The rights that an access needs, as the architecture's fault handler asks for them.
static bool permits(const struct vm_area_struct* vma, unsigned access) {
  if (access == access_write) return vma->vm_flags & VM_WRITE;
  if (access == access_exec) return vma->vm_flags & VM_EXEC;
  return vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC);
}
// A write to private memory needs an anon_vma; nothing else of a fault shows without pages.
static bool page_in(struct vm_area_struct* vma, unsigned access) {
  if (access != access_write || vma->vm_flags & VM_SHARED) return true;
  if (anon_vma_prepare(vma) == 0) return true;
  shim_end(KT_UNKNOWN, "out of memory", "");
  return false;
}

static void touch(const struct kt_step* s) {
  const unsigned other = 63 - shim.parameters.va_bits; // bits that repeat the top one
  const bool x86 = shim.parameters.fault_style == 0;
  const unsigned long address = s->access == access_exec ? s->address & ~3UL : s->address;
  struct vm_area_struct* vma;
  now->address = address;
  if (x86 && (long)(address << other) >> other != (long)address) {
    now->kind = KT_PROTECTION;
    now->address = 0;
    return;
  }
  now->kind = KT_MAPERR;
  if (address >= TASK_SIZE) return;
  vma = area_for(address);
  if (!vma) return;
  now->kind = KT_ACCERR;
  // x86 maps the page of a fetch before it judges the fetch (FAULT-EXEC-MAPS).
  if (!permits(vma, x86 && s->access == access_exec ? access_read : s->access)) return;
  now->kind = KT_BUS;
  if (!in_object(vma, address)) return;
  now->kind = KT_ACCERR;
  if (!permits(vma, s->access)) return;
  now->kind = KT_OK;
  page_in(vma, s->access);
}

static long kernel_access(const struct kt_step* s) {
  struct vm_area_struct* vma = s->address < TASK_SIZE ? area_for(s->address) : NULL;
  if (!vma || !permits(vma, s->access) || !in_object(vma, s->address)) return -EFAULT;
  page_in(vma, s->access);
  return 0;
}

static long gup(const struct kt_step* s) {
  struct vm_area_struct* vma = s->address < TASK_SIZE ? area_above(s->address) : NULL;
  if (!vma || vma->vm_start > s->address || !in_object(vma, s->address)) return -EFAULT;
  if (!(vma->vm_flags & (s->access == access_write ? VM_WRITE : VM_READ))) return -EFAULT;
  page_in(vma, s->access);
  return 0;
}

// --- processes

static struct mm_struct* new_mm(void) {
  struct mm_struct* mm = calloc(1, sizeof(*mm));
  mt_init_flags(&mm->mm_mt, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_LOCK_EXTERN);
  mm->mmap_base = shim.parameters.mmap_base;
  mm->mmap_legacy_base = shim.parameters.unmapped_base;
  mm->task_size = shim.parameters.task_size;
  *(unsigned long*)&mm->flags |= 1UL << MMF_TOPDOWN;
  return mm;
}

static long fork_process(void) {
#if SHIM_HAS_DUP_MMAP
  const long committed = shim.committed;
  struct mm_struct* child;
  if (shim.parent_count == sizeof(shim.parents) / sizeof(shim.parents[0])) {
    shim_end(KT_UNKNOWN, "too many processes", "");
    return 0;
  }
  child = new_mm();
  if (dup_mmap(child, shim.task.mm)) {
    shim_end(KT_UNKNOWN, "fork failed", "");
    return 0;
  }
  mt_clear_in_rcu(&child->mm_mt); // nobody else reads it
  shim.parents[shim.parent_count++] = shim.task.mm;
  shim.task.mm = child;
  shim.committed = committed; // those of the parent do not count for the child
  return 0;
#else
  shim_end(KT_UNKNOWN, "fork copies areas outside mm/ in this tree", "");
  return 0;
#endif
}

static void end_process(struct mm_struct* mm) {
  exit_mmap(mm);
  free(mm);
}

// Ends all processes of the trace (mm/mmap.c: exit_mmap).
static void end_trace(void) {
  if (shim.task.mm) end_process(shim.task.mm);
  while (shim.parent_count > 0)
    end_process(shim.parents[--shim.parent_count]);
  shim.task.mm = NULL;
}

static void begin_trace(void) {
  shim.parameters = shared->parameters;
  shim.limits = (struct shim_limits){8UL << 20, ~0UL, 64UL << 10, ~0UL};
  shim.capable = true;
  shim.last_anon = shim.last_object = 0;
  shim.committed = 0;
  mmap_min_addr = shim.parameters.effective_min_addr;
  dac_mmap_min_addr = shim.parameters.min_addr;
  sysctl_max_map_count = shim.parameters.max_map_count;
  shim.task.mm = new_mm();
  next_area = 0;
  ended = 0;
}

// --- the state after a step

static uint32_t shown_flags(const struct vm_area_struct* vma) {
  const unsigned long has = vma->vm_flags;
  uint32_t flags = has & 7; // read, write, exec
  if (has & VM_SHARED || has & VM_MAYSHARE) flags |= 1 << 3;
  if (has & VM_GROWSDOWN) flags |= 1 << 4;
  if (has & VM_LOCKED) flags |= 1 << 5;
  if (has & VM_NORESERVE) flags |= 1 << 6;
  if (has & VM_ACCOUNT) flags |= 1 << 7;
  if (has & VM_NOHUGEPAGE) flags |= 1 << 8;
  return flags;
}

static void show(struct kt_result* to) {
  struct mm_struct* mm = shim.task.mm;
  struct vm_area_struct* vma;
  VMA_ITERATOR(vmi, mm, 0);
  to->total = mm->total_vm;
  to->stack = mm->stack_vm;
  to->locked = mm->locked_vm;
  to->data = mm->data_vm;
  to->committed = shim.committed;
  to->map_count = mm->map_count;
  to->first = next_area;
  for_each_vma(vmi, vma) {
    struct kt_area* area = &shared->area[next_area];
    if (next_area == KT_MOST_AREAS) {
      shim_end(KT_UNKNOWN, "too many areas", "");
      break;
    }
    ++next_area;
    area->start = vma->vm_start;
    area->end = vma->vm_end;
    area->pgoff = vma->vm_pgoff;
    area->anon = vma->anon_vma ? ((struct shim_anon*)vma->anon_vma)->id : 0;
    area->forked = vma->anon_vma && !list_is_singular(&vma->anon_vma_chain);
    area->object = vma->vm_file ? ((struct shim_file*)vma->vm_file)->id : 0;
    area->object_pages = vma->vm_file ? ((struct shim_file*)vma->vm_file)->pages : 0;
    area->flags = shown_flags(vma);
  }
  to->count = next_area - to->first;
}

static void answer_status(long result) {
  now->kind = result < 0 ? KT_ERROR : KT_OK;
  now->error = result < 0 ? -result : 0;
}
static void answer_place(unsigned long result) {
  now->kind = IS_ERR_VALUE(result) ? KT_ERROR : KT_ADDRESS;
  now->error = IS_ERR_VALUE(result) ? -(long)result : 0;
  now->address = result;
}

static void perform(const struct kt_step* s) {
  unsigned long* const limits[] = {&shim.limits.stack, &shim.limits.as, &shim.limits.memlock,
                                   &shim.limits.data};
  now->kind = KT_OK;
  switch (s->op) {
  case op_limit:
    *limits[s->limit] = s->length;
    break;
  case op_capable:
    shim.capable = false;
    break;
  case op_sp:
    break;
  case op_mmap:
    answer_place(map(s));
    break;
  case op_munmap:
    answer_status(shim_sys_munmap(s->address, s->length));
    break;
  case op_mprotect:
    answer_status(shim_sys_mprotect(s->address, s->length,
                                    s->prot | (s->flags & flag_growsdown ? PROT_GROWSDOWN : 0)));
    break;
  case op_mlock:
    answer_status(shim_sys_mlock(s->address, s->length));
    break;
  case op_munlock:
    answer_status(shim_sys_munlock(s->address, s->length));
    break;
  case op_mremap:
    answer_place(shim_sys_mremap(s->address, s->length, s->new_length,
                                 (s->flags & flag_maymove ? MREMAP_MAYMOVE : 0) |
                                     (s->flags & flag_to ? MREMAP_MAYMOVE | MREMAP_FIXED : 0),
                                 s->target));
    break;
  case op_fork:
    answer_status(fork_process());
    break;
  case op_touch:
    touch(s);
    break;
  case op_kernel:
    answer_status(kernel_access(s));
    break;
  case op_gup:
    answer_status(gup(s));
    break;
  default:
    shim_end(KT_UNKNOWN, "no such step", "");
    break;
  }
}

#if SHIM_COUNTS_EDGES
static uint8_t nowhere[KT_EDGES], *edges = nowhere;
__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void) {
  static uintptr_t last;
  const uintptr_t at = (uintptr_t)__builtin_return_address(0) * 0x9e3779b1;
  uint8_t* const edge = &edges[((at >> 8) ^ last) % KT_EDGES];
  if (*edge == 0) {
    *edge = 1;
    if (shared != NULL) ++shared->edges;
  }
  last = (at >> 8) / 2;
}
#endif

static void run_trace(void) {
  now = NULL;
  begin_trace();
  for (uint32_t i = 0; i < shared->steps && !ended; ++i) {
    shared->done = i;
    now = &shared->result[i];
    perform(&shared->step[i]);
    if (!ended) show(now);
    if (ended) now->kind = ended; // whatever the step answered
#ifdef CONFIG_DEBUG_VM_MAPLE_TREE
    if (!ended && shared->parameters.validate) validate_mm(shim.task.mm);
    if (ended) now->kind = ended;
#endif
  }
  if (!shared->broken) end_trace();
  if (ended && now) now->kind = ended; // the last step's answer, whatever it was
  shared->done = shared->steps;
}

static void wait_for_request(uint32_t seen) {
  while (__atomic_load_n(&shared->request, __ATOMIC_ACQUIRE) == seen)
    syscall(SYS_futex, &shared->request, 0 /* FUTEX_WAIT */, seen, NULL, NULL, 0);
}

int main(int count, char** arguments) {
  const int memory = count > 1 ? atoi(arguments[1]) : -1;
  uint32_t seen = 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (shared == MAP_FAILED) {
    fprintf(stderr, "growsdown's kernel-tree shim: is started by growsdown\n");
    return 2;
  }
  maple_tree_init();
#if SHIM_HAS_VMA_INIT
  vma_state_init();
#endif
  shared->does = 1 << op_limit | 1 << op_capable | 1 << op_mmap | 1 << op_munmap |
                 1 << op_mprotect | 1 << op_mlock | 1 << op_munlock | 1 << op_mremap |
                 SHIM_HAS_DUP_MMAP << op_fork | 1 << op_touch | 1 << op_sp | 1 << op_kernel |
                 1 << op_gup;
#if SHIM_COUNTS_EDGES
  edges = shared->edge;
#endif
  __atomic_store_n(&shared->hello, KT_VERSION, __ATOMIC_RELEASE);
  syscall(SYS_futex, &shared->hello, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
  for (;;) {
    wait_for_request(seen);
    seen = __atomic_load_n(&shared->request, __ATOMIC_ACQUIRE);
    run_trace();
    __atomic_store_n(&shared->answer, seen, __ATOMIC_RELEASE);
    syscall(SYS_futex, &shared->answer, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
  }
}
