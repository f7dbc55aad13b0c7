#include "systems/serve.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"

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
  if (!arguments.shows.empty()) hello.shows &= fieldsOf(arguments.shows, "--shows");
  return systems::serve(*on, hello, stdin, stdout);
}

} // namespace

void addServe(Command app, Action& action) {
  Command sub = app.addSubcommand(
      "serve", "Offer a system to another growsdown over standard input and output");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("--on", arguments->on, "System to offer (default: model): " + systemNames())
      .typeName("SYSTEM");
  sub.addOption("--shows", arguments->shows,
                "Parts of its state to show, as a list such as areas,pages (default: all)")
      .typeName("LIST");
  sub.footer("Speaks the line protocol of docs/protocol.md, for `--on exec:COMMAND`. Ends with "
             "its input.\n\n"
             "Exit codes: 0 the input ended; 2 wrong usage, or a line that is not a request;\n"
             "3 no rule set stands for the system.\n\n"
             "Examples:\n"
             "  printf 'growsdown-system 1\\n' | growsdown serve --on reference\n"
             "  growsdown replay --on 'exec:growsdown serve --on reference' corpus/rules\n"
             "  growsdown replay --on 'exec:ssh board growsdown serve' corpus/rules");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
