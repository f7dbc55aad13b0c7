#include "systems/kernel.h"

#include "systems/host.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

namespace growsdown::systems {
namespace {

bool isProgram(std::string_view image) {
  return image.starts_with("\177ELF");
}

std::string readImage(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(1 << 12, '\0'); // the header is enough
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.gcount() == 0)
    throw std::runtime_error(errno != 0 ? std::string("cannot be read: ") + std::strerror(errno)
                                        : "an empty file, not a kernel image");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (isProgram(text)) text.append(std::istreambuf_iterator<char>(file), {});
  return text;
}

std::string readExecutor(std::string_view machine) {
  std::ifstream file(executor(machine), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string initramfsFor(const std::string& image) {
  const std::string_view machine = machineOf(readImage(image));
  return initramfs(readExecutor(machine == "um" ? "amd64" : machine));
}

std::vector<std::string> command(const std::string& image, const std::string& initrd) {
  const std::string_view machine = machineOf(readImage(image));
  if (machine == "um")
    return {std::filesystem::absolute(image).string(),
            "mem=256M",
            "initrd=" + initrd,
            "uml_dir=/dev/null/", // no control socket
            "con=null",
            "con0=fd:0,fd:1",
            "quiet",
            "loglevel=0",
            "panic=-1"};
  std::string console = "ttyS0";
  std::vector<std::string> words = {"qemu-system-x86_64", "-cpu", "qemu64,-cx16"};
  if (machine == "arm64") {
    console = "ttyAMA0";
    words = {"qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a57"};
  }
  for (const char* word : {"-accel", "tcg", "-m", "1024", "-nodefaults", "-no-reboot", "-display",
                           "none", "-serial", "stdio", "-kernel"})
    words.emplace_back(word);
  words.push_back(image);
  words.emplace_back("-initrd");
  words.push_back(initrd);
  words.emplace_back("-append");
  words.push_back("console=" + console + " quiet loglevel=0 panic=-1 nokaslr mitigations=off");
  return words;
}

ProcessLimits patient() {
  ProcessLimits limits;
  limits.answer = std::chrono::minutes(2); // an emulated machine boots
  return limits;
}

} // namespace

MemoryFile::MemoryFile(std::string_view content) : file_(memfd_create("initramfs", MFD_CLOEXEC)) {
  while (file_ >= 0 && !content.empty()) {
    const ssize_t written = write(file_, content.data(), content.size());
    if (written <= 0) break;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!content.empty()) {
    const std::string why = std::strerror(errno);
    if (file_ >= 0) close(file_);
    throw std::runtime_error("no memory for an initramfs: " + why);
  }
}

MemoryFile::~MemoryFile() {
  close(file_);
}

std::string MemoryFile::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(file_);
}

std::string initramfs(std::string_view init) {
  std::string text;
  const auto pad = [&] { text.append((4 - text.size() % 4) % 4, '\0'); };
  unsigned inode = 0;
  const auto entry = [&](std::string_view name, unsigned mode, std::string_view content,
                         unsigned deviceMajor = 0, unsigned deviceMinor = 0) {
    // Inode, mode, user, group, links, time, size, device, device of a node, size of name, checksum.
    const std::size_t fields[] = {
        ++inode,         mode, 0, 0, 1, 0, content.size(), 0, 0, deviceMajor, deviceMinor,
        name.size() + 1, 0};
    text += "070701";
    for (const std::size_t field : fields) {
      char digits[16];
      std::snprintf(digits, sizeof digits, "%08zx", field);
      text += digits;
    }
    (text += name) += '\0';
    pad();
    text += content;
    pad();
  };
  entry("dev", 0040755, "");
  entry("dev/console", 0020600, "", 5, 1);
  entry("init", 0100755, init);
  entry("TRAILER!!!", 0, "");
  return text;
}

std::string_view machineOf(std::string_view image) {
  if (isProgram(image)) {
    if (image.find("User Mode Linux v") != std::string_view::npos) return "um";
    throw std::runtime_error("an ELF program, but not user-mode Linux. Other kernels require the "
                             "boot image (vmlinuz, not vmlinux)");
  }
  if (image.size() > 0x206 && image.substr(0x202, 4) == "HdrS") return "amd64";
  // An EFI program, which may decompress itself; a gzip file; or a plain image.
  if (image.starts_with("MZ") || image.starts_with("\x1f\x8b") ||
      (image.size() > 0x3c && image.substr(0x38, 4) == "ARMd"))
    return "arm64";
  throw std::runtime_error("its first bytes are not those of a kernel image for x86-64 or arm64");
}

BootedKernel::BootedKernel(const std::string& image)
    : MemoryFile(initramfsFor(image)),
      Remote(command(image, path()), "kernel:" + image, patient(), "growsdown-ready") {
  // `Linux RELEASE MACHINE`
  const std::string& name = placement().name;
  const std::size_t first = name.find(' '), last = name.rfind(' ');
  if (first < last)
    rules_ = rulesFor({name.substr(first + 1, last - first - 1), name.substr(last + 1),
                       machineOf(readImage(image)) == "um"},
                      whyNot_);
}

std::string_view BootedKernel::rules() const {
  if (rules_.empty()) throw harness::CannotSay(whyNot_);
  return rules_;
}

} // namespace growsdown::systems
