#include "fuzz/features.h"

#include "fuzz/hash.h"
#include <algorithm>
#include <bit>
#include <iterator>

namespace growsdown::fuzz {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = (a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2))) * 0xbf58476d1ce4e5b9ULL;
  return z ^ (z >> 29);
}

/// The class of a distance between addresses, as far as rules distinguish distances.
std::uint64_t distance(std::uint64_t pages, std::uint64_t gap) {
  if (pages <= 1) return pages;
  if (pages < gap) return 2;
  return pages == gap ? 3 : pages == gap + 1 ? 4 : 5;
}

std::uint64_t kind(const trace::Area& area) {
  using namespace trace::vm;
  return (area.flags & (shared | growsdown | locked)) | ((area.flags & access) ? 1U : 0U) |
         (area.anon ? 2U : 0U) | (area.forked ? 4U : 0U);
}

/// Small numbers as they are, greater ones by their size in bits.
std::uint64_t bucket(std::uint64_t n) {
  std::uint64_t bits = 0;
  for (; n > 3; n >>= 1)
    ++bits;
  return bits << 2 | n;
}

} // namespace

bool Features::add(std::uint64_t feature) {
  const auto index = static_cast<std::size_t>(feature >> (64 - bits_));
  std::uint64_t& word = seen_[index / wordBits];
  const std::uint64_t bit = std::uint64_t{1} << (index % wordBits);
  if ((word & bit) != 0) return false;
  word |= bit;
  ++count_;
  return true;
}

void Features::add(std::span<const std::uint64_t> words) {
  count_ = 0;
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    if (i < words.size()) seen_[i] |= words[i];
    count_ += static_cast<std::uint64_t>(std::popcount(seen_[i]));
  }
}

unsigned Features::observe(const trace::Parameters& parameters, const trace::Step& step,
                           const trace::Outcome& outcome, std::string_view rule,
                           std::span<const std::uint64_t> hits, const trace::State& state) {
  const std::uint64_t base = mix(hashOf(parameters.rules->name), parameters.geometry.pageShift);
  const std::uint64_t decided = hashOf(rule);
  const auto op = static_cast<std::uint64_t>(step.op) << 24 | step.flags << 4;
  const auto answer = static_cast<std::uint64_t>(outcome.kind) << 16 |
                      static_cast<std::uint64_t>(outcome.error) << 8 |
                      static_cast<std::uint64_t>(outcome.signal);
  unsigned fresh = 0;
  const std::uint64_t here = mix(mix(base, decided), answer);
  fresh += add(mix(here, op + static_cast<std::uint64_t>(step.access)) * 0x9e3779b97f4a7c15ULL);
  fresh += add(mix(mix(base, previous_), decided + 1) * 0x9e3779b97f4a7c15ULL);
  previous_ = decided;

  hits_.resize(hits.size());
  std::uint64_t path = base;
  for (std::size_t i = 0; i < hits.size(); ++i)
    if (hits[i] != hits_[i]) {
      path = mix(path, i);
      hits_[i] = hits[i];
    }
  fresh += add(mix(path, answer) * 0x9e3779b97f4a7c15ULL);

  // The neighbourhood of the step, with the answer that it got there.
  const std::uint64_t page = parameters.geometry.page;
  const std::uint64_t gap = std::max<std::uint64_t>(parameters.rules->gapPages, 1);
  const auto first = state.areas.begin(), end = state.areas.end();
  auto area = std::partition_point(
      first, end, [&](const trace::Area& below) { return below.end + gap * page < step.address; });
  for (; area != end && area->start - std::min(area->start, gap * page) <= step.address; ++area) {
    std::uint64_t shape = mix(kind(*area), state.areas.size() > 1);
    if (area != first) {
      const trace::Area& prev = *std::prev(area);
      shape = mix(shape, (kind(prev) & (trace::vm::growsdown | 1U)) << 3 |
                             distance((area->start - prev.end) / page, gap));
    }
    fresh += add(mix(shape, base) * 0x9e3779b97f4a7c15ULL);
  }
  fresh += add(mix(mix(base, decided + 2), bucket(state.areas.size())) * 0x9e3779b97f4a7c15ULL);
  return fresh;
}

} // namespace growsdown::fuzz
