// The answer to a step: success, an errno, or a signal.
#pragma once

#include <cstdint>

namespace growsdown::trace {

/// Linux errno values (asm-generic) that the operations of a trace can answer with.
enum class Errno : std::uint8_t {
  none = 0,
#define GROWSDOWN_ERRNO(error, word, value) error = value,
#include "trace/fields.def"
};

/// A signal and its si_code.
enum class Signal : std::uint8_t {
  none,
#define GROWSDOWN_SIGNAL_CODE(signal, ...) signal,
#include "trace/fields.def"
};

/// How many pages an outcome of mincore lists one by one.
inline constexpr unsigned listedPages = 64;

struct Outcome {
  enum class Kind : std::uint8_t {
    unspecified, ///< nothing is expected
    ok,          ///< success without an address
    okAddress,   ///< success; mmap and mremap returned `address`
    okElsewhere, ///< success; the kernel chose an address outside the windows
    okPages,     ///< success; mincore lists `pages`
    error,       ///< refused with `error`
    signal,  ///< refused with `signal`; si_addr is `address` if `hasAddress`, else the byte touched
    unknown, ///< the system has no answer (a simulated machine out of memory); ends a trace
  };

  Kind kind = Kind::unspecified;
  Errno error = Errno::none;
  Signal signal = Signal::none;
  bool hasAddress = false;
  std::uint8_t pages = 0;          ///< of okPages: how many pages; 65: more than 64
  std::uint32_t residentAfter = 0; ///< how many pages after the first 64 are resident
  std::uint64_t address = 0;       ///< bytes
  std::uint64_t resident = 0;      ///< bit i: page i is resident

  static constexpr Outcome okay() { return {.kind = Kind::ok}; }
  static constexpr Outcome at(std::uint64_t address) {
    return {.kind = Kind::okAddress, .hasAddress = true, .address = address};
  }
  static constexpr Outcome elsewhere() { return {.kind = Kind::okElsewhere}; }
  /// `asked` pages, of which `resident` lists the first 64.
  static constexpr Outcome listing(std::uint64_t asked, std::uint64_t resident,
                                   std::uint64_t residentAfter) {
    if (asked == 0) return okay();
    constexpr std::uint64_t longer = listedPages + 1;
    return {.kind = Kind::okPages,
            .pages = static_cast<std::uint8_t>(asked < longer ? asked : longer),
            .residentAfter = static_cast<std::uint32_t>(residentAfter),
            .resident = resident};
  }
  static constexpr Outcome failed(Errno error) { return {.kind = Kind::error, .error = error}; }
  static constexpr Outcome signalled(Signal signal) {
    return {.kind = Kind::signal, .signal = signal};
  }
  static constexpr Outcome undecided() { return {.kind = Kind::unknown}; }

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

} // namespace growsdown::trace
