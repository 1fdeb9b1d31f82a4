#include "probe/rounds.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"

namespace fl::probe {

namespace {

constexpr uint64_t wake_key = UINT64_MAX;
/** Set in the keys of the sockets that many pings, or SYNs, share. */
constexpr uint64_t ping_key = uint64_t{1} << 63;
constexpr uint64_t syn_key = uint64_t{1} << 62;
constexpr int64_t ms_ns = 1'000'000;
/** A target that takes longer than this is slow. */
constexpr int64_t slow_ns = 250 * ms_ns;
/** A deadline that is seen so much too late was missed by us. */
constexpr int64_t late_ns = 250 * ms_ns;
/** So long after a server's neighbours were asked for its link address it may be known. */
constexpr int64_t sought_ns = 10 * ms_ns;

/** So many are begun before answers are looked at again: after we were held up, very many may be due. */
constexpr size_t most_begun = 128;

bool watch(int epoll, int fd, uint32_t events, uint64_t key) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Rounds::Rounds(Engine& engine, const Engine::Options& options, Engine::Sink sink)
    : engine_(engine),
      sink_(std::move(sink)),
      epoll_(engine.epoll_.get()),
      most_{options.most, options.most_slow},
      wheel_(monotonic_ns()),
      random_(static_cast<uint32_t>(monotonic_ns())),
      pinger_([this](int fd, size_t index) { return watch(epoll_, fd, EPOLLIN, ping_key | index); }),
      half_open_([this](int fd, size_t index) { return watch(epoll_, fd, EPOLLIN, syn_key | index); }) {}

void Rounds::run() {
  std::array<epoll_event, 256> events;
  for (;;) {
    now_ns_ = monotonic_ns();
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
    if (count < 0 && errno != EINTR) return;
    now_ns_ = monotonic_ns();
    bool woken = false;
    // What has arrived is heard before any deadline is looked at: that we are late is not held against a server.
    for (int i = 0; i < count; i++) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 == wake_key) woken = true;
      else ready(event.data.u64, event.events);
    }
    if (woken && !take_orders()) return;
    // More may lie there than fits in one look.
    if (count < static_cast<int>(events.size())) wheel_.fire(now_ns_, [this](uint32_t id) { fired(id); });
    fill();
    tell(tell_by_ns_ != 0 && now_ns_ >= tell_by_ns_);
  }
}

int Rounds::wait_ms() const {
  if (more_) return 0;
  int64_t next = wheel_.next_ns();
  if (tell_by_ns_ != 0) next = next < 0 ? tell_by_ns_ : std::min(next, tell_by_ns_);
  if (next < 0) return -1;
  return static_cast<int>(std::max<int64_t>(0, (next - now_ns_ + ms_ns - 1) / ms_ns));
}

bool Rounds::take_orders() {
  std::vector<Engine::Order> orders;
  {
    const std::lock_guard lock(engine_.mutex_);
    eventfd_t count = 0;
    ::eventfd_read(engine_.wake_.get(), &count);
    if (engine_.ended_) return false;
    orders.swap(engine_.orders_);
  }
  for (Engine::Order& order : orders) {
    const uint32_t id = order.ask.id;
    if (order.kind == Engine::Order::Kind::add) {
      Target& target = targets_[id];
      target.id = id;
      target.question = std::move(order.question);
      continue;
    }
    Target* target = find(id);
    if (target == nullptr) continue;
    if (order.kind == Engine::Order::Kind::remove) {
      release(*target);
      targets_.erase(id);
    } else if (order.kind == Engine::Order::Kind::tell_next) {
      target->repeat_ns = 0;
    } else if (target->state == State::idle || target->state == State::set) {
      target->repeat_ns = order.ask.repeat_ns;
      set(*target, order.ask.at_ns);
    }
  }
  return true;
}

void Rounds::set(Target& target, int64_t start_ns) {
  target.state = State::set;
  target.start_ns = start_ns;
  wheel_.arm(target.timer, target.id, start_ns);
}

Rounds::Target* Rounds::find(uint32_t id) {
  const auto found = targets_.find(id);
  return found == targets_.end() ? nullptr : &found->second;
}

void Rounds::ready(uint64_t key, uint32_t events) {
  if (key & ping_key) {
    pinger_.read(key & ~ping_key, [this](uint64_t token, int number) { replied(token, number); });
    return;
  }
  if (key & syn_key) {
    half_open_.read(key & ~syn_key, [this](uint32_t id, const Finding& finding) {
      if (Target* asked = find(id)) finish(*asked, finding);
    });
    engine_.refused_.store(half_open_.refused(), std::memory_order_relaxed);
    return;
  }
  Target* target = find(key < holders_.size() ? holders_[key] : 0);
  if (target == nullptr || target->state != State::asking) return;
  const Phase before = target->attempt.phase();
  if (const auto finding = target->attempt.ready(target->question, events)) return finish(*target, *finding);
  if (target->attempt.phase() != before) set_deadline(*target, target->question.response_ns, now_ns_);
}

void Rounds::replied(uint64_t token, int number) {
  Target* target = find(static_cast<uint32_t>(token >> 32));
  if (target == nullptr || target->state != State::asking || target->round != static_cast<uint32_t>(token)) return;
  if (number == 0) return finish(*target, {Ending::answered, Phase::response, 0});
  finish(*target, {Ending::failed, Phase::response, static_cast<uint32_t>(number)});
}

void Rounds::fired(uint32_t id) {
  Target* target = find(id);
  if (target == nullptr) return;
  if (target->state == State::set) return enter(*target);
  if (target->state != State::asking) return;
  if (target->sought && now_ns_ < target->due_ns) return send_syn(*target);
  const bool late = now_ns_ - target->due_ns > late_ns;
  if (target->sought && !late) return finish(*target, {Ending::failed, Phase::connect, EHOSTUNREACH});
  const Phase phase = target->question.kind == Kind::ping ? Phase::response : target->attempt.phase();
  finish(*target, {late ? Ending::stalled : Ending::timeout, phase, 0});
}

void Rounds::enter(Target& target) {
  target.state = State::waiting;
  waiting_[target.slow].push_back(target.id);
}

void Rounds::fill() {
  size_t begun = 0;
  more_ = false;
  for (const size_t lane : {0, 1}) {
    while (!waiting_[lane].empty() && asking_[0] + asking_[1] < most_[0] && asking_[lane] < most_[lane]) {
      more_ = begun++ == most_begun;
      if (more_) return;
      Target* target = find(waiting_[lane].front());
      waiting_[lane].pop_front();
      if (target != nullptr && target->state == State::waiting) begin(*target);
    }
  }
}

void Rounds::begin(Target& target) {
  const Question& question = target.question;
  target.state = State::asking;
  target.begun_ns = monotonic_ns();
  asking_[target.slow]++;
  if (question.kind == Kind::ping) {
    target.round++;
    const int number = pinger_.send(question, uint64_t{target.id} << 32 | target.round);
    if (number != 0) return finish(target, {Ending::failed, Phase::send, static_cast<uint32_t>(number)});
    return set_deadline(target, question.response_ns, target.begun_ns);
  }
  if (question.kind == Kind::syn) {
    target.due_ns = target.begun_ns + question.timeout_ns;
    if (question.connect_ns != 0) target.due_ns = std::min(target.due_ns, target.begun_ns + question.connect_ns);
    return send_syn(target);
  }
  if (const auto finding = target.attempt.begin(question, sockets_)) return finish(target, *finding);
  const int fd = target.attempt.fd();
  const auto place = static_cast<size_t>(fd);
  if (place >= holders_.size()) holders_.resize(2 * place + 1, 0);
  holders_[place] = target.id;
  if (!target.attempt.watched() && !watch(epoll_, fd, Attempt::interest(question.kind), place)) {
    return finish(target, {Ending::failed, Phase::connect, static_cast<uint32_t>(errno)});
  }
  target.attempt.set_watched();
  set_deadline(target, question.kind == Kind::udp ? question.response_ns : question.connect_ns, target.begun_ns);
}

void Rounds::send_syn(Target& target) {
  const int number = half_open_.send(target.question, target.id, target.round);
  target.sought = number == EAGAIN;
  if (number != 0 && !target.sought) {
    return finish(target, {Ending::failed, Phase::connect, static_cast<uint32_t>(number)});
  }
  wheel_.arm(target.timer, target.id, target.sought ? std::min(target.due_ns, now_ns_ + sought_ns) : target.due_ns);
}

void Rounds::set_deadline(Target& target, int64_t phase_ns, int64_t phase_from_ns) {
  target.due_ns = target.begun_ns + target.question.timeout_ns;
  if (phase_ns != 0) target.due_ns = std::min(target.due_ns, phase_from_ns + phase_ns);
  wheel_.arm(target.timer, target.id, target.due_ns);
}

Finding Rounds::together(Target& target, const Finding& finding) const {
  const Question& question = target.question;
  // What could not be sent, or was seen too late, is no word about the server.
  if (question.window == 0 || finding.ending == Ending::stalled || finding.phase == Phase::send) return finding;
  target.loss.add(finding.ending != Ending::answered, question.window);
  const size_t lost = target.loss.lost();
  const bool lossy = lost * 100 > target.loss.seen() * question.loss;
  const auto detail = static_cast<uint32_t>(target.loss.seen() << 16 | lost);
  return {lossy ? Ending::lossy : Ending::answered, Phase::response, detail};
}

void Rounds::finish(Target& target, const Finding& found) {
  const Finding finding = together(target, found);
  const int64_t took = std::max<int64_t>(0, now_ns_ - target.begun_ns);
  if (finding.ending == Ending::unexpected) {
    const std::lock_guard lock(engine_.mutex_);
    engine_.samples_[target.id] = std::move(target.attempt.sample);
  }
  release(target);
  target.slow = took > slow_ns;
  if (target.repeat_ns != 0 && finding == target.last && finding.ending != Ending::unexpected) return repeat(target, took);
  target.repeat_ns = 0;
  told_.push_back({target.id, finding, target.begun_ns, took});
  // The first is told at once, and who follows closely waits: a death is not to be found out later because many might die.
  const int64_t by = finding == target.last ? std::max(now_ns_, told_ns_ + target.question.hold_ns) : now_ns_;
  tell_by_ns_ = tell_by_ns_ == 0 ? by : std::min(tell_by_ns_, by);
  target.last = finding;
}

void Rounds::repeat(Target& target, int64_t took_ns) {
  engine_.tallies_.add(target.id, target.begun_ns, took_ns);
  const double jitter = target.question.jitter;
  const double share = std::uniform_real_distribution(1 - jitter, 1 + jitter)(random_);
  const auto interval = static_cast<int64_t>(static_cast<double>(target.repeat_ns) * share);
  // What took longer is followed at once; what was begun late does not delay those after it.
  set(target, std::max(now_ns_, target.start_ns + interval));
}

void Rounds::release(Target& target) {
  wheel_.cancel(target.timer);
  if (target.state == State::asking) {
    asking_[target.slow]--;
    const int fd = target.attempt.fd();
    if (fd >= 0 && static_cast<size_t>(fd) < holders_.size()) holders_[static_cast<size_t>(fd)] = 0;
    target.attempt.end(target.question, sockets_);
    if (target.question.kind == Kind::syn && !target.sought) half_open_.forget(target.round);
    target.sought = false;
  }
  target.state = State::idle;
}

void Rounds::tell(bool now) {
  if (!now) return;
  sink_(told_);
  told_.clear();
  tell_by_ns_ = 0;
  told_ns_ = now_ns_;
}

}  // namespace fl::probe
