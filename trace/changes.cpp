// The changes of the kernel: what, when and why. A rule set is Linux 4.3 on arm64 (the defaults of
// RuleSet), changed by every row up to its release, in this order.
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
    {{4, 3}, amd64, "arch", "amd64", "", "", "x86-64 has page tables of its own shape, a guard page below the end of user addresses, and searches that begin at a third of them"},
    {{4, 3}, um, "arch", "um", "", "", "user-mode Linux gives a process 511 GiB and places mappings from 1 GiB upwards"},
    {{4, 3}, x86, "mmap-gap-has-random-room", "false", "", "", "x86 spares the random offset only of a stack that has one"},
    {{4, 3}, x86, "ignores-top-byte", "false", "", "", "an address's top byte counts on x86"},
    {{4, 3}, x86, "si-addr-clears-top-byte", "false", "", "", "the kernel's entry code clears it on arm64 only"},
    {{4, 3}, amd64, "general-protection", "true", "", "", "x86 answers an address of neither half with #GP, not with a page fault"},
    {{4, 3}, amd64, "stack-pointer-slack", "65792", "", "", "on x86 a user access may grow a stack to 65536 bytes and 32 words below the stack pointer, no further"},
    {{4, 3}, x86, "refused-faults-count", "false", "", "", "x86 counted only completed faults, arm64 every fault"},
    {{4, 3}, amd64, "exec-maps-first", "true", "", "", "on x86 a fetch from an absent page is judged after the page is mapped"},
    {{4, 3}, amd64, "hardware-dirty", "true", "", "", "the x86 MMU sets the dirty bit itself"},
    {{4, 3}, amd64, "placement-length-spares-low", "false", "", "", "the search of x86 compares a length with TASK_SIZE alone"},
    {{4, 3}, amd64, "placement-search-spares-low", "false", "", "", "the x86 search ends at the first page"},
    {{4, 3}, um, "host-mapped-pages", "true", "", "", "user-mode Linux runs a process on mappings that a host made for it, page by page as TLB flushes ask"},
    {{4, 3}, um, "host-address-bits", "47", "", "", "user-mode Linux handles a general protection fault of its x86-64 host as an access error at the address of the last fault"},
    {{4, 3}, um, "fetches-are-reads", "true", "", "", "user-mode Linux maps every readable page executable, and handles a refused fetch as a read"},
    {{4, 3}, um, "write-allows-reads", "false", "", "", "the fault handler of user-mode Linux requires VM_READ or VM_EXEC for a read"},
    {{4, 3}, um, "kernel-asks-entries", "true", "", "", "user-mode Linux copies to and from a process through its page tables"},
    {{4, 3}, um, "placement-searches-down", "false", "", "", "user-mode Linux keeps the bottom-up layout"},

    {{4, 4}, arm64, "arm-granule16k", "true", "", "", "CONFIG_ARM64_16K_PAGES"},
    {{4, 5}, all, "data-is-private-writable", "true", "84638335900f", "", "VmData counts what RLIMIT_DATA can bound in a useful way: private writable areas, except stacks"},
    {{4, 5}, all, "anon-vma-before-low-address", "false", "12352d3cae2c", "", "the check of the address does not need the lock of the anon_vma, so it comes first"},
    {{4, 7}, all, "rlimit-data", "true", "f4fcd55841fc", "", "RLIMIT_DATA limits private writable mappings, not only brk (4.5 and 4.6 only warned)"},
    {{4, 8}, all, "tables-before-fault", "false", "7267ec008b5c", "", "the last page table is made when there is a page for it"},
    {{4, 9}, all, "mlock-counts-twice", "false", "0cf2f6f6dc60", "", "pages of the range that are already locked need no more room"},

    {{4, 12}, all, "guard", "gap", "1be7107fbe18", "CVE-2017-1000364", "Stack Clash: an access can jump over one page inside the area too easily; the guard becomes a gap between areas"},
    {{4, 12}, all, "gap-pages", "256", "1be7107fbe18", "CVE-2017-1000364", "the gap is stack_guard_gap, 1 MiB with pages of 4 KiB"},
    {{4, 12}, all, "stack-limit-discount", "0", "1be7107fbe18", "CVE-2017-1000364", "the area has no guard page that its size must leave out"},
    {{4, 12}, all, "placement-sees-gap", "true", "1be7107fbe18", "CVE-2017-1000364", "mmap keeps the gap below a stack free, except with MAP_FIXED"},
    {{4, 12}, arm64, "mmap-gap-has-random-room", "false", "", "", "at least 128 MiB lie above mmap_base, and no more for a stack that is not moved (new in 5.10 against 4.3; which release between brought it is not known)"},
    {{4, 12}, arm64, "si-addr-clears-top-byte", "false", "276e93279a63", "", "only a user address can carry a tag; the top byte of a kernel address is part of it"},
    {{4, 13}, all, "inaccessible-exempt", "true", "561b5e0709e4", "", "programs place their own PROT_NONE guards in the room of their stacks"},
    {{4, 14}, amd64, "x86-la57", "true", "77ef56e4f0fb", "", "page tables of five levels, for machines with more memory than four levels can map"},
    {{4, 14}, all, "mremap-duplicates-private", "false", "dba58d3b8c50", "", "a duplicate of private memory had no data of the original"},
    {{4, 17}, all, "fixed-noreplace", "true", "a4ff8e8620d3", "", "MAP_FIXED for callers that must not destroy an existing mapping"},
    {{4, 17}, all, "noreplace-sees-start-only", "true", "a4ff8e8620d3", "", "the first area that ends above the address counts only if it begins at or below the address"},
    {{4, 19}, all, "noreplace-sees-start-only", "false", "7aa867dd8952", "", "an area that begins inside the range was replaced"},
    {{5, 0}, all, "low-address-by-capability", "false", "0a1d52994d44", "CVE-2019-9213", "the check used the capability of the task that caused the growth: a privileged writer could be made to map page 0 of another process"},
    {{5, 0}, amd64, "stack-pointer-slack", "0", "1d8ca3be86eb", "", "the distance does not show whether an access is valid, and programs with large frames failed"},
    {{5, 1}, all, "mremap-checks-count-early", "true", "ea2c3f6f5545", "", "a move that must fail for map_count fails before it unmaps its target"},
    {{5, 4}, arm64, "arm-lva", "true", "b6d00d47e81a", "", "one size of address for both halves, 52 bits where the processor has them (FEAT_LVA)"},
    {{5, 4}, arm64, "untags-calls", "true", "057d3389108e", "", "the tagged address ABI: system calls accept tagged addresses of mapped memory"},
    {{5, 9}, arm64, "refused-faults-count", "false", "bce617edecad", "", "faults are counted in one place, when they complete"},
    {{5, 9}, all, "shared-dirty-is-major", "true", "bce617edecad", "", "the one place that counts takes every retried fault for a major one"},
    {{5, 10}, arm64, "arm-four-levels", "true", "", "", "a choice of the recorded kernels (CONFIG_ARM64_VA_BITS): 39 bits in 4.3, 48 bits since 5.10"},
    {{5, 11}, native, "mremap-moves-tables", "true", "c49dd3401802", "", "moving a table is faster than moving its entries"},
    {{5, 16}, all, "mremap-order", "lookup-first", "550a7d60bd5e", "", "with huge pages, the area must be known before anything is rounded"},
    {{5, 19}, all, "mremap-locks-in-bytes", "false", "f433195679a9", "", "the common helper compares pages, not bytes that can wrap"},
    {{5, 19}, all, "gup-unshares", "true", "a7f226604170", "", "the reader must keep the page that it pinned, after any write"},
    {{6, 0}, all, "shared-dirty-is-major", "false", "d92725256b4f", "", "a completed fault that dropped the lock is not tried again"},
    {{6, 0}, all, "mprotect-keeps-writable", "true", "64fe24a3e05e", "", "no write fault is needed to find out that a page is exclusive"},
    {{6, 0}, all, "mprotect-keeps-clean", "false", "64fe24a3e05e", "", "at first only pages that were written through their entry"},
    {{6, 1}, all, "mremap-merges-in-place", "true", "ca3d76b0aa80", "", "growth in place left two adjacent areas that could be one"},
    {{6, 1}, all, "mmap-merge-prefers-next", "true", "4dd1b84140c1", "", "mmap got its own merging for the maple tree, which looks at the area above first"},
    {{6, 2}, all, "mprotect-keeps-clean", "true", "d84887739d5c", "", "a private page that is exclusive may be made writable before it is dirty"},
    {{6, 4}, arm64, "dontneed-untags-late", "true", "428e106ae1ad", "", "the address of another process is untagged by that process's own mask, which needs its lock"},
    {{6, 4}, amd64, "placement-search-spares-low", "true", "6b008640db73", "", "searches that ignored the minimum address, such as that of x86, ended with EPERM"},
    {{6, 4}, all, "placement-gap-wraps", "true", "58c5d0d6d522", "", "a search in the maple tree that meets a stack's gap starts again below it, below address 0 too", {6, 1}},
    {{6, 5}, all, "gup-grows", "false", "8d7071af8907", "CVE-2023-3269", "StackRot: growth changes the tree of areas and needs the write lock, which get_user_pages does not hold", {6, 1}},
    {{6, 7}, all, "aligns-huge-placement", "true", "efa7df3e3bb5", "", "a mapping that can use huge pages is aligned for them (6.7 to 6.11: every length of a huge page or more; since d4148aeab412 only multiples)"},
    {{6, 7}, all, "mprotect-drops-account", "true", "9b9143298585", "", "memory that was never touched and can no longer be written need not be committed"},
    {{6, 8}, all, "map-stack-is-nohugepage", "true", "c4608d1bf7c6", "", "thread stacks in huge pages waste memory"},
    {{6, 9}, arm64, "arm-lpa2", "true", "352b0395b505", "", "52 bits with pages of 4 KiB and 16 KiB where the processor has them (FEAT_LPA2)"},
    {{6, 12}, all, "mmap-merge-prefers-next", "false", "cacded5e42b9", "", "new areas merge by the common routine again"},
    {{6, 12}, all, "fixed-failure-keeps", "true", "f8d112a4e657", "", "the old areas are gathered first, and put back if the new one is refused; the splits made for that stay"},
    {{6, 14}, amd64, "dontneed-frees-tables", "true", "6375e95f381e", "", "empty page tables of a discarded range are freed"},
    {{6, 16}, all, "merge-adopts-changed", "true", "879bca0a2c4f", "", "the check that kept forked areas apart also kept apart areas with and without pages"},
    {{6, 17}, all, "mremap-order", "check-first", "a85dc37186a5", "", "everything is checked before anything is changed"},
    {{6, 17}, all, "mremap-moves-many", "true", "d23cb648e365", "", "a pure move need not stop at the edges of areas, which the caller does not see"},
    {{7, 0}, arm64, "dontneed-frees-tables", "true", "9c8c02df3f87", "", "every architecture that frees tables by RCU can free them here"},
    {{7, 1}, all, "mremap-counts-splits", "true", "", "", "mremap counts the areas that its own splits make (new in 7.2 against 6.18; which release between brought it is not known)"},
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
