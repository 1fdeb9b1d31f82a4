#pragma once
#include <functional>
#include <thread>

#include "base/error.h"
#include "base/fd.h"

namespace fl {

/** A thread that waits until descriptors can be read. */
class Poller {
 public:
  /** On the poller's thread, again and again while the descriptor behind `key` can be read. */
  using Ready = std::function<void(uint64_t key)>;

  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller() { stop(); }

  /** Call once. */
  Failure start(Ready ready);
  /** Any thread. Closing the descriptor takes it away again; no other way is needed. */
  Failure watch(int fd, uint64_t key);
  /** Ends the thread and waits for it. Not from `ready` itself. */
  void stop();

 private:
  void run();

  Ready ready_;
  Fd epoll_;
  /** An eventfd that wakes the thread to end. */
  Fd wake_;
  std::thread thread_;
};

}  // namespace fl
