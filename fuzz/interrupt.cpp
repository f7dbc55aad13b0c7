#include "fuzz/interrupt.h"

#include <cstddef>
#include <cstdint>

#include <time.h>

namespace growsdown::fuzz {
namespace {

constexpr std::array<int, 3> signals{SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t received = 0;
volatile std::int64_t receivedAt = 0; ///< nanoseconds
unsigned depth = 0;

void receive(int number) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t at = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  if (received == 0) {
    received = number;
    receivedAt = at;
  } else if (at - receivedAt > 1'000'000'000) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
}

} // namespace

Interrupt::Interrupt() {
  if (depth++ > 0) return;
  received = 0;
  struct sigaction action {};
  action.sa_handler = receive;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    sigaction(signals[i], nullptr, &before_[i]);
    // Under nohup the hangup stays ignored. A shell's `&` ignores SIGINT, which may still be sent.
    if (signals[i] != SIGHUP || before_[i].sa_handler != SIG_IGN)
      sigaction(signals[i], &action, nullptr);
  }
}

Interrupt::~Interrupt() {
  if (--depth > 0) return;
  for (std::size_t i = 0; i < signals.size(); ++i)
    sigaction(signals[i], &before_[i], nullptr);
}

int Interrupt::signal() {
  return received;
}

std::string Interrupt::text() {
  switch (received) {
  case 0:
    return {};
  case SIGINT:
    return "interrupted by SIGINT";
  case SIGTERM:
    return "interrupted by SIGTERM";
  default:
    return "interrupted by SIGHUP";
  }
}

void Interrupt::leaveToParent() {
  struct sigaction action {};
  action.sa_handler = [](int) {}; // not SIG_IGN, which a program that is started would inherit
  action.sa_flags = SA_RESTART;
  for (const int each : signals)
    sigaction(each, &action, nullptr);
}

} // namespace growsdown::fuzz
