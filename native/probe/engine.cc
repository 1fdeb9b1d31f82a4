#include "probe/engine.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <future>
#include <system_error>

#include "probe/rounds.h"

namespace fl::probe {

namespace {

/** A thread of its own may be in a namespace of its own, and every socket it opens with it. */
Failure enter(const std::string& netns) {
  if (netns.empty()) return std::nullopt;
  Fd space(::open(netns.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return system_error("open namespace " + netns, errno);
  if (::setns(space.get(), CLONE_NEWNET) != 0) return system_error("enter namespace " + netns, errno);
  return std::nullopt;
}

}  // namespace

Failure Engine::start(Options options, Sink sink) {
  tallies_.bound_by(options.bounds_ns);
  epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return system_error("open epoll", errno);
  wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return system_error("open eventfd", errno);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = UINT64_MAX;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) return system_error("watch an eventfd", errno);
  std::promise<Failure> entered;
  try {
    thread_ = std::thread([&entered, this, options, sink = std::move(sink)] {
      ::pthread_setname_np(::pthread_self(), "fairlead-probe");
      Failure failure = enter(options.netns);
      const bool ready = !failure;
      entered.set_value(std::move(failure));
      if (ready) Rounds(*this, options, sink).run();
    });
  } catch (const std::system_error& failure) {
    return system_error("start a thread", failure.code().value());
  }
  return entered.get_future().get();
}

void Engine::stop() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    ::eventfd_write(wake_.get(), 1);
    thread_.join();
  }
  epoll_.reset();
  wake_.reset();
}

void Engine::give(Order order) {
  {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(order));
    // Whoever found orders there has woken it.
    if (orders_.size() > 1) return;
  }
  ::eventfd_write(wake_.get(), 1);
}

uint32_t Engine::add(Question question) {
  const uint32_t id = ++last_id_;
  give({Order::Kind::add, {id}, std::move(question)});
  return id;
}

void Engine::remove(uint32_t id) {
  take_sample(id);
  give({Order::Kind::remove, {id}, {}});
}

void Engine::ask(std::span<const Ask> asks) {
  for (const Ask& one : asks) give({Order::Kind::ask, one, {}});
}

std::vector<uint8_t> Engine::take_sample(uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = samples_.find(id);
  if (found == samples_.end()) return {};
  std::vector<uint8_t> sample = std::move(found->second);
  samples_.erase(found);
  return sample;
}

}  // namespace fl::probe
