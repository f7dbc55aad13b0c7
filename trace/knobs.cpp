// The knobs of a rule set by name, for printing and for setting.
#include "trace/ruleset.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <type_traits>
#include <variant>

namespace growsdown::trace {
namespace {

constexpr std::array<std::string_view, 3> archNames = {"arm64", "amd64", "um"};
constexpr std::array<std::string_view, 2> guardNames = {"page-inside", "gap"};
constexpr std::array<std::string_view, 3> mremapOrderNames = {"unmap-first", "lookup-first",
                                                              "check-first"};

using Member = std::variant<bool RuleSet::*, std::uint32_t RuleSet::*, std::uint64_t RuleSet::*,
                            Arch RuleSet::*, GuardStyle RuleSet::*, MremapOrder RuleSet::*>;
struct Row {
  std::string_view member;
  Member place;
  std::string_view what;
  bool layout;
};

constexpr Row table[] = {
#define GROWSDOWN_KNOB(type, member, initial, what) {#member, &RuleSet::member, what, false},
#define GROWSDOWN_LAYOUT_KNOB(type, member, initial, what) {#member, &RuleSet::member, what, true},
#include "trace/knobs.def"
};

// `gapPages` -> `gap-pages`.
std::string kebab(std::string_view member) {
  std::string out;
  for (const char c : member) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper) out += '-';
    out += static_cast<char>(upper ? c - 'A' + 'a' : c);
  }
  return out;
}

std::span<const std::string> knobNames() {
  static const auto made = [] {
    std::array<std::string, std::size(table)> out;
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = kebab(table[i].member);
    return out;
  }();
  return made;
}

// The row of a knob, or null.
const Row* find(std::string_view knob) {
  const auto names = knobNames();
  const auto at = std::find(names.begin(), names.end(), knob);
  return at == names.end() ? nullptr : &table[at - names.begin()];
}

template <class Enum>
std::span<const std::string_view> names() {
  if constexpr (std::is_same_v<Enum, Arch>)
    return archNames;
  else if constexpr (std::is_same_v<Enum, GuardStyle>)
    return guardNames;
  else
    return mremapOrderNames;
}

template <class T>
std::string text(T value) {
  if constexpr (std::is_same_v<T, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_enum_v<T>)
    return std::string(names<T>()[static_cast<std::size_t>(value)]);
  else
    return std::to_string(value);
}

/// Reads `value` into `out`; otherwise returns what it could have been.
template <class T>
std::string read(std::string_view value, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    if (value != "true" && value != "false") return "true or false";
    out = value == "true";
  } else if constexpr (std::is_enum_v<T>) {
    const auto all = names<T>();
    std::string choice;
    for (std::size_t i = 0; i < all.size(); i++) {
      if (value == all[i]) {
        out = static_cast<T>(i);
        return {};
      }
      if (i > 0) choice += i + 1 == all.size() ? " or " : ", ";
      choice += all[i];
    }
    return choice;
  } else {
    const bool hex = value.substr(0, 2) == "0x";
    if (hex) value.remove_prefix(2);
    T number{};
    const char* const end = value.data() + value.size();
    const auto [after, code] = std::from_chars(value.data(), end, number, hex ? 16 : 10);
    if (code != std::errc() || after != end)
      return "a number up to " + std::to_string(std::numeric_limits<T>::max());
    out = number;
  }
  return {};
}

} // namespace

std::string print(Version version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

std::string_view name(Arch arch) {
  return archNames[static_cast<std::size_t>(arch)];
}

std::vector<Knob> knobs(const RuleSet& rules) {
  std::vector<Knob> out;
  for (std::size_t i = 0; i < std::size(table); ++i)
    std::visit(
        [&](auto member) {
          out.push_back({knobNames()[i], text(rules.*member)});
        },
        table[i].place);
  return out;
}

std::string_view meaning(std::string_view knob) {
  const Row* row = find(knob);
  return row == nullptr ? std::string_view() : row->what;
}

bool isOfLayout(std::string_view knob) {
  const Row* row = find(knob);
  return row != nullptr && row->layout;
}

std::vector<std::string_view> differingKnobs(const RuleSet& a, const RuleSet& b) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < std::size(table); ++i)
    if (!std::visit([&](auto member) { return a.*member == b.*member; }, table[i].place))
      out.push_back(knobNames()[i]);
  return out;
}

bool setKnob(RuleSet& rules, std::string_view knob, std::string_view value, std::string& error) {
  const Row* row = find(knob);
  if (row == nullptr) {
    error = "there is no knob `" + std::string(knob) + "`; there are";
    for (const std::string& known : knobNames())
      error += (&known == knobNames().data() ? " " : ", ") + known;
    return false;
  }
  const std::string choice =
      std::visit([&](auto member) { return read(value, rules.*member); }, row->place);
  if (choice.empty()) return true;
  error =
      "knob " + std::string(knob) + ": expected " + choice + ", found `" + std::string(value) + "`";
  return false;
}

} // namespace growsdown::trace
