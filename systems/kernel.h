// A kernel that is booted under qemu or as user-mode Linux. Its first process is the executor
// (systems/executor), and its console carries the protocol.
#pragma once

#include "systems/remote.h"

#include <string>
#include <string_view>

namespace growsdown::systems {

/// A file in memory. Other processes of this user can read it by its path while this object exists.
class MemoryFile {
 public:
  /// Throws std::runtime_error if it cannot be created.
  explicit MemoryFile(std::string_view content);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const;

 private:
  int file_;
};

/// An initramfs (cpio, `newc`) that contains only a console and `init`.
std::string initramfs(std::string_view init);

/// The machine of a kernel image, by its header: `um` for user-mode Linux, `arm64` or `amd64`. A
/// compressed image, such as Debian's may be, is `arm64`. Throws std::runtime_error for anything else.
std::string_view machineOf(std::string_view image);

/// A booted kernel. It requires the executor for its machine, and qemu-system-x86_64 or
/// qemu-system-aarch64 unless it is user-mode Linux, which is a program.
class BootedKernel final : private MemoryFile, public Remote {
 public:
  /// `image` is the path of a kernel image. Throws std::exception if it does not boot.
  explicit BootedKernel(const std::string& image);

  /// The rule set for its release. Throws harness::CannotSay if there is none.
  std::string_view rules() const override;

 private:
  std::string rules_, whyNot_;
};

} // namespace growsdown::systems
