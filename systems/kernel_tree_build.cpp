#include "systems/kernel_tree.h"

#include "systems/child_process.h"
#include "systems/host.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <spawn.h>
#include <sstream>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace growsdown::systems {

using harness::CannotSay;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The folder of the shim's sources: beside the installed program, or in the sources.
fs::path sources() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  for (const fs::path& path : {self.parent_path().parent_path() / "share/growsdown/kernel-tree",
                               fs::path(GROWSDOWN_KERNEL_TREE_SOURCES)})
    if (fs::exists(path / "build", error)) return path;
  throw CannotSay("the sources of the shim are neither in ../share/growsdown/kernel-tree beside "
                  "this program nor in its source tree");
}

fs::path cacheFolder(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* const cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return fs::path(cache) / "growsdown";
  if (const char* const home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache/growsdown";
  return fs::temp_directory_path() / "growsdown";
}

/// A number for a text, the same on every machine (FNV-1a).
std::string fingerprint(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::ostringstream out;
  out << std::hex << hash;
  return out.str();
}

/// The value of a line `NAME = VALUE` of a Makefile.
std::string variable(const std::string& makefile, const std::string& name) {
  std::istringstream lines(makefile);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, equals, value;
    if (words >> word >> equals && word == name && equals == "=") {
      words >> value;
      return value;
    }
  }
  return {};
}

struct FileTime {
  std::int64_t seconds = 0, nanoseconds = 0;
  friend bool operator<(const FileTime& a, const FileTime& b) {
    return a.seconds != b.seconds ? a.seconds < b.seconds : a.nanoseconds < b.nanoseconds;
  }
};

/// The size and the times of the tree's Makefile and of each file that the program in `folder` was
/// made of, one per line. Empty if a file is missing, or has changed since `begin`.
std::string filesOf(const fs::path& folder, const fs::path& tree, FileTime begin) {
  std::set<std::string> files{(tree / "Makefile").string(), (folder / "shim").string()};
  std::istringstream words(contents(folder / "dependencies"));
  for (std::string word; words >> word;)
    if (word.front() == '/' && word.back() != ':') files.insert(word);
  std::string text;
  for (const std::string& file : files) {
    struct stat is {};
    if (stat(file.c_str(), &is) != 0) return {};
    const FileTime changed{is.st_mtim.tv_sec, is.st_mtim.tv_nsec};
    if (!(changed < begin) && file.starts_with(tree.string() + "/")) return {};
    text += std::to_string(is.st_size) + " " + std::to_string(changed.seconds) + " " +
            std::to_string(changed.nanoseconds) + " " + file + "\n";
  }
  return text;
}

/// Whether the files that the program was made of are as they were.
bool upToDate(const fs::path& folder, const fs::path& tree) {
  const std::string made = contents(folder / "made-of");
  return !made.empty() && made == filesOf(folder, tree, {INT64_MAX, 0});
}

/// A lock that other processes respect: one of them builds, and the others wait for it.
class Lock {
 public:
  explicit Lock(const fs::path& path)
      : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    while (file_ >= 0 && flock(file_, LOCK_EX) != 0)
      if (errno != EINTR) {
        close(file_);
        file_ = -1;
      }
    if (file_ < 0) throw CannotSay(path.string() + ": " + std::strerror(errno));
  }
  ~Lock() { close(file_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int file_;
};

/// Runs the command with its output in `log`, and returns its exit code.
int runCommand(const std::vector<std::string>& command, const fs::path& log) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t process = -1;
  const int error =
      posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw CannotSay(command.front() + ": " + std::strerror(error));
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/// The rule set for a tree, by its version. Newer trees than the newest rule set are held to that.
void chooseRules(BuiltTree& tree) {
  tree.rules = rulesFor({tree.version, "x86_64", false}, tree.whyNot);
  if (!tree.rules.empty()) return;
  const trace::RuleSet* newest = nullptr;
  for (const trace::RuleSet& rules : trace::ruleSets())
    if (rules.arch == trace::Arch::amd64) newest = &rules;
  trace::Version version;
  std::istringstream text(tree.version);
  char dot = 0;
  text >> version.major >> dot >> version.minor;
  if (newest == nullptr || version < newest->version) return;
  tree.rules = newest->name;
}

/// Builds the program in `folder`, which is locked.
void build(const fs::path& folder, const fs::path& from, const fs::path& tree,
           const std::vector<std::string>& wishes) {
  std::error_code error;
  fs::remove(folder / "made-of", error);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  std::vector<std::string> command = {"bash", (from / "build").string(), tree.string(),
                                      folder.string()};
  command.insert(command.end(), wishes.begin(), wishes.end());
  if (const int code = runCommand(command, folder / "log"); code != 0) {
    std::string why = contents(folder / "log");
    while (!why.empty() && why.back() == '\n')
      why.pop_back();
    throw CannotSay(why.empty() ? "the build ended with " + std::to_string(code) : why);
  }
  // Without this file it is built again.
  std::ofstream(folder / "made-of") << filesOf(folder, tree, {now.tv_sec, now.tv_nsec});
}

} // namespace

BuiltTree buildTree(const std::string& tree, const TreeBuild& how, const std::string& cache) {
  std::error_code error;
  const fs::path root = fs::canonical(tree, error);
  if (error || !fs::is_directory(root)) throw CannotSay(tree + ": no such folder");
  const std::string makefile = contents(root / "Makefile");
  BuiltTree built;
  const std::string major = variable(makefile, "VERSION"), minor = variable(makefile, "PATCHLEVEL");
  if (major.empty() || minor.empty())
    throw CannotSay(tree + " is no kernel tree: its Makefile has no VERSION and PATCHLEVEL");
  const std::string sub = variable(makefile, "SUBLEVEL");
  built.version = major + "." + minor + (sub.empty() ? "" : "." + sub);
  chooseRules(built);

  const fs::path from = sources();
  std::string key = root.string();
  std::vector<std::string> wishes;
  if (how.sanitize) wishes.emplace_back("sanitize");
  if (how.edges) wishes.emplace_back("edges");
  if (how.coverage) wishes.emplace_back("coverage");
  for (const std::string& wish : wishes)
    key += " " + wish;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(from))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files)
    key += contents(file);
  if (const char* const compiler = std::getenv("CC")) key += compiler;
  const fs::path folder = cacheFolder(cache) / ("kernel-tree-" + fingerprint(key));
  built.shim = (folder / "shim").string();
  fs::create_directories(folder, error);
  if (error) throw CannotSay(folder.string() + ": " + error.message());
  const Lock lock(folder / "lock");
  if (upToDate(folder, root)) return built;
  const auto begin = std::chrono::steady_clock::now();
  build(folder, from, root, wishes);
  built.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return built;
}

} // namespace growsdown::systems
