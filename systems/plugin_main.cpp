// growsdown-plugin LIBRARY: serves a shared library over the line protocol.
#include "systems/plugin.h"
#include "systems/serve.h"

#include <unistd.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: growsdown-plugin LIBRARY\n"
               "Loads a library with the interface of growsdown/system.h and answers the line "
               "protocol on standard input.\n",
               stderr);
    return 2;
  }
  // The output of the library must not mix with the answers.
  std::FILE* const answers = fdopen(dup(STDOUT_FILENO), "w");
  if (answers == nullptr || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return 4;
  try {
    growsdown::systems::Plugin plugin(argv[1]);
    growsdown::systems::Hello hello;
    hello.name = plugin.name();
    hello.rules = plugin.rules();
    hello.shows = plugin.shows();
    hello.does = plugin.does();
    return growsdown::systems::serve(plugin, hello, stdin, answers);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 70;
  }
}
