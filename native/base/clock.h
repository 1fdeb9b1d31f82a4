#pragma once
#include <time.h>

#include <cstdint>

namespace fl {

/** Nanoseconds of CLOCK_MONOTONIC: the only clock read. */
inline int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/** A moment by which an answer must have come. */
class Deadline {
 public:
  static Deadline after_ms(int64_t ms) { return Deadline(monotonic_ns() + ms * 1'000'000); }

  /** Milliseconds left for poll(), rounded up, never negative. */
  int left_ms() const {
    const int64_t left = at_ - monotonic_ns();
    return left <= 0 ? 0 : static_cast<int>((left + 999'999) / 1'000'000);
  }

 private:
  explicit Deadline(int64_t at) : at_(at) {}
  int64_t at_;
};

}  // namespace fl
