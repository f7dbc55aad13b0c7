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
    {{4, 3}, um, "host-address-bits", "47", "", "", "user-mode Linux takes a general protection fault of its x86-64 host for an access error at the last fault's address"},
    {{4, 3}, um, "fetches-are-reads", "true", "", "", "user-mode Linux maps every readable page executable and takes a refused fetch for a read"},
    {{4, 3}, um, "write-allows-reads", "false", "", "", "user-mode Linux has a fault handler of its own, which wants VM_READ or VM_EXEC for a read"},
    {{4, 3}, um, "kernel-asks-entries", "true", "", "", "user-mode Linux copies to and from a process through its page tables"},
    {{4, 3}, um, "placement-searches-down", "false", "", "", "user-mode Linux keeps the bottom-up layout"},

    {{4, 5}, all, "data-is-private-writable", "true", "84638335900f", "", "VmData counts what RLIMIT_DATA can sensibly bound: private writable areas that are no stack"},
    {{4, 5}, all, "anon-vma-before-low-address", "false", "12352d3cae2c", "", "the address can be judged without the anon_vma's lock, so it is judged first"},
    {{4, 7}, all, "rlimit-data", "true", "f4fcd55841fc", "", "RLIMIT_DATA holds for private writable mappings, not for brk alone (4.5 and 4.6 only warned)"},
    {{4, 8}, all, "tables-before-fault", "false", "7267ec008b5c", "", "the last page table is made once there is a page to put into it"},
    {{4, 9}, all, "mlock-counts-twice", "false", "0cf2f6f6dc60", "", "pages of the range that are locked already need no further room"},

    {{4, 12}, all, "guard", "gap", "1be7107fbe18", "CVE-2017-1000364", "Stack Clash: one page inside the area is jumped over too easily; the guard becomes a gap between areas"},
    {{4, 12}, all, "gap-pages", "256", "1be7107fbe18", "CVE-2017-1000364", "the gap is stack_guard_gap, 1 MiB with pages of 4 KiB"},
    {{4, 12}, all, "stack-limit-discount", "0", "1be7107fbe18", "CVE-2017-1000364", "no guard page in the area, none to be left out of its size"},
    {{4, 12}, all, "placement-sees-gap", "true", "1be7107fbe18", "CVE-2017-1000364", "mmap leaves the gap below a stack free unless told where to map"},
    {{4, 12}, arm64, "si-addr-clears-top-byte", "false", "276e93279a63", "", "only a user address can carry a tag; the top byte of a kernel address is part of it"},
    {{4, 13}, all, "inaccessible-exempt", "true", "561b5e0709e4", "", "programs put PROT_NONE guards of their own into the room of their stacks"},
    {{4, 14}, all, "mremap-duplicates-private", "false", "dba58d3b8c50", "", "a duplicate of private memory had nothing of the original"},
    {{4, 17}, all, "fixed-noreplace", "true", "a4ff8e8620d3", "", "MAP_FIXED for those who do not want to destroy what is there"},
    {{5, 0}, all, "low-address-by-capability", "false", "0a1d52994d44", "CVE-2019-9213", "the capability asked for was that of whoever caused the growth: a privileged writer could be made to map page 0 of another process"},
    {{5, 0}, amd64, "stack-pointer-slack", "0", "1d8ca3be86eb", "", "the distance says nothing about whether an access is valid, and large frames broke"},
    {{5, 1}, all, "mremap-checks-count-early", "true", "ea2c3f6f5545", "", "a move that must fail for map_count fails before it unmaps its target"},
    {{5, 4}, arm64, "untags-calls", "true", "057d3389108e", "", "the tagged address ABI: calls take tagged addresses of what is mapped"},
    {{5, 9}, arm64, "refused-faults-count", "false", "bce617edecad", "", "faults are counted in one place, when they complete"},
    {{5, 9}, all, "shared-dirty-is-major", "true", "bce617edecad", "", "the one counting place takes every retried fault for a major one"},
    {{5, 11}, native, "mremap-moves-tables", "true", "c49dd3401802", "", "moving a table is faster than moving its entries"},
    {{5, 16}, all, "mremap-order", "lookup-first", "550a7d60bd5e", "", "huge pages need their area known before anything is rounded"},
    {{5, 19}, all, "mremap-locks-in-bytes", "false", "f433195679a9", "", "the common helper compares pages, not bytes that can wrap"},
    {{5, 19}, all, "gup-unshares", "true", "a7f226604170", "", "a pinned page stays what the reader pinned, whoever writes first"},
    {{6, 0}, all, "shared-dirty-is-major", "false", "d92725256b4f", "", "a completed fault that dropped the lock is not tried again"},
    {{6, 0}, all, "mprotect-keeps-writable", "true", "64fe24a3e05e", "", "a page known to be exclusive needs no write fault to find that out"},
    {{6, 0}, all, "mprotect-keeps-clean", "false", "64fe24a3e05e", "", "at first only pages that were written through their entry"},
    {{6, 1}, all, "mremap-merges-in-place", "true", "ca3d76b0aa80", "", "growth in place left two areas side by side that fit"},
    {{6, 1}, all, "mmap-merge-prefers-next", "true", "4dd1b84140c1", "", "mmap got merging of its own for the maple tree, which looks at the area above first"},
    {{6, 2}, all, "mprotect-keeps-clean", "true", "d84887739d5c", "", "a private page that is exclusive may be made writable before it is dirty"},
    {{6, 4}, arm64, "dontneed-untags-late", "true", "428e106ae1ad", "", "the address of another process is untagged by that process's own mask, which needs its lock"},
    {{6, 4}, amd64, "placement-search-spares-low", "true", "6b008640db73", "", "searches that forgot the minimum address, x86's among them, were answered with EPERM"},
    {{6, 4}, all, "placement-gap-wraps", "true", "58c5d0d6d522", "", "a search in the maple tree that meets a stack's gap starts again below it, below address 0 too", {6, 1}},
    {{6, 5}, all, "gup-grows", "false", "8d7071af8907", "CVE-2023-3269", "StackRot: growth changes the tree of areas and needs the write lock, which get_user_pages does not hold", {6, 1}},
    {{6, 7}, all, "aligns-huge-placement", "true", "efa7df3e3bb5", "", "what can be huge pages is placed so that it can (6.7 to 6.11: every length of a huge page and more; since d4148aeab412 whole ones only)"},
    {{6, 7}, all, "mprotect-drops-account", "true", "9b9143298585", "", "what was never touched and cannot be written any more need not be committed"},
    {{6, 8}, all, "map-stack-is-nohugepage", "true", "c4608d1bf7c6", "", "thread stacks in huge pages waste memory"},
    {{6, 12}, all, "mmap-merge-prefers-next", "false", "cacded5e42b9", "", "new areas merge by one common routine again"},
    {{6, 12}, all, "fixed-failure-keeps", "true", "f8d112a4e657", "", "the old areas are gathered first and put back when the new one is refused; splits made for that stay"},
    {{6, 14}, amd64, "dontneed-frees-tables", "true", "6375e95f381e", "", "empty page tables of a discarded range are given back"},
    {{6, 16}, all, "merge-adopts-changed", "true", "879bca0a2c4f", "", "the check meant to keep forked areas apart also kept apart faulted and fresh ones"},
    {{6, 17}, all, "mremap-order", "check-first", "a85dc37186a5", "", "everything is checked before anything is changed"},
    {{6, 17}, all, "mremap-moves-many", "true", "d23cb648e365", "", "a pure move need not stop at edges of areas that the caller does not see"},
    {{7, 0}, arm64, "dontneed-frees-tables", "true", "9c8c02df3f87", "", "every architecture that frees tables by RCU can give them back"},
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
