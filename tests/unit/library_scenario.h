// What the tests of the public library share.
#pragma once

#include "growsdown/address_space.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace growsdown::tests {

inline constexpr Prot rw = Prot::read | Prot::write;
inline constexpr MapFlags anonymous = MapFlags::privateMapping | MapFlags::anonymous;
inline constexpr MapFlags fixedly = anonymous | MapFlags::fixed;
inline constexpr MapFlags stack = fixedly | MapFlags::growsdown;
inline constexpr MapFlags shared = MapFlags::shared | MapFlags::anonymous;
inline constexpr std::uint64_t page = 4096;
inline constexpr Address base = 0x10'0000'0000;

inline AddressSpace amd64(const Options& options = {}) {
  return AddressSpace("linux-6.12-amd64", options);
}
inline void need(Status status) {
  ASSERT_TRUE(status) << name(status.error());
}
inline void need(const Result<Address>& result) {
  ASSERT_TRUE(result) << name(result.error());
}
inline std::vector<std::string> maps(const AddressSpace& space) {
  std::vector<std::string> lines;
  for (const Area& area : space.areas())
    lines.push_back(mapsLine(area));
  return lines;
}
using Lines = std::vector<std::string>;

} // namespace growsdown::tests
