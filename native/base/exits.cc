#include "base/exits.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace fl {

namespace {

bool readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

}  // namespace

Failure Exits::start(Sink sink) {
  sink_ = std::move(sink);
  return poller_.start([this](uint64_t key) { ended(static_cast<uint32_t>(key)); });
}

Outcome<Exits::Added> Exits::add(uint32_t pid) {
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
  if (!fd) {
    if (errno == ESRCH) return Added::gone;
    if (errno == ENOSYS || errno == EPERM) return Added::unsupported;
    return system_error("open a pidfd", errno);
  }
  const std::lock_guard lock(mutex_);
  Fd& place = pids_[pid];
  // A process that ended before and whose number came again makes way.
  place = std::move(fd);
  if (Failure failure = poller_.watch(place.get(), pid)) {
    pids_.erase(pid);
    return *failure;
  }
  return Added::yes;
}

void Exits::remove(uint32_t pid) {
  const std::lock_guard lock(mutex_);
  pids_.erase(pid);
}

void Exits::ended(uint32_t pid) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = pids_.find(pid);
    // Taken away, or replaced by a process that lives, since the poller saw it.
    if (found == pids_.end() || !readable(found->second.get())) return;
    pids_.erase(found);
  }
  sink_(pid);
}

}  // namespace fl
