// A kernel of any version, booted for the suite alone under qemu or as user-mode Linux: its first
// process is the executor (systems/executor), its console the line to it.
#pragma once

#include "systems/remote.h"

#include <string>
#include <string_view>

namespace growsdown::systems {

/// A file that other processes of this user can read by its path, for as long as this lives.
class MemoryFile {
 public:
  /// Throws std::runtime_error where it cannot be made.
  explicit MemoryFile(std::string_view content);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const;

 private:
  int file_;
};

/// An initramfs (cpio, `newc`) that holds a console and `init`, and nothing else.
std::string initramfs(std::string_view init);

/// `um` for user-mode Linux, else `arm64` or `amd64`: for which machine a kernel image is, by its
/// header; arm64 for one that is packed, as Debian's may be. Throws std::runtime_error for anything
/// else.
std::string_view machineOf(std::string_view image);

/// Needs qemu-system-x86_64 or qemu-system-aarch64 (user-mode Linux is a program and needs
/// neither), and the executor for that machine.
class BootedKernel final : private MemoryFile, public Remote {
 public:
  /// `image`: the path of a kernel image. Throws std::exception where it does not boot.
  explicit BootedKernel(const std::string& image);

  /// The rule set for its release. Throws harness::CannotSay where none stands for it.
  std::string_view rules() const override;

 private:
  std::string rules_, whyNot_;
};

} // namespace growsdown::systems
