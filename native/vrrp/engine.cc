#include "vrrp/engine.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <system_error>

#include "base/clock.h"

namespace fl::vrrp {
namespace {

/** The thread stays in that namespace for life, so that all it opens belongs there. */
Failure enter(const std::string& netns) {
  if (netns.empty()) return std::nullopt;
  const Fd space(::open(netns.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return system_error("open namespace " + netns, errno);
  if (::setns(space.get(), CLONE_NEWNET) != 0) return system_error("enter namespace " + netns, errno);
  return std::nullopt;
}

/** Ahead of other programs, as far as permitted; what is refused is no failure. */
void hurry() {
  sched_param param{};
  param.sched_priority = 1;
  if (::pthread_setschedparam(::pthread_self(), SCHED_RR, &param) == 0) return;
  // Linux takes a thread's id here and changes that thread alone.
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -20));
}

}  // namespace

Failure Engine::start() {
  wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return system_error("open eventfd", errno);
  std::promise<Failure> started;
  try {
    thread_ = std::thread([this, &started] { run([&](Failure failure) { started.set_value(std::move(failure)); }); });
  } catch (const std::system_error& failure) {
    return system_error("start the engine's thread", failure.code().value());
  }
  Failure failure = started.get_future().get();
  if (failure) stop();
  return failure;
}

Failure Engine::prepare(Loop& loop) {
  if (options_.realtime) hurry();
  return loop.open(wake_.get());
}

void Engine::run(const std::function<void(Failure)>& started) {
  ::pthread_setname_np(::pthread_self(), "fairlead-vrrp");
  if (Failure failure = enter(options_.netns)) return started(std::move(failure));
  Loop loop(outgoing_, options_);
  if (Failure failure = prepare(loop)) return started(std::move(failure));
  started(std::nullopt);
  bool more = true;
  while (more) loop.once([&](int64_t now) { more = obey(loop, now); });
  loop.close(monotonic_ns());
}

/** Runs what was posted; false when it is time to end. */
bool Engine::obey(Loop& loop, int64_t now) {
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(wake_.get(), &ignored));
  std::vector<Command> commands;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
    stopping = stopping_;
  }
  for (const Command& command : commands) command(loop, now);
  return !stopping;
}

void Engine::post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    commands_.push_back(std::move(command));
  }
  ::eventfd_write(wake_.get(), 1);
}

bool Engine::call(Command command) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
  }
  // One thread posts and stops, so the engine cannot end before it has come to this.
  std::promise<void> done;
  post([&](Loop& loop, int64_t now) {
    command(loop, now);
    done.set_value();
  });
  done.get_future().wait();
  return true;
}

void Engine::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void Engine::configure(std::vector<Settings> settings) {
  call([&](Loop& loop, int64_t now) { loop.configure(std::move(settings), now); });
}

void Engine::order(Orders orders) {
  post([orders = std::move(orders)](Loop& loop, int64_t now) {
    for (const auto& [instance, list] : orders) loop.order(instance, list, now);
  });
}

void Engine::lease(int64_t ns) {
  post([ns](Loop& loop, int64_t now) { loop.lease(ns == 0 ? 0 : now + ns, now); });
}

Counters Engine::counters() {
  Counters counters;
  call([&](Loop& loop, int64_t) { counters = loop.counters(); });
  return counters;
}

}  // namespace fl::vrrp
