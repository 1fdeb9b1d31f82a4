#include "vrrp/changer.h"

#include <linux/rtnetlink.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

#include "netlink/exchange.h"
#include "route/codec.h"

namespace fl::vrrp {
namespace {

// The kernel carries a request out before send() returns, so an answer that is late is a kernel in trouble.
constexpr int64_t deadline_ms = 2000;

}  // namespace

Failure Changer::start() {
  auto opened = netlink::Socket::open(NETLINK_ROUTE, {});
  if (!opened) return opened.error();
  socket_.emplace(std::move(*opened));
  done_event_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!done_event_) return system_error("open eventfd", errno);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& failure) {
    return system_error("start the thread for addresses", failure.code().value());
  }
  return std::nullopt;
}

void Changer::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Changer::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(job));
  }
  wake_.notify_one();
}

std::vector<Changer::Job> Changer::take() {
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(done_event_.get(), &ignored));
  const std::lock_guard lock(mutex_);
  return std::exchange(done_, {});
}

void Changer::run() {
  for (;;) {
    std::vector<Job> jobs;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      jobs.swap(waiting_);
    }
    carry_out(jobs);
    {
      const std::lock_guard lock(mutex_);
      for (Job& job : jobs) done_.push_back(std::move(job));
    }
    ::eventfd_write(done_event_.get(), 1);
  }
}

/** In order: an address comes after its packets are kept out, and goes before they are not any more. */
void Changer::carry_out(std::vector<Job>& jobs) {
  const std::span all(jobs);
  size_t first = 0;
  for (size_t i = 0; i < all.size(); i++) {
    if (!all[i].closed) continue;
    change(all.subspan(first, i - first));
    all[i].results = {filter_.set(*all[i].closed)};
    first = i + 1;
  }
  change(all.subspan(first));
}

void Changer::change(std::span<Job> jobs) {
  std::vector<std::pair<Job*, size_t>> steps;
  for (Job& job : jobs) {
    job.results.resize(job.addresses.size());
    for (size_t i = 0; i < job.addresses.size(); i++) steps.emplace_back(&job, i);
  }
  for (size_t next = 0; next < steps.size();) {
    const size_t first = next;
    if (!socket_) {
      auto opened = netlink::Socket::open(NETLINK_ROUTE, {});
      if (!opened) {
        for (; next < steps.size(); next++) steps[next].first->results[steps[next].second] = opened.error();
        return;
      }
      socket_.emplace(std::move(*opened));
    }
    netlink::Batch batch(*socket_);
    for (; next < steps.size() && !batch.full(1); next++) {
      const auto& [job, place] = steps[next];
      batch.begin(job->add ? RTM_NEWADDR : RTM_DELADDR, job->add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
      route::encode_address(batch.writer(), job->addresses[place], job->add);
      batch.end();
    }
    const auto answers = batch.run(Deadline::after_ms(deadline_ms));
    bool known = true;
    for (size_t i = 0; i < answers.size(); i++) {
      known = known && answers[i].known;
      if (answers[i].ok()) continue;
      const auto& [job, place] = steps[first + i];
      const auto kind = job->add ? route::OpKind::add_address : route::OpKind::delete_address;
      job->results[place] = route::refusal(kind, answers[i].known ? answers[i].number : ETIMEDOUT, answers[i].text);
    }
    if (!known) socket_.reset();
  }
}

}  // namespace fl::vrrp
