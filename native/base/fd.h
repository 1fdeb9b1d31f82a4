#pragma once
#include <unistd.h>

#include <atomic>
#include <utility>

namespace fl {

/** Owns one file descriptor. The number of live ones in the process is counted, so that a test can see a leak. */
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {
    if (fd_ >= 0) open_.fetch_add(1, std::memory_order_relaxed);
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() {
    if (fd_ < 0) return;
    ::close(fd_);
    fd_ = -1;
    open_.fetch_sub(1, std::memory_order_relaxed);
  }

  /** Gives the descriptor away: whoever takes it closes it. */
  int release() {
    if (fd_ >= 0) open_.fetch_sub(1, std::memory_order_relaxed);
    return std::exchange(fd_, -1);
  }

  static int open_count() { return open_.load(std::memory_order_relaxed); }

 private:
  int fd_ = -1;
  static inline std::atomic<int> open_{0};
};

}  // namespace fl
