// What a step did: success, an errno, or a signal.
#pragma once

#include <cstdint>

namespace growsdown::trace {

/// Linux errno values (asm-generic) that the operations of a trace can answer with. In lower case,
/// because <cerrno> makes macros of the usual names.
enum class Errno : std::uint8_t {
  none = 0,
  eperm = 1,
  eintr = 4,
  eio = 5,
  ebadf = 9,
  eagain = 11,
  enomem = 12,
  eacces = 13,
  efault = 14,
  ebusy = 16,
  eexist = 17,
  einval = 22,
  enosys = 38,
  eoverflow = 75,
  eopnotsupp = 95,
};

enum class Signal : std::uint8_t {
  none,
  segvMaperr,
  segvAccerr,
  segvPkuerr,
  segvKernel,
  busAdrerr
};

struct Outcome {
  enum class Kind : std::uint8_t {
    unspecified, ///< nothing is expected
    ok,          ///< success without an address
    okAddress,   ///< success; mmap and mremap returned `address`
    okElsewhere, ///< success; the kernel chose an address outside the windows
    error,       ///< refused with `error`
    signal,  ///< refused with `signal`; si_addr is `address` if `hasAddress`, else the byte touched
    unknown, ///< the system cannot say (a simulated machine out of memory); ends a trace
  };

  Kind kind = Kind::unspecified;
  Errno error = Errno::none;
  Signal signal = Signal::none;
  bool hasAddress = false;
  std::uint64_t address = 0; ///< bytes

  static constexpr Outcome okay() { return {.kind = Kind::ok}; }
  static constexpr Outcome at(std::uint64_t address) {
    return {.kind = Kind::okAddress, .hasAddress = true, .address = address};
  }
  static constexpr Outcome elsewhere() { return {.kind = Kind::okElsewhere}; }
  static constexpr Outcome failed(Errno error) { return {.kind = Kind::error, .error = error}; }
  static constexpr Outcome signalled(Signal signal) {
    return {.kind = Kind::signal, .signal = signal};
  }
  static constexpr Outcome undecided() { return {.kind = Kind::unknown}; }

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

} // namespace growsdown::trace
