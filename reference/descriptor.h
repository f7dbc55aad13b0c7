// arm64 stage-1 page-table descriptors, VMSAv8-64 (Arm ARM, D8.3), with the software bits that the
// rules need. The functions are templates over the word of a descriptor and over flags, because the
// proofs run them on symbolic ones.
#pragma once

#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstdint>

namespace growsdown::reference {

/// A descriptor: 0 is an empty entry. Bits 1:0 are 0b11 in a table descriptor and in a page
/// descriptor. A page is *present* if the hardware may use it (bit 0) or if software keeps it there
/// without any right (`heldWithoutRights`).
namespace descriptor {

inline constexpr std::uint64_t valid = 1ULL << 0;
inline constexpr std::uint64_t tableOrPage = 1ULL << 1;
inline constexpr std::uint64_t attributesNormal = 0ULL << 2; ///< AttrIndx: MAIR entry 0
inline constexpr std::uint64_t user = 1ULL << 6;             ///< AP[1]: EL0 may access
inline constexpr std::uint64_t readOnly = 1ULL << 7;         ///< AP[2]
inline constexpr std::uint64_t innerShareable = 3ULL << 8;   ///< SH
inline constexpr std::uint64_t accessed = 1ULL << 10;        ///< AF
inline constexpr std::uint64_t notGlobal = 1ULL << 11;       ///< nG
inline constexpr std::uint64_t outputAddress = 0x0000'ffff'ffff'f000ULL;
/// DBM: writing is allowed in principle. If `readOnly` is set too, the page is clean: the first
/// write faults or, with hardware management of dirty state, clears `readOnly`.
inline constexpr std::uint64_t writable = 1ULL << 51;
inline constexpr std::uint64_t privilegedExecuteNever = 1ULL << 53; ///< PXN
inline constexpr std::uint64_t executeNever = 1ULL << 54;           ///< UXN
// Bits 58:55 are ignored by the hardware.
inline constexpr std::uint64_t dirty = 1ULL << 55; ///< written through this entry
/// User-mode Linux: the host maps the page with these rights. If clear, the host maps nothing.
inline constexpr std::uint64_t onHost = 1ULL << 56;
inline constexpr std::uint64_t heldWithoutRights = 1ULL << 58; ///< PROT_NONE: present, not valid

/// The bits that follow from the rights of the area. mprotect replaces them.
inline constexpr std::uint64_t rights =
    valid | user | readOnly | writable | privilegedExecuteNever | executeNever | heldWithoutRights;

template <class Word>
constexpr bool present(const Word& d) {
  return static_cast<bool>((d & (valid | heldWithoutRights)) != 0);
}
template <class Word>
constexpr bool mayWrite(const Word& d) {
  return static_cast<bool>((d & writable) != 0);
}
template <class Word>
constexpr bool isDirty(const Word& d) {
  return static_cast<bool>((d & dirty) != 0);
}
template <class Word>
constexpr bool isOnHost(const Word& d) {
  return static_cast<bool>((d & onHost) != 0);
}

/// The descriptor of a next-level table in `frame`.
template <class Word>
constexpr Word tableAt(const Word& frame, unsigned pageShift) {
  return ((frame << pageShift) & outputAddress) | (valid | tableOrPage);
}
template <class Word>
constexpr Word frameOf(const Word& d, unsigned pageShift) {
  return (d & outputAddress) >> pageShift;
}

/// The `rights` of a new, clean page of an area with flags `vmFlags` (trace::vm). Every right
/// implies reading. A page of a shared area is `writable` at once, and clean; a private one becomes
/// writable later. Linux 4.3 asm/pgtable.h __P000..__S111, later arch/arm64/mm/mmap.c
/// protection_map.
template <class Flags>
constexpr std::uint64_t rightsFor(const Flags& vmFlags) {
  if ((vmFlags & trace::vm::access) == 0)
    return heldWithoutRights | readOnly | privilegedExecuteNever | executeNever;
  std::uint64_t d = valid | user | readOnly | privilegedExecuteNever;
  if ((vmFlags & trace::vm::exec) == 0) d |= executeNever;
  if ((vmFlags & (trace::vm::shared | trace::vm::write)) == (trace::vm::shared | trace::vm::write))
    d |= writable;
  return d;
}

template <class Flags>
constexpr std::uint64_t pageAt(std::uint64_t frame, unsigned pageShift, const Flags& vmFlags) {
  return tableOrPage | attributesNormal | innerShareable | accessed | notGlobal |
         ((frame << pageShift) & outputAddress) | rightsFor(vmFlags);
}

/// The hardware permits a write to a page that is both `writable` and dirty; `readOnly` expresses
/// that.
template <class Word>
constexpr Word settle(const Word& d) {
  return (d & (writable | dirty)) == (writable | dirty) ? Word(d & ~readOnly) : Word(d | readOnly);
}
template <class Word>
constexpr Word withWrite(const Word& d) {
  return settle(Word(d | writable));
}
template <class Word>
constexpr Word withoutWrite(const Word& d) {
  return settle(Word(d & ~writable));
}
template <class Word>
constexpr Word withDirty(const Word& d) {
  return settle(Word(d | dirty));
}
/// mprotect: the rights of `vmFlags`. Frame and dirty state stay.
template <class Word, class Flags>
constexpr Word withRights(const Word& d, const Flags& vmFlags) {
  return settle(Word((d & ~rights) | rightsFor(vmFlags)));
}
/// change_pte_range: the entry after mprotect. Since 6.1 an entry becomes writable at once if no
/// other process has its page (`own()`). UML: change_protection flushes.
template <class Word, class Flags, class Own>
constexpr Word withProtection(const Word& d, const Flags& vmFlags, const trace::RuleSet& rules,
                              const Own& own) {
  using namespace trace::vm;
  Word changed = withRights(d, vmFlags);
  if (rules.mprotectKeepsWritable && (vmFlags & (write | shared)) == write && own() &&
      (rules.mprotectKeepsClean || isDirty(d)))
    changed = withWrite(changed);
  return rules.hostMappedPages ? Word(changed | onHost) : changed;
}

/// The accesses that EL0 may make without another fault, as trace::prot bits. With `hardwareDirty`
/// the hardware marks a clean writable page dirty by itself.
template <class Word>
constexpr std::uint8_t grants(const Word& d, bool hardwareDirty) {
  if ((d & (valid | user)) != (valid | user)) return 0;
  std::uint8_t prot = trace::prot::read;
  if ((d & readOnly) == 0 || (hardwareDirty && mayWrite(d))) prot |= trace::prot::write;
  if ((d & executeNever) == 0) prot |= trace::prot::exec;
  return prot;
}

/// Whether an access needs no fault. Under user-mode Linux the host must have followed the entry,
/// except for accesses by the kernel, which look at the entry alone.
template <class Word>
constexpr bool permits(const Word& d, trace::Access access, bool fromUser,
                       const trace::RuleSet& rules) {
  const bool write = access == trace::Access::write;
  if (!fromUser && rules.kernelAsksEntries) return write ? mayWrite(d) : present(d);
  if (rules.hostMappedPages && !isOnHost(d)) return false;
  const std::uint8_t needed = write                           ? trace::prot::write
                              : access == trace::Access::exec ? trace::prot::exec
                                                              : trace::prot::read;
  return (grants(d, rules.hardwareDirty) & needed) != 0;
}
/// An access requires an area with at least one of these trace::vm flags. User-mode Linux has
/// another handle_page_fault.
constexpr std::uint32_t needed(trace::Access access, const trace::RuleSet& rules) {
  using namespace trace::vm;
  if (access == trace::Access::write) return write;
  if (access == trace::Access::exec) return exec;
  return rules.writeAllowsReads ? trace::vm::access : read | exec;
}

} // namespace descriptor
} // namespace growsdown::reference
