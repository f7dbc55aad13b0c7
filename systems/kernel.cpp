#include "systems/kernel.h"

#include "systems/host.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace growsdown::systems {
namespace {

bool isProgram(std::string_view image) {
  return image.starts_with("\177ELF");
}

std::string readImage(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(1 << 12, '\0'); // an image's header is all that counts
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.gcount() == 0) throw std::runtime_error(path + ": cannot read a kernel image there");
  if (isProgram(text)) text.append(std::istreambuf_iterator<char>(file), {});
  return text;
}

std::string readExecutor(std::string_view machine) {
  std::ifstream file(executor(machine), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What boots `image`; its files are put into `folder`.
std::vector<std::string> command(const std::string& image, const std::string& folder) {
  const std::string_view machine = machineOf(readImage(image));
  const std::string initrd = folder + "/initrd";
  std::ofstream file(initrd, std::ios::binary);
  file << initramfs(readExecutor(machine == "um" ? "amd64" : machine));
  if (!file.flush()) throw std::runtime_error("cannot write to " + initrd);

  if (machine == "um")
    return {std::filesystem::absolute(image).string(),
            "mem=256M",
            "initrd=" + initrd,
            "uml_dir=" + folder + "/",
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

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "growsdown-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr)
    throw std::runtime_error("no temporary folder can be made: " + path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string initramfs(std::string_view init) {
  std::string text;
  const auto pad = [&] { text.append((4 - text.size() % 4) % 4, '\0'); };
  unsigned inode = 0;
  const auto entry = [&](std::string_view name, unsigned mode, std::string_view content,
                         unsigned deviceMajor = 0, unsigned deviceMinor = 0) {
    // Inode, mode, user, group, links, time, size, device, device of a node, name's size, checksum.
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
    throw std::runtime_error("a program (ELF), but no user-mode Linux. Of other kernels, the image "
                             "that boots is wanted (vmlinuz, not vmlinux)");
  }
  return image.size() > 0x206 && image.substr(0x202, 4) == "HdrS" ? "amd64" : "arm64";
}

BootedKernel::BootedKernel(const std::string& image)
    : Remote(command(image, path()), "kernel:" + image, patient(), "growsdown-ready") {
  // `Linux RELEASE MACHINE`
  const std::string& name = hello().name;
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
