#include "harness/starting_state.h"
#include "tools/commands.h"
#include "tools/common.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

namespace {

using namespace growsdown;

constexpr const char* description =
    "Linux's rules of user stack growth and page faults: replay what real kernels did, compare an\n"
    "implementation with the specification, see which rule decided.";

constexpr const char* closing = R"(
Exit codes: 0 agreed, proved, or searched without a difference; 1 a difference, or refuted;
2 wrong usage or malformed input; 3 unknown (the reason is told); 4 an error of this program.

Start here:
  growsdown replay corpus                     every trace of the corpus, each under its rule sets
  growsdown explain corpus/rules/FILE.trace   which rule decided each step, the address space drawn
  growsdown check --time 20s                  everything: corpus, recordings, proofs, a fuzzing run
`growsdown SUBCOMMAND --help` says more.)";

bool isKnown(const CLI::App& app, const std::string& name) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    if (sub->get_name() == name) return true;
  return false;
}

std::string names(const CLI::App& app) {
  std::string text;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    text += " " + sub->get_name();
  return text;
}

// What CLI11 lets pass: no value at all, as of a script's variable that is not set, which would
// mean the default; and a negative number where there is none, which would become a large one.
void rejectNothing(CLI::App& app) {
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    for (CLI::Option* option : sub->get_options()) {
      if (option->get_items_expected_max() == 0) continue; // a flag
      const bool isUnsigned = option->get_type_name().starts_with("UINT");
      option->check([isUnsigned](const std::string& text) -> std::string {
        if (text.empty()) return "a value is wanted here";
        if (isUnsigned && text.front() == '-') return text + " is less than 0";
        return {};
      });
    }
}

int run(int argc, char** argv) {
  CLI::App app(description, "growsdown");
  app.footer(closing);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("growsdown ") + GROWSDOWN_VERSION);
  tools::Action action;
  tools::addCheck(app, action);
  tools::addReplay(app, action);
  tools::addRun(app, action);
  tools::addDiff(app, action);
  tools::addExplain(app, action);
  tools::addShrink(app, action);
  tools::addEmit(app, action);
  tools::addHistory(app, action);
  tools::addCompare(app, action);
  tools::addProve(app, action);
  tools::addPaths(app, action);
  tools::addFuzz(app, action);
  tools::addLive(app, action);
  tools::addRecord(app, action);
  tools::addRules(app, action);
  tools::addKnobs(app, action);
  tools::addConform(app, action);
  tools::addServe(app, action);

  rejectNothing(app);

  if (argc > 1 && argv[1][0] != '-' && !isKnown(app, argv[1])) {
    fmt::print(stderr, "growsdown: no subcommand `{}`; known:{}\n", argv[1], names(app));
    return tools::usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) { // --help, --version
    app.exit(e);
    return std::fflush(stdout) == 0 ? tools::agreed : tools::failure;
  } catch (const CLI::ParseError& e) {
    const auto chosen = app.get_subcommands();
    const std::string where = chosen.empty() ? "" : " " + chosen.front()->get_name();
    fmt::print(stderr, "growsdown{}: {}\n", where, e.what());
    if (chosen.empty()) fmt::print(stderr, "subcommands:{}\n", names(app));
    fmt::print(stderr, "`growsdown{} --help` says more.\n", where);
    return tools::usage;
  }
  return action();
}

} // namespace

int main(int argc, char** argv) {
  int code = tools::failure;
  try {
    code = run(argc, argv);
  } catch (const tools::Stop& e) {
    tools::progress("");
    std::fflush(stdout);
    fmt::print(stderr, "growsdown: {}\n", e.what());
    code = e.code;
  } catch (const harness::MalformedInitial& e) {
    tools::progress("");
    std::fflush(stdout);
    fmt::print(stderr, "growsdown: {}\n", e.what());
    code = tools::usage;
  } catch (const harness::Misbehaved& e) {
    tools::progress("");
    std::fflush(stdout);
    fmt::print(stderr, "growsdown: the system misbehaved: {}\n", e.what());
    code = tools::diverged;
  } catch (const harness::CannotSay& e) {
    tools::progress("");
    std::fflush(stdout);
    fmt::print(stderr, "growsdown: unknown: {}\n", e.what());
    code = tools::unknown;
  } catch (const std::bad_alloc&) {
    std::fputs("growsdown: out of memory\n", stderr);
  } catch (const std::exception& e) {
    fmt::print(stderr, "growsdown: error of this program: {}\n", e.what());
  }
  // A report that did not reach its reader is no report.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("growsdown: cannot write to standard output\n", stderr);
    return tools::failure;
  }
  return code;
}
