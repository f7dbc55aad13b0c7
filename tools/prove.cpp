#include "tools/prove.h"

#include "tools/common.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace growsdown::tools {

namespace {
constexpr const char* notBuilt =
    "this growsdown was built without proofs: install Z3 (libz3-dev) and configure with "
    "-DGROWSDOWN_PROOFS=ON";
}

ProofSummary proveAll(unsigned) {
  return {harness::Verdict::unknown, notBuilt};
}

void addProve(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("prove", "Prove the theorems about the rules (Z3)");
  sub->callback([&action] { action = []() -> int { throw Stop(unknown, notBuilt); }; });
}

} // namespace growsdown::tools
