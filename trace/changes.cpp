// What changed, when and why: the one table behind all rule sets. A rule set is that of Linux 4.3
// on arm64 (the defaults of RuleSet) and every row up to its release, in this order.
#include "trace/ruleset.h"

namespace growsdown::trace {
namespace {

constexpr std::uint8_t bit(Arch arch) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(arch));
}
constexpr std::uint8_t arm64 = bit(Arch::arm64);
constexpr std::uint8_t um = bit(Arch::um);
constexpr std::uint8_t amd64 = bit(Arch::amd64);
constexpr std::uint8_t x86 = amd64 | um;
constexpr std::uint8_t native = arm64 | amd64;
constexpr std::uint8_t all = native | um;

// clang-format off
constexpr Change table[] = {
    // Architectures that always differed.
    {{4, 3}, x86, "ignores-top-byte", "false", "", "", "an address's top byte counts on x86"},
    {{4, 3}, x86, "si-addr-clears-top-byte", "false", "", "", "the kernel's entry code clears it on arm64 only"},
    {{4, 3}, amd64, "general-protection", "true", "", "", "x86 answers an address of neither half with #GP, not with a page fault"},
    {{4, 3}, amd64, "stack-pointer-slack", "65792", "", "", "x86 lets a user access grow a stack no further than 65536 bytes and 32 words below the stack pointer"},
    {{4, 3}, x86, "refused-faults-count", "false", "", "", "x86 counted completed faults only, arm64 every one"},
    {{4, 3}, amd64, "exec-maps-first", "true", "", "", "an x86 fetch from an absent page is judged once the page is there"},
    {{4, 3}, amd64, "hardware-dirty", "true", "", "", "the x86 MMU sets the dirty bit itself"},
    {{4, 3}, amd64, "placement-length-spares-low", "false", "", "", "x86 has a search of its own that compares a length with TASK_SIZE alone"},
    {{4, 3}, amd64, "placement-search-spares-low", "false", "", "", "the x86 search ends at the first page"},
    {{4, 3}, um, "host-mapped-pages", "true", "", "", "user-mode Linux runs a process on mappings that a host made for it, page by page as TLB flushes ask"},
    {{4, 3}, um, "fetches-are-reads", "true", "", "", "user-mode Linux maps every readable page executable and takes a refused fetch for a read"},
    {{4, 3}, um, "write-allows-reads", "false", "", "", "user-mode Linux has a fault handler of its own, which wants VM_READ or VM_EXEC for a read"},
    {{4, 3}, um, "kernel-asks-entries", "true", "", "", "user-mode Linux copies to and from a process through its page tables"},
    {{4, 3}, um, "placement-searches-down", "false", "", "", "user-mode Linux keeps the bottom-up layout"},

    {{4, 5}, all, "data-is-private-writable", "true", "84638335900f", "", "VmData counts what a process can make grow: private writable areas that are no stack"},
    {{4, 7}, all, "rlimit-data", "true", "f4fcd55841fc", "", "RLIMIT_DATA holds for private writable mappings, not for brk alone"},
    {{4, 8}, all, "mlock-counts-twice", "false", "0cf2f6f6dc60", "", "locking what is locked already needs no further room"},
    {{4, 8}, all, "tables-before-fault", "false", "7267ec008b5c", "", "the last page table is made once there is a page to map"},

    {{4, 12}, all, "guard", "gap", "1be7107fbe18", "CVE-2017-1000364", "Stack Clash: one page inside the area is jumped over too easily; the guard becomes a gap between areas"},
    {{4, 12}, all, "gap-pages", "256", "1be7107fbe18", "CVE-2017-1000364", "the gap is stack_guard_gap, 1 MiB with pages of 4 KiB"},
    {{4, 12}, all, "stack-limit-discount", "0", "1be7107fbe18", "CVE-2017-1000364", "no guard page in the area, none to be left out of its size"},
    {{4, 12}, all, "placement-sees-gap", "true", "1be7107fbe18", "CVE-2017-1000364", "mmap leaves the gap below a stack free unless told where to map"},
    {{4, 12}, all, "anon-vma-before-low-address", "false", "1be7107fbe18", "CVE-2017-1000364", "the address is judged before the area is prepared"},
    {{4, 13}, all, "inaccessible-exempt", "true", "561b5e0709e4", "", "programs put their own PROT_NONE guards below their stacks"},
    {{4, 14}, all, "mremap-duplicates-private", "false", "dba58d3b8c50", "", "a private duplicate without contents made no sense"},
    {{4, 17}, all, "fixed-noreplace", "true", "a4ff8e8620d3", "", "MAP_FIXED that refuses to replace"},
    {{5, 0}, all, "low-address-by-capability", "false", "0a1d52994d44", "CVE-2019-9213", "the check asked for the writer's capability, and a privileged writer could map page 0 for others"},
    {{5, 0}, amd64, "stack-pointer-slack", "0", "1d8ca3be86eb", "", "the distance check bought nothing and broke large frames"},
    {{5, 2}, all, "mremap-checks-count-early", "true", "ea2c3f6f5545", "", "a move that must fail for map_count fails before it unmaps its target"},
    {{5, 4}, arm64, "untags-calls", "true", "057d3389108e", "", "the tagged address ABI: calls take tagged addresses"},
    {{5, 9}, all, "shared-dirty-is-major", "true", "bce617edecad", "", "faults are counted in one place, which takes every retry for a major fault"},
    {{5, 9}, arm64, "refused-faults-count", "false", "bce617edecad", "", "faults are counted in one place, when they complete"},
    {{5, 9}, arm64, "si-addr-clears-top-byte", "false", "", "", "kernel addresses are reported as they are"},
    {{5, 11}, native, "mremap-moves-tables", "true", "c49dd3401802", "", "a move of 1 GiB blocks hands over their tables"},
    {{5, 19}, all, "gup-unshares", "true", "a7f226604170", "", "a pinned page stays what the reader pinned, whoever writes later"},
    {{6, 0}, all, "shared-dirty-is-major", "false", "d92725256b4f", "", "a completed fault that dropped the lock is not tried again"},
    {{6, 1}, all, "mremap-order", "lookup-first", "", "", "the area is looked up before anything is unmapped"},
    {{6, 1}, all, "mremap-merges-in-place", "true", "ca3d76b0aa80", "", "growth in place merges with the area that it reaches"},
    {{6, 1}, all, "mremap-locks-in-bytes", "false", "", "", "RLIMIT_MEMLOCK is compared in pages"},
    {{6, 1}, all, "mprotect-keeps-writable", "true", "64fe24a3e05e", "", "no write fault for exclusive pages after mprotect"},
    {{6, 1}, all, "mprotect-keeps-clean", "false", "64fe24a3e05e", "", "at first only pages that were written through their entry"},
    {{6, 1}, all, "mmap-merge-prefers-next", "true", "", "", "mmap's own merging for the maple tree looks at the area above first"},
    {{6, 2}, all, "mprotect-keeps-clean", "true", "", "", "a private page that is exclusive may be made writable before it is dirty"},
    {{6, 4}, all, "placement-gap-wraps", "true", "58c5d0d6d522", "", "a search in the maple tree that meets a stack's gap starts again below it, below address 0 too", {6, 1}},
    {{6, 5}, all, "gup-grows", "false", "8d7071af8907", "CVE-2023-3269", "StackRot: growth needs the write lock, which get_user_pages does not take", {6, 1}},
    {{6, 7}, all, "map-stack-is-nohugepage", "true", "c4608d1bf7c6", "", "thread stacks in huge pages waste memory"},
    {{6, 7}, all, "aligns-huge-placement", "true", "efa7df3e3bb5", "", "what can be huge pages is placed so that it can"},
    {{6, 10}, all, "mmap-merge-prefers-next", "false", "", "", "mmap merges by the common code again"},
    {{6, 12}, all, "fixed-failure-keeps", "true", "f8d112a4e657", "", "a replacement that fails puts the areas back, split as they are"},
    {{6, 12}, all, "mprotect-drops-account", "true", "", "", "what cannot be written any more and never was need not be committed"},
    {{6, 12}, amd64, "placement-search-spares-low", "true", "", "", "every search stays above the minimum address"},
    {{6, 14}, all, "dontneed-frees-tables", "true", "6375e95f381e", "", "empty page tables of a discarded range are given back"},
    {{6, 16}, all, "merge-adopts-changed", "true", "879bca0a2c4f", "", "areas merge also where only the changed one has an anon_vma"},
    {{6, 17}, all, "mremap-order", "check-first", "", "", "everything is checked before the target is unmapped"},
    {{6, 17}, all, "mremap-moves-many", "true", "", "", "a move without a change of length takes several areas"},
};
// clang-format on

} // namespace

std::span<const Change> changes() {
  return table;
}

bool concerns(const Change& change, Version version, Arch arch) {
  return (change.archs & bit(arch)) != 0 &&
         (change.since <= version || (change.backport != Version{} && change.backport == version));
}

std::vector<const Change*> changesBetween(const RuleSet& a, const RuleSet& b,
                                          std::string_view knob) {
  std::vector<const Change*> out;
  for (const Change& change : table)
    if (change.knob == knob &&
        concerns(change, a.version, a.arch) != concerns(change, b.version, b.arch))
      out.push_back(&change);
  return out;
}

} // namespace growsdown::trace
