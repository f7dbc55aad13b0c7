/* The kernel's maple tree for the benchmarks. The script maple-peer compiles this file against an
 * unpacked linux-source package, with what its tools/testing/radix-tree has for user space. Nothing
 * of the kernel is part of this repository. */
#define CONFIG_MAPLE_SEARCH
#define MAPLE_32BIT (MAPLE_NODE_SLOTS > 31)
#include "linux/init.h"
#include "test.h"
#include <stdlib.h>

#define module_init(x)
#define module_exit(x)
#define MODULE_AUTHOR(x)
#define MODULE_LICENSE(x)
#define dump_stack() abort()

#include "../../../lib/maple_tree.c"

#define PEER __attribute__((visibility("default")))

PEER void* maple_peer_new(void);
PEER void maple_peer_free(void* tree);
PEER int maple_peer_store(void* tree, unsigned long start, unsigned long end, void* area);
PEER int maple_peer_erase(void* tree, unsigned long start);
PEER void* maple_peer_find(void* tree, unsigned long address);
PEER void* maple_peer_below(void* tree, unsigned long address);
PEER void maple_peer_clear(void* tree);
PEER void maple_peer_copy(void* tree, void* from, void* (*copy)(void*, const void*), void* context);
PEER unsigned long maple_peer_gap(void* tree, unsigned long low, unsigned long high,
                                  unsigned long length);

/* As mm->mm_mt, whose lock is the caller's; without RCU, which one thread does not need. */
void* maple_peer_new(void) {
  static int ready;
  struct maple_tree* tree = malloc(sizeof(*tree));
  if (!ready) maple_tree_init();
  ready = 1;
  mt_init_flags(tree, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_LOCK_EXTERN);
  return tree;
}

void maple_peer_free(void* tree) {
  __mt_destroy(tree);
  free(tree);
}

int maple_peer_store(void* tree, unsigned long start, unsigned long end, void* area) {
  MA_STATE(mas, tree, start, end - 1);
  return mas_store_gfp(&mas, area, GFP_KERNEL);
}

int maple_peer_erase(void* tree, unsigned long start) {
  MA_STATE(mas, tree, start, start);
  return mas_erase(&mas) != NULL;
}

/* The first area that ends above the address: what find_vma asks of the tree. */
void* maple_peer_find(void* tree, unsigned long address) {
  MA_STATE(mas, tree, address, address);
  return mas_find(&mas, ULONG_MAX);
}

/* The last area that starts below the address, at which an area must start if one is above it. */
void* maple_peer_below(void* tree, unsigned long address) {
  MA_STATE(mas, tree, address, address);
  return mas_prev(&mas, 0);
}

void maple_peer_clear(void* tree) {
  __mt_destroy(tree);
  mt_init_flags(tree, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_LOCK_EXTERN);
}

/* Fills an empty tree with copies of the areas of another tree, as dup_mmap does. If the kernel has a
 * function that copies a tree, each area of such a copy is replaced. */
void maple_peer_copy(void* tree, void* from, void* (*copy)(void*, const void*), void* context) {
  void* area;
  MA_STATE(to, tree, 0, 0);
#ifdef MAPLE_PEER_DUP
  if (__mt_dup(from, tree, GFP_KERNEL)) abort();
  mas_for_each(&to, area, ULONG_MAX) mas_store(&to, copy(context, area));
#else
  MA_STATE(mas, from, 0, 0);
  mas_for_each(&mas, area, ULONG_MAX) {
    mas_set_range(&to, mas.index, mas.last);
    mas_store_gfp(&to, copy(context, area), GFP_KERNEL);
  }
#endif
}

/* The start of the highest gap of this length from low to high, or 0. */
unsigned long maple_peer_gap(void* tree, unsigned long low, unsigned long high,
                             unsigned long length) {
  MA_STATE(mas, tree, 0, 0);
  return mas_empty_area_rev(&mas, low, high - 1, length) ? 0 : mas.last + 1 - length;
}
