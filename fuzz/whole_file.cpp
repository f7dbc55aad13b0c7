#include "fuzz/whole_file.h"

#include <cerrno>
#include <chrono>
#include <system_error>

#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace growsdown::fuzz {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view temporaryPrefix = ".growsdown-";
constexpr std::string_view temporarySuffix = ".tmp";

/// A file descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  /// 0, or the errno: some file systems report a full disk only here.
  int close() {
    const int fd = fd_;
    fd_ = -1;
    return fd < 0 || ::close(fd) == 0 ? 0 : errno;
  }

 private:
  int fd_;
};

fs::path folderOf(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

/// Makes a file with an unused name. It follows no link, as O_EXCL refuses one.
int makeTemporary(const fs::path& folder, fs::path& name) {
  static unsigned counter = 0;
  for (unsigned tries = 0; tries < 1000; ++tries) {
    name = folder / (std::string(temporaryPrefix) + std::to_string(getpid()) + "-" +
                     std::to_string(counter++) + std::string(temporarySuffix));
    const int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

int writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0 ? ENOSPC : errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

/// A rename that never replaces a file.
int renameToNew(const fs::path& from, const fs::path& to) {
  constexpr unsigned noReplace = 1;
  if (syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), noReplace) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // The file system cannot do that: a link does not replace a file either.
  if (link(from.c_str(), to.c_str()) == 0) {
    unlink(from.c_str());
    return 0;
  }
  if (errno == EEXIST) return EEXIST;
  if (access(to.c_str(), F_OK) == 0) return EEXIST;
  return rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

void flushFolder(const fs::path& folder) {
  const Descriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) fsync(fd.get());
}

void takeRights(int fd, const fs::path& from) {
  struct stat before {};
  if (stat(from.c_str(), &before) != 0) return;
  const bool owner = fchown(fd, before.st_uid, before.st_gid) == 0;
  if (fchmod(fd, before.st_mode & (owner ? 07777U : 0777U)) != 0) return;
}

} // namespace

int writeWhole(const fs::path& file, std::string_view text, Existing existing) {
  if (existing == Existing::keep && access(file.c_str(), F_OK) == 0) return EEXIST;
  const fs::path folder = folderOf(file);
  fs::path temporary;
  Descriptor fd(makeTemporary(folder, temporary));
  if (fd.get() < 0) return errno;
  if (existing == Existing::replace) takeRights(fd.get(), file);
  int error = writeAll(fd.get(), text);
  if (error == 0 && fsync(fd.get()) != 0 && errno != EINVAL) error = errno;
  if (const int closing = fd.close(); error == 0) error = closing;
  if (error == 0) {
    if (existing == Existing::keep)
      error = renameToNew(temporary, file);
    else
      error = rename(temporary.c_str(), file.c_str()) == 0 ? 0 : errno;
  }
  if (error != 0)
    unlink(temporary.c_str());
  else
    flushFolder(folder);
  return error;
}

int appendLine(const fs::path& file, std::string_view line) {
  Descriptor fd(open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (fd.get() < 0) return errno;
  std::string text(line);
  text += '\n';
  char last = '\n';
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  if (size > 0 && pread(fd.get(), &last, 1, size - 1) == 1 && last != '\n') text.insert(0, "\n");
  int error = 0;
  ssize_t n = 0;
  do
    n = write(fd.get(), text.data(), text.size());
  while (n < 0 && errno == EINTR);
  if (n < 0)
    error = errno;
  else if (static_cast<std::size_t>(n) != text.size())
    error = ENOSPC;
  if (error == 0 && fsync(fd.get()) != 0 && errno != EINVAL) error = errno;
  const int closing = fd.close();
  if (error != 0 && size == 0) unlink(file.c_str());
  return error != 0 ? error : closing;
}

int tryFolder(const fs::path& folder) {
  fs::path temporary;
  Descriptor fd(makeTemporary(folder, temporary));
  if (fd.get() < 0) return errno;
  // As much as a long trace, so that a full disk is noticed.
  int error = writeAll(fd.get(), std::string(std::size_t{64} << 10, '\n'));
  if (error == 0 && fsync(fd.get()) != 0 && errno != EINVAL) error = errno;
  if (const int closing = fd.close(); error == 0) error = closing;
  unlink(temporary.c_str());
  return error;
}

void removeAbandoned(const fs::path& folder) {
  std::error_code code;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(temporaryPrefix) || !name.ends_with(temporarySuffix)) continue;
    std::error_code ignored;
    const auto written = fs::last_write_time(at->path(), ignored);
    if (!ignored && now - written > std::chrono::hours(1)) fs::remove(at->path(), ignored);
  }
}

} // namespace growsdown::fuzz
