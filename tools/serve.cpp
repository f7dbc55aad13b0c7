#include "systems/serve.h"
#include "tools/common.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string on = "model", shows;
};

int run(const Arguments& arguments) {
  const auto on = system(arguments.on);
  systems::Hello hello;
  static_cast<harness::Placement&>(hello) = on->placement();
  hello.name = arguments.on;
  hello.rules = rulesOf(*on);
  hello.shows = on->shows();
  hello.does = on->does();
  hello.ahead = true;
  if (!arguments.shows.empty()) {
    harness::Fields wanted = 0;
    for (std::size_t at = 0; at <= arguments.shows.size();) {
      const std::size_t end = std::min(arguments.shows.find(',', at), arguments.shows.size());
      const std::string word = arguments.shows.substr(at, end - at);
      const auto field = harness::field(word);
      if (!field)
        throw Stop(usage, fmt::format("--shows: no part of a state is called `{}`; there are {}",
                                      word, harness::print(harness::shown::all)));
      wanted |= *field;
      at = end + 1;
    }
    hello.shows &= wanted;
  }
  return systems::serve(*on, hello, stdin, stdout);
}

} // namespace

void addServe(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand(
      "serve", "Answer the line protocol on standard input, as a system for --on exec:COMMAND");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("--on", arguments->on, "System (default: model): " + systemNames());
  sub->add_option("--shows", arguments->shows, "Show these parts of its state only: areas,pages,…");
  sub->footer("\nThe protocol is in docs/protocol.md.\n\n"
              "Examples:\n"
              "  printf 'growsdown-system 1\\n' | growsdown serve --on reference\n"
              "  growsdown replay --on 'exec:growsdown serve --on reference' corpus/rules\n"
              "  growsdown replay --on 'exec:ssh board growsdown serve' corpus/rules");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
