// growsdown_seeds: turns trace files into a seed corpus for a fuzzing engine.
#include "fuzz/hash.h"
#include "fuzz/seeds.h"
#include "trace/bytes.h"
#include "trace/text.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

using namespace growsdown;

namespace {

constexpr const char* usage = R"(usage: growsdown_seeds bytes|text OUT PATH...

Writes one file a trace into the directory OUT, from trace files and directories of `.trace` files.
  bytes   in byte form, once for each rule set: seeds of differential_fuzzer
  text    as text: seeds of parse_fuzzer
A file is named for what it holds, so that equal traces become one seed.
Exit code: 0 done, 2 a trace file is malformed, 4 OUT cannot be written.
)";

bool write(const std::filesystem::path& out, std::span<const char> content) {
  const std::uint64_t hash = fuzz::hashOf({content.data(), content.size()});
  char name[24];
  std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(hash));
  std::ofstream file(out / name, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  return static_cast<bool>(file.flush());
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(usage, stdout);
    return 0;
  }
  const bool bytes = argc > 3 && std::strcmp(argv[1], "bytes") == 0;
  if (!bytes && !(argc > 3 && std::strcmp(argv[1], "text") == 0)) {
    std::fputs(usage, stderr);
    return 2;
  }
  const std::filesystem::path out = argv[2];
  std::error_code code;
  std::filesystem::create_directories(out, code);
  std::vector<fuzz::Program> programs;
  std::vector<trace::Trace> traces;
  std::string error;
  for (int i = 3; i < argc; ++i)
    if (bytes ? !fuzz::readSeeds(argv[i], {}, programs, error)
              : !fuzz::readTraces(argv[i], traces, error)) {
      std::fprintf(stderr, "growsdown_seeds: %s\n", error.c_str());
      return 2;
    }
  bool done = true;
  for (const fuzz::Program& program : programs) {
    const auto encoded = trace::encode(*program.rules, fuzz::toTrace(program));
    done = done && write(out, {reinterpret_cast<const char*>(encoded.data()), encoded.size()});
  }
  for (const trace::Trace& trace : traces)
    done = done && write(out, trace::print(trace));
  if (!done) {
    std::fprintf(stderr, "growsdown_seeds: cannot write into %s\n", out.c_str());
    return 4;
  }
  std::printf("%zu seeds\n", programs.size() + traces.size());
  return 0;
}
