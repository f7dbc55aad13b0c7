// Runs a fuzz target on files, without a fuzzing engine: to reproduce what an engine found, and to
// replay a corpus as a test. Built with any compiler.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" {
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);
}

namespace {

constexpr const char* usage = R"(usage: %s PATH...

Runs the fuzz target on each file, and on each file in each directory (recursively, sorted).
A target that finds something aborts. Exit code: 0 all ran, 2 a path cannot be read.
)";

bool collect(const std::filesystem::path& path, std::vector<std::filesystem::path>& files) {
  std::error_code code;
  if (!std::filesystem::is_directory(path, code)) {
    files.push_back(path);
    return true;
  }
  const std::size_t first = files.size();
  std::filesystem::recursive_directory_iterator at(path, code);
  for (const std::filesystem::recursive_directory_iterator end; !code && at != end;
       at.increment(code))
    if (at->is_regular_file(code)) files.push_back(at->path());
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
  return !code;
}

} // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&argc, &argv);
  if (argc < 2 || std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0) {
    std::fprintf(argc < 2 ? stderr : stdout, usage, argv[0]);
    return argc < 2 ? 2 : 0;
  }
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i)
    if (!collect(argv[i], files)) {
      std::fprintf(stderr, "%s: cannot be read\n", argv[i]);
      return 2;
    }
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<char> content{std::istreambuf_iterator<char>(in), {}};
    if (!in || in.bad()) {
      std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
      return 2;
    }
    // Before the run, so that the last name is that of the file that crashed.
    std::fprintf(stderr, "%s\n", file.c_str());
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  }
  std::fprintf(stderr, "%zu files, nothing found\n", files.size());
  return 0;
}
