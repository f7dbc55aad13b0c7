// arm64 stage-1 page-table descriptors, VMSAv8-64 (Arm ARM, D8.3), with the software bits that
// the rules need.
#pragma once

#include "reference/planted.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstdint>

namespace growsdown::reference {
inline namespace GROWSDOWN_REFERENCE_BUILD {

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
/// DBM: writing is allowed in principle. With `readOnly` set the page is clean, and the first write
/// faults (or, with hardware management of dirty state, clears `readOnly`).
inline constexpr std::uint64_t writable = 1ULL << 51;
inline constexpr std::uint64_t privilegedExecuteNever = 1ULL << 53; ///< PXN
inline constexpr std::uint64_t executeNever = 1ULL << 54;           ///< UXN
// Bits 58:55 are ignored by the hardware.
inline constexpr std::uint64_t dirty = 1ULL << 55; ///< written through this entry
/// User-mode Linux: the process's host maps the page with these rights. Not set: it maps nothing.
inline constexpr std::uint64_t onHost = 1ULL << 56;
inline constexpr std::uint64_t heldWithoutRights = 1ULL << 58; ///< PROT_NONE: present, not valid

/// The bits that follow from an area's rights, and that mprotect replaces.
inline constexpr std::uint64_t rights =
    valid | user | readOnly | writable | privilegedExecuteNever | executeNever | heldWithoutRights;

constexpr bool present(std::uint64_t d) {
  return (d & (valid | heldWithoutRights)) != 0;
}
constexpr bool mayWrite(std::uint64_t d) {
  return (d & writable) != 0;
}
constexpr bool isDirty(std::uint64_t d) {
  return (d & dirty) != 0;
}
constexpr bool isOnHost(std::uint64_t d) {
  return (d & onHost) != 0;
}

/// The descriptor of a next-level table in `frame`.
constexpr std::uint64_t tableAt(std::uint64_t frame, unsigned pageShift) {
  return valid | tableOrPage | ((frame << pageShift) & outputAddress);
}
constexpr std::uint64_t frameOf(std::uint64_t d, unsigned pageShift) {
  return (d & outputAddress) >> pageShift;
}

/// What a fresh, clean page of an area with flags `vmFlags` (trace::vm) is mapped with. Every right
/// implies reading; write permission comes later, but for shared areas (`writable`, still clean).
/// Linux 4.3 asm/pgtable.h __P000..__S111, later arch/arm64/mm/mmap.c protection_map.
constexpr std::uint64_t rightsFor(std::uint32_t vmFlags) {
  if ((vmFlags & trace::vm::access) == 0)
    return heldWithoutRights | readOnly | privilegedExecuteNever | executeNever;
  std::uint64_t d = valid | user | readOnly | privilegedExecuteNever;
  if ((vmFlags & trace::vm::exec) == 0) d |= executeNever;
  if ((vmFlags & (trace::vm::shared | trace::vm::write)) == (trace::vm::shared | trace::vm::write))
    d |= writable;
  return d;
}

constexpr std::uint64_t pageAt(std::uint64_t frame, unsigned pageShift, std::uint32_t vmFlags) {
  return tableOrPage | attributesNormal | innerShareable | accessed | notGlobal |
         ((frame << pageShift) & outputAddress) | rightsFor(vmFlags);
}

/// Hardware write permission is `writable` and dirty, spelled by `readOnly`.
constexpr std::uint64_t settle(std::uint64_t d) {
  return (d & (writable | dirty)) == (writable | dirty) ? d & ~readOnly : d | readOnly;
}
constexpr std::uint64_t withWrite(std::uint64_t d) {
  return settle(d | writable);
}
constexpr std::uint64_t withoutWrite(std::uint64_t d) {
  return settle(d & ~writable);
}
constexpr std::uint64_t withDirty(std::uint64_t d) {
  return settle(d | dirty);
}
/// mprotect: the rights of `vmFlags`, the rest (frame, dirty) as it was.
constexpr std::uint64_t withRights(std::uint64_t d, std::uint32_t vmFlags) {
  return settle((d & ~rights) | rightsFor(vmFlags));
}

/// What EL0 may do without a further fault, as trace::prot bits. With `hardwareDirty` the hardware
/// itself marks a clean writable page dirty.
constexpr std::uint8_t grants(std::uint64_t d, bool hardwareDirty) {
  if ((d & (valid | user)) != (valid | user)) return 0;
  std::uint8_t prot = trace::prot::read;
  if ((d & readOnly) == 0 || (hardwareDirty && mayWrite(d))) prot |= trace::prot::write;
  if ((d & executeNever) == 0) prot |= trace::prot::exec;
  return prot;
}

} // namespace descriptor
} // namespace GROWSDOWN_REFERENCE_BUILD
} // namespace growsdown::reference
