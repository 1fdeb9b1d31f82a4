#pragma once
#include <map>
#include <mutex>

#include "base/poller.h"

namespace fl {

/** Tells of processes that end, whoever started them, at the moment they do (pidfd_open(2), Linux 5.3). */
class Exits {
 public:
  /** On a thread of its own, once for every watched process that ended. */
  using Sink = std::function<void(uint32_t pid)>;
  enum class Added : uint8_t { yes, gone, unsupported };

  ~Exits() { stop(); }

  Failure start(Sink sink);
  /** `unsupported`: an old kernel, or a sandbox that forbids the call. */
  Outcome<Added> add(uint32_t pid);
  void remove(uint32_t pid);
  /** Ends the thread and closes everything. */
  void stop() {
    poller_.stop();
    pids_.clear();
  }

 private:
  void ended(uint32_t pid);

  Sink sink_;
  std::mutex mutex_;
  std::map<uint32_t, Fd> pids_;
  Poller poller_;
};

}  // namespace fl
