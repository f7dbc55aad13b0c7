#include "trace/byte_terms.h"

#include "trace/state.h"
#include "trace/step.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <limits>

namespace growsdown::trace {
namespace {

// Offsets in pages. Near ones come four times as often; far ones are near the guard distance of 256
// pages, the 512 pages of a 4K table, and the 2048 pages of the starting stack limit.
constexpr unsigned nearBytes = 192;
constexpr int nearSpan = 48;
constexpr int farOffsets[32] = {254,  255,  256,  257,   258,   -254,  -255,  -256,
                                -257, -258, 64,   -64,   128,   -128,  300,   -301,
                                511,  512,  513,  -511,  -512,  -513,  1024,  -1024,
                                2047, 2048, 2049, -2047, -2048, -2049, -2050, -1500};
constexpr unsigned rawForm = 14; // from here on the offset is a signed 16-bit number

constexpr std::uint64_t farLengths[32] = {
    64,   128,  254,  255,  256,  257,  258,  300,  301,  509,  510, 511, 512, 513, 514, 1023,
    1024, 1025, 1500, 2046, 2047, 2048, 2049, 2050, 4096, 8192, 16,  15,  17,  32,  31,  33};

int pagesOf(unsigned form, std::uint8_t low, std::uint8_t high) {
  if (form >= rawForm) return static_cast<std::int16_t>(low | high << 8);
  return low < nearBytes ? low % nearSpan - nearSpan / 2 : farOffsets[(low - nearBytes) % 32];
}

} // namespace

Terms::Terms(const Parameters& p) : page_(p.geometry.page) {
  const std::uint64_t page = page_;
  const auto up = [&](std::uint64_t value) { return (value + page - 1) / page * page; };
  constexpr std::uint64_t stack = 0x1000400000;  // where most happens: a table's boundary
  constexpr std::uint64_t border = 0x1000000000; // a boundary of tables at every level
  anchors_ = {stack,
              stack,
              stack,
              stack,
              stack - 256 * page,
              stack + 256 * page,
              stack - initialStackLimit,
              border,
              border,
              windows[1].start,
              windows[1].end,
              nearSpan / 2 * page, // so that near offsets begin at 0
              up(p.minAddr) + (nearSpan / 2 - 1) * page,
              up(std::max<std::uint64_t>(p.lsmMinAddr, 0x8000)) + nearSpan / 3 * page,
              windows[0].end};
  wild_ = {programAddress,
           p.taskSize - page,
           p.taskSize,
           p.taskSize + page,
           p.mmapBase,
           p.mmapBase - page,
           up(p.unmappedBase),
           p.mapWindow,
           1ULL << 55,
           (1ULL << 56) | stack,
           (0xffULL << 56) | stack,
           1ULL << 63,
           0 - page,
           ~0ULL,
           0xffffffff80000000,
           0xffff000000000000};
  absurd_ = {0,
             unlimited,
             p.taskSize,
             p.taskSize - page,
             p.mmapBase,
             1ULL << 63,
             0 - page,
             0 - 2 * page,
             1ULL << 32,
             1ULL << 34,
             1ULL << 40,
             windows[1].end - windows[1].start,
             1ULL << 21,
             1ULL << 30,
             (1ULL << 63) - page,
             unlimited};
  tweaks_ = {1,
             0ULL - 1,
             2,
             4,
             0ULL - 4,
             8,
             0ULL - 8,
             page / 2,
             page / 2 - 1,
             page / 2 + 1,
             3,
             7,
             0x64,
             0x7b,
             page / 2 + 8,
             0ULL - 2};
}

std::uint64_t Terms::tweak(unsigned code) const {
  return code < firstTweak ? 0 : tweaks_[(code - firstTweak) % tweakCount];
}

/// No tweak first, then each.
unsigned Terms::tweakCodeAt(unsigned attempt) {
  return attempt == 0 ? 0 : firstTweak + attempt - 1;
}

std::uint64_t Terms::address(Byte how, Byte low, Byte high, unsigned tweakCode) const {
  const unsigned anchor = how & 15U;
  if (anchor == wildAnchor) return wild_[low % wild_.size()] + tweak(tweakCode);
  return anchors_[anchor] +
         static_cast<std::uint64_t>(static_cast<std::int64_t>(pagesOf(how >> 4U, low, high))) *
             page_ +
         tweak(tweakCode);
}

std::uint64_t Terms::length(Byte how, Byte value, Byte tweakCode) const {
  switch (how & 7U) {
  default:
    return (1 + (value & 7U)) * page_ + tweak(tweakCode);
  case 4:
    return ((how >> 3U) * 256U + value) * page_ + tweak(tweakCode);
  case 5:
    return farLengths[value % 32] * page_ + tweak(tweakCode);
  case 6:
    return (value & 31U) * page_ + tweak(tweakCode);
  case 7:
    return absurd_[value % absurd_.size()] + tweak(tweakCode);
  }
}

bool Terms::encodeAddress(std::uint64_t value, Byte& how, Byte& low, Byte& high,
                          Byte& tweakCode) const {
  for (unsigned t = 0; t <= tweakCount; t++) {
    const unsigned code = tweakCodeAt(t);
    const std::uint64_t base = value - tweak(code);
    std::int64_t best = std::numeric_limits<std::int64_t>::max();
    for (unsigned a = 0; a < anchorCount; a++) {
      const auto difference = static_cast<std::int64_t>(base - anchors_[a]);
      if (difference % static_cast<std::int64_t>(page_) != 0) continue;
      const std::int64_t offset = difference / static_cast<std::int64_t>(page_);
      if (offset < -32768 || offset > 32767 || std::abs(offset) >= best) continue;
      best = std::abs(offset);
      const auto far = std::find(std::begin(farOffsets), std::end(farOffsets), offset);
      if (offset >= -nearSpan / 2 && offset < nearSpan / 2) {
        how = static_cast<Byte>(a);
        low = static_cast<Byte>(offset + nearSpan / 2);
        high = 0;
      } else if (far != std::end(farOffsets)) {
        how = static_cast<Byte>(a);
        low = static_cast<Byte>(nearBytes + static_cast<unsigned>(far - std::begin(farOffsets)));
        high = 0;
      } else {
        how = static_cast<Byte>(rawForm << 4U | a);
        low = static_cast<Byte>(offset & 0xff);
        high = static_cast<Byte>(offset >> 8 & 0xff);
      }
    }
    const auto found = std::find(wild_.begin(), wild_.end(), base);
    if (best > nearSpan && found != wild_.end()) {
      how = wildAnchor;
      low = static_cast<Byte>(found - wild_.begin());
      high = 0;
      best = 0;
    }
    if (best == std::numeric_limits<std::int64_t>::max()) continue;
    tweakCode = static_cast<Byte>(code);
    return true;
  }
  return false;
}

bool Terms::encodeLength(std::uint64_t value, Byte& how, Byte& low, Byte& tweakCode) const {
  for (unsigned t = 0; t <= tweakCount; t++) {
    const unsigned code = tweakCodeAt(t);
    const std::uint64_t base = value - tweak(code);
    const std::uint64_t pages = base / page_;
    const auto far = std::find(std::begin(farLengths), std::end(farLengths), pages);
    const auto odd = std::find(absurd_.begin(), absurd_.end(), base);
    if (odd != absurd_.end()) {
      how = 7;
      low = static_cast<Byte>(odd - absurd_.begin());
    } else if (base % page_ != 0) {
      continue;
    } else if (pages >= 1 && pages <= 8) {
      how = 0;
      low = static_cast<Byte>(pages - 1);
    } else if (pages < 32) {
      how = 6;
      low = static_cast<Byte>(pages);
    } else if (far != std::end(farLengths)) {
      how = 5;
      low = static_cast<Byte>(far - std::begin(farLengths));
    } else if (pages < 8192) {
      how = static_cast<Byte>(4U | (pages >> 8U) << 3U);
      low = static_cast<Byte>(pages & 0xffU);
    } else {
      continue;
    }
    tweakCode = static_cast<Byte>(code);
    return true;
  }
  return false;
}

} // namespace growsdown::trace
