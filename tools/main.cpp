#include "harness/starting_state.h"
#include "systems/open.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/help.h"
#include "trace/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>

namespace {

using namespace growsdown;

constexpr const char* description =
    "Check implementations of Linux's stack growth and page-fault rules: replay what real kernels "
    "did, compare a system with the specification, and see which rule decided each step";

constexpr const char* closing = R"(
Exit codes: 0 agreed, proved, or searched without a difference; 1 a difference, or refuted; 2 wrong
usage or malformed input; 3 unknown, with the reason; 4 an error of this program.

Examples:
  growsdown replay corpus                     run every trace of the corpus under its rule sets
  growsdown explain corpus/rules/FILE.trace   show which rule decided each step
  growsdown check --time 20s                  run everything: corpus, recordings, proofs, fuzzing
`growsdown SUBCOMMAND --help` describes one subcommand.

Systems, for --on:
)";

std::string footer() {
  std::string text = closing;
  for (const systems::Kind& kind : systems::kinds())
    text += fmt::format("  {:15} {}\n", print(kind), kind.text);
  return text;
}

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

// A number that does not fit 64 bits.
bool isTooGreat(const std::string& text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const char* const begin = text.data() + (hex ? 2 : 0);
  std::uint64_t value = 0;
  return std::from_chars(begin, text.data() + text.size(), value, hex ? 16 : 10).ec ==
         std::errc::result_out_of_range;
}

// CLI11 accepts an empty value, for instance from an unset variable of a script, which would mean
// the default. It also accepts a negative number for an unsigned option, which would become large,
// and makes a number that is too great the greatest one.
void rejectEmptyAndNegative(CLI::App& app) {
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    for (CLI::Option* option : sub->get_options()) {
      if (option->get_items_expected_max() == 0) continue; // a flag
      const std::string type = option->get_type_name();
      const bool isUnsigned = type == "N" || type.starts_with("N:");
      option->check([isUnsigned](const std::string& text) -> std::string {
        if (text.empty()) return "the value is empty";
        if (isUnsigned && text.front() == '-') return text + " is less than 0";
        if (isUnsigned && isTooGreat(text)) return text + " is greater than 2^64-1";
        return {};
      });
    }
}

// In the order in which --help lists them.
void addSubcommands(tools::Command app, tools::Action& action) {
  tools::addCheck(app, action);
  tools::addReplay(app, action);
  tools::addRun(app, action);
  tools::addDiff(app, action);
  tools::addExplain(app, action);
  tools::addShrink(app, action);
  tools::addEmit(app, action);
  tools::addImport(app, action);
  tools::addHistory(app, action);
  tools::addCompare(app, action);
  tools::addProve(app, action);
  tools::addPaths(app, action);
  tools::addFuzz(app, action);
  tools::addCampaign(app, action);
  tools::addRepro(app, action);
  tools::addCorpus(app, action);
  tools::addLive(app, action);
  tools::addKernelTree(app, action);
  tools::addRecord(app, action);
  tools::addRules(app, action);
  tools::addKnobs(app, action);
  tools::addConform(app, action);
  tools::addServe(app, action);
}

int run(int argc, char** argv) {
  CLI::App app(description, "growsdown");
  app.formatter(std::make_shared<tools::HelpFormatter>());
  app.footer(footer());
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("growsdown ") + GROWSDOWN_VERSION,
                       "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  tools::Action action;
  addSubcommands(tools::Command(app), action);
  rejectEmptyAndNegative(app);

  if (argc > 1 && argv[1][0] != '-' && !isKnown(app, argv[1])) {
    fmt::print(stderr, "growsdown: no subcommand `{}`; known:{}\n", trace::plainText(argv[1]),
               names(app));
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
    fmt::print(stderr, "growsdown{}: {}\n", where, trace::plainText(e.what(), true));
    if (chosen.empty()) fmt::print(stderr, "subcommands:{}\n", names(app));
    fmt::print(stderr, "`growsdown{} --help` describes the arguments.\n", where);
    return tools::usage;
  }
  return action();
}

// Prints the reason why the command ends, below what it printed so far.
int stopped(int code, std::string_view what, const char* reason) {
  tools::progress("");
  std::fflush(stdout);
  fmt::print(stderr, "growsdown: {}{}\n", what, trace::plainText(reason, true));
  return code;
}

int runAndReport(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const tools::Stop& e) {
    return stopped(e.code, "", e.what());
  } catch (const harness::MalformedInitial& e) {
    return stopped(tools::usage, "", e.what());
  } catch (const harness::Misbehaved& e) {
    return stopped(tools::diverged, "the system misbehaved: ", e.what());
  } catch (const harness::CannotSay& e) {
    return stopped(tools::unknown, "unknown: ", e.what());
  } catch (const std::bad_alloc&) {
    std::fputs("growsdown: out of memory\n", stderr);
  } catch (const std::exception& e) {
    return stopped(tools::failure, "internal error: ", e.what());
  }
  return tools::failure;
}

} // namespace

int main(int argc, char** argv) {
  const int code = runAndReport(argc, argv);
  // A report that could not be written must not look like a pass.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("growsdown: cannot write to standard output\n", stderr);
    return tools::failure;
  }
  return code;
}
