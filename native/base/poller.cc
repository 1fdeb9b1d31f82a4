#include "base/poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace fl {

namespace {
constexpr uint64_t wake_key = UINT64_MAX;
}

Failure Poller::start(Ready ready) {
  ready_ = std::move(ready);
  epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return system_error("open epoll", errno);
  wake_ = Fd(::eventfd(0, EFD_CLOEXEC));
  if (!wake_) return system_error("open eventfd", errno);
  if (Failure failure = watch(wake_.get(), wake_key)) return failure;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& failure) {
    return system_error("start a thread", failure.code().value());
  }
  return std::nullopt;
}

Failure Poller::watch(int fd, uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return system_error("watch a descriptor", errno);
  return std::nullopt;
}

void Poller::run() {
  epoll_event events[32];
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events, 32, -1);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; i++) {
      if (events[i].data.u64 == wake_key) return;
      ready_(events[i].data.u64);
    }
  }
}

void Poller::stop() {
  if (thread_.joinable()) {
    eventfd_write(wake_.get(), 1);
    thread_.join();
  }
  epoll_.reset();
  wake_.reset();
}

}  // namespace fl
