#include "systems/open.h"

#include "harness/systems.h"

namespace growsdown::systems {
namespace {

constexpr Kind table[] = {
    {"model", "the executable specification"},
    {"reference", "the optimised implementation"},
};
constexpr std::unique_ptr<harness::System> (*makers[])() = {harness::makeModel,
                                                            harness::makeReference};
static_assert(std::size(makers) == std::size(table));

} // namespace

std::span<const Kind> kinds() {
  return table;
}

std::unique_ptr<harness::System> open(std::string_view name, std::string& error) {
  for (std::size_t i = 0; i < std::size(table); ++i)
    if (table[i].name == name) return makers[i]();
  error = "no system `" + std::string(name) + "`; known:";
  for (const Kind& kind : table)
    error += " " + std::string(kind.name);
  return nullptr;
}

} // namespace growsdown::systems
