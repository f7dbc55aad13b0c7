#include "harness/grid.h"

#include "trace/check.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace growsdown::harness {
namespace {

using Values = std::vector<std::uint16_t>;
using Box = std::vector<Values>; ///< ascending values of each axis

/// Merges boxes that differ in a single axis until there are none, the axes with most values first.
std::set<Box> boxes(const std::vector<std::vector<std::uint16_t>>& points) {
  std::set<Box> now;
  std::vector<std::set<std::uint16_t>> all(points.front().size());
  for (const auto& point : points) {
    Box box;
    for (std::size_t i = 0; i < point.size(); ++i) {
      box.push_back({point[i]});
      all[i].insert(point[i]);
    }
    now.insert(std::move(box));
  }
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return all[a].size() > all[b].size(); });
  for (bool merged = true; merged;) {
    merged = false;
    for (const std::size_t axis : order) {
      std::map<Box, Values> groups;
      for (Box box : now) {
        const Values values = std::exchange(box[axis], {});
        Values& group = groups[std::move(box)];
        group.insert(group.end(), values.begin(), values.end());
      }
      merged |= groups.size() < now.size();
      now.clear();
      for (const auto& [rest, values] : groups) {
        Box box = rest;
        box[axis] = values;
        std::sort(box[axis].begin(), box[axis].end());
        now.insert(std::move(box));
      }
    }
  }
  return now;
}

/// Values in words: `0..255 or 258`.
std::string describe(const Values& values, const std::vector<std::string>& names) {
  const auto isNumber = [&](std::size_t v) {
    return names[v].find_first_not_of("-0123456789") == std::string::npos;
  };
  std::string text;
  for (std::size_t from = 0, to = 0; from < values.size(); from = to + 1) {
    for (to = from; to + 1 < values.size() && values[to + 1] == values[to] + 1 &&
                    isNumber(values[from]) && isNumber(values[to + 1]);)
      ++to;
    text += (from > 0 ? " or " : "") + names[values[from]];
    if (to > from) text += (to == from + 1 ? " or " : "..") + names[values[to]];
  }
  return text;
}

} // namespace

std::vector<std::string> describe(const std::vector<std::vector<std::uint16_t>>& points,
                                  std::span<const Axis> axes) {
  std::vector<std::string> out;
  if (points.empty()) return out;
  for (const auto& point : points) {
    GROWSDOWN_CHECK(point.size() == axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
      GROWSDOWN_CHECK(point[i] < axes[i].values.size());
  }
  const std::set<Box> all = boxes(points);
  std::vector<bool> isLeftOut(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    isLeftOut[i] = axes[i].inStep && std::all_of(all.begin(), all.end(), [&](const Box& box) {
                     return box[i] == (*all.begin())[i];
                   });
  for (const Box& box : all) {
    std::string text;
    for (std::size_t i = 0; i < axes.size(); ++i)
      if (!isLeftOut[i] && box[i].size() < axes[i].values.size())
        text += (text.empty() ? "" : ", ") + axes[i].name + " " + describe(box[i], axes[i].values);
    out.push_back(std::move(text));
  }
  return out;
}

} // namespace growsdown::harness
