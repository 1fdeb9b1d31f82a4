#include "vrrp/loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"

namespace fl::vrrp {
namespace {

constexpr int64_t second = 1'000'000'000;
// So many portions of a port in one go, each of up to Trays::count packets: a flood must not keep adverts from leaving.
constexpr int portions = 8;
constexpr int samples_per_second = 10;
constexpr size_t most_addresses = 255;
// A master that missed so many of its adverts was stopped: its peers have taken over. Not less than a busy machine's pauses.
constexpr int64_t stopped_intervals = 3;
constexpr int64_t least_stop = 200'000'000;
// Packets that come one shortly after the other are taken together, which costs a fraction: the kernel has noted when each
// came, so that no timer is wrong for it. This share of the shortest patience with a master, and never more than the limit.
constexpr int64_t pause_share = 256;
constexpr int64_t longest_pause = 2'000'000;

uint64_t receiver_key(uint32_t index, int family, uint8_t vrid) {
  return uint64_t{index} << 16 | uint64_t{family == AF_INET6} << 8 | vrid;
}

}  // namespace

Loop::Loop(Outgoing& outgoing, const Options& options)
    : outgoing_(outgoing),
      options_(options),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      ports_(epoll_.get()),
      holder_(links_, options.lifetime_s),
      kept_out_(holder_, timers_, [this](int64_t now, std::string text) { tell_trouble(outgoing_, {}, now, std::move(text)); }),
      announcer_(timers_, packet_socket_),
      search_(timers_, links_, announcer_),
      macvlans_(links_),
      parts_{timers_,
             links_,
             ports_,
             outbox_,
             holder_,
             announcer_,
             search_,
             macvlans_,
             outgoing,
             [this](Port& port) { return drain(port); },
             [this](const Port& port, const std::string& instance, Verdict verdict, const Address& source, int64_t at) {
               refused(port, instance, verdict, source, at);
             },
             [this] { will_changed_ = true; }} {}

Loop::~Loop() = default;

Failure Loop::open(int wake) {
  wake_ = wake;
  if (!epoll_) return system_error("open epoll", EMFILE);
  alarm_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!alarm_) return system_error("open timerfd", errno);
  if (Failure failure = links_.open()) return failure;
  // Where nftables is not loaded nothing of it was left, and to ask would load it.
  if (::access("/sys/module/nf_tables", F_OK) == 0) AcceptFilter::sweep();
  if (Failure failure = holder_.start()) return failure;
  if (Failure failure = packet_socket_.open()) return failure;
  // Ports are told by their address; these four by where they are kept here.
  const std::array<std::pair<int, void*>, 4> watched{
      {{alarm_.get(), &alarm_}, {wake, &now_}, {links_.fd(), &links_}, {holder_.fd(), &holder_}}};
  for (const auto& [fd, tag] : watched) {
    epoll_event event{};
    // Edge-triggered alarms need not be read.
    event.events = tag == &alarm_ ? EPOLLIN | EPOLLET : EPOLLIN;
    event.data.ptr = tag;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return system_error("watch", errno);
  }
  if (!options_.warden.empty()) {
    if (Failure failure = warden_.start(options_.warden)) {
      tell_trouble(outgoing_, {}, monotonic_ns(), "without a warden, addresses outlive a crash: " + failure->text);
    }
  }
  return std::nullopt;
}

void Loop::once(const std::function<void(int64_t)>& commands) {
  arm();
  if (std::exchange(received_, false) && pause_ > 0) pause();
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
  now_ = monotonic_ns();
  // Before anything else: who was stopped for long must not go on as if it had not been.
  warden_.beat(now_);
  const bool stopped = stopped_after_ > 0 && alarm_at_ != never && now_ - alarm_at_ > stopped_after_;
  if (now_ >= lease_until_ || stopped) lose_lease(now_);

  bool called = false;
  bool links = false;
  bool held = false;
  for (int i = 0; i < count; i++) {
    void* const tag = events[static_cast<size_t>(i)].data.ptr;
    if (tag == &alarm_) continue;
    if (tag == &now_) {
      called = true;
    } else if (tag == &links_) {
      links = true;
    } else if (tag == &holder_) {
      held = true;
    } else {
      drain(*static_cast<Port*>(tag));
      received_ = true;
    }
  }
  if (links) links_.read(*this);
  if (held) holder_.finish(monotonic_ns());
  if (called) commands(monotonic_ns());
  timers_.fire(monotonic_ns());
  flush();
  if (std::exchange(will_changed_, false)) write_will();
}

/** Sends what is due. That the network is down is told elsewhere; any other refusal is told, but not over and over. */
void Loop::flush() {
  const int number = outbox_.flush();
  if (number == 0 || number == ENETDOWN || number == ENODEV || number == ENXIO) return;
  const int64_t now = monotonic_ns();
  if (number == unsent_number_ && now - unsent_told_ < 60 * second) return;
  unsent_number_ = number;
  unsent_told_ = now;
  tell_trouble(outgoing_, {}, now, "an advert could not be sent: " + errno_text(number));
}

void Loop::arm() {
  const int64_t next = std::min(timers_.next(), lease_until_);
  if (next == alarm_at_) return;
  alarm_at_ = next;
  itimerspec when{};
  // All zeros would switch it off; a time that has passed rings at once.
  const int64_t at = next == never ? 0 : std::max<int64_t>(next, 1);
  when.it_value = {at / second, at % second};
  ::timerfd_settime(alarm_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

/** Lets packets gather, unless something else is to be done first. */
void Loop::pause() {
  const int64_t left = std::min(alarm_at_ == never ? pause_ : alarm_at_ - monotonic_ns(), pause_);
  if (left <= 0) return;
  const timespec limit{0, left};
  std::array<pollfd, 3> urgent{{{wake_, POLLIN, 0}, {holder_.fd(), POLLIN, 0}, {links_.fd(), POLLIN, 0}}};
  ::ppoll(urgent.data(), urgent.size(), &limit, nullptr);
}

bool Loop::drain(Port& port) {
  const int64_t wall = wall_us();
  for (int i = 0; i < portions; i++) {
    const bool more = port.read(trays_, arrivals_);
    // Without a lease nobody is there who could decide on what is heard.
    if (!dormant_) {
      for (const Arrival& arrival : arrivals_) take(port, arrival, wall);
    }
    if (!more) return false;
  }
  return true;
}

void Loop::take(Port& port, const Arrival& arrival, int64_t wall) {
  const auto head = peek(arrival.packet.message);
  const auto at = head ? receivers_.find(receiver_key(port.index(), port.family(), head->vrid)) : receivers_.end();
  if (at != receivers_.end()) return at->second->receive(port, arrival, wall);
  const Verdict verdict = head ? Verdict::vrid : Verdict::too_short;
  port.strange[static_cast<size_t>(verdict)]++;
  refused(port, {}, verdict, arrival.packet.source, arrival.at);
}

void Loop::refused(const Port& port, const std::string& instance, Verdict verdict, const Address& source, int64_t at) {
  unsaid_++;
  if (at / second != sample_second_) {
    sample_second_ = at / second;
    samples_ = 0;
  }
  if (samples_ >= samples_per_second) return;
  samples_++;
  Event event;
  event.kind = Event::Kind::refused;
  event.at = at;
  event.instance = instance;
  event.interface = port.interface();
  event.verdict = verdict;
  event.family = port.family();
  event.heard.source = source;
  event.count = std::exchange(unsaid_, 0);
  outgoing_.push(std::move(event));
}

std::optional<std::string> Loop::objection(const Settings& settings, const std::set<std::string>& names) const {
  if (!names.count(settings.name)) return "another instance has that name";
  if (settings.wire.vrid == 0) return "vrid 0 is none";
  if (settings.wire.advertised.size() > most_addresses) return "more than 255 addresses do not fit an advert";
  return std::nullopt;
}

void Loop::configure(std::vector<Settings> settings, int64_t now) {
  now_ = now;
  // What is on its way belongs to ports and instances that may go now.
  flush();
  std::set<std::string> names;
  std::set<std::tuple<std::string, int, uint8_t>> places;
  for (const Settings& one : settings) names.insert(one.name);
  std::set<std::string> wanted = names;

  std::erase_if(settings, [&](const Settings& one) {
    auto text = objection(one, names);
    if (!text && !places.insert({one.interface, one.wire.family, one.wire.vrid}).second) {
      text = "another instance has this interface, family and vrid";
    }
    names.erase(one.name);
    if (text) tell_trouble(outgoing_, one, now, std::move(*text));
    return text.has_value();
  });
  ClosedSet closed;
  for (const Settings& one : settings) closed.merge(closed_by(one));
  kept_out_.widen(closed);
  for (auto at = routers_.begin(); at != routers_.end();) {
    if (wanted.count(at->first)) {
      ++at;
      continue;
    }
    at->second->close(now);
    flush();
    at = routers_.erase(at);
  }
  for (Settings& one : settings) {
    const auto at = routers_.find(one.name);
    if (at != routers_.end()) {
      at->second->configure(std::move(one), now);
    } else {
      const std::string name = one.name;
      routers_[name] = std::make_unique<Router>(parts_, std::move(one), now);
    }
  }
  ClosedSet stays;
  for (const auto& [name, router] : routers_) stays.merge(closed_by(router->settings()));
  kept_out_.set(std::move(stays));
  macvlans_.sweep([&](const std::string& name) {
    return std::any_of(routers_.begin(), routers_.end(), [&](const auto& entry) {
      const auto& macvlan = entry.second->settings().virtual_mac;
      return macvlan && macvlan->interface == name;
    });
  });
  index();
  for (const auto& [name, router] : routers_) {
    const Settings& one = router->settings();
    tell_link(one.interface, now);
    for (const Held& held : one.held) tell_link(held.interface, now);
    for (const std::string& further : one.cadence.interfaces) tell_link(further, now);
  }
}

void Loop::index() {
  receivers_.clear();
  for (const auto& [name, router] : routers_) {
    const Wire& wire = router->settings().wire;
    if (router->index() != 0) receivers_[receiver_key(router->index(), wire.family, wire.vrid)] = router.get();
  }
}

void Loop::order(const std::string& instance, const std::vector<Order>& orders, int64_t now) {
  if (dormant_) {
    deferred_.emplace_back(instance, orders);
    return;
  }
  const auto at = routers_.find(instance);
  if (at == routers_.end()) return;
  for (const Order& one : orders) at->second->order(one, now);
}

void Loop::lease(int64_t until, int64_t now) {
  lease_until_ = until == 0 ? never : until;
  dormant_ = false;
  for (const auto& [instance, orders] : std::exchange(deferred_, {})) order(instance, orders, now);
}

void Loop::write_will() {
  Will will;
  int64_t shortest = 0;
  int64_t patience = 0;
  for (const auto& [name, router] : routers_) {
    const int64_t waits = router->patience();
    if (waits > 0 && (patience == 0 || waits < patience)) patience = waits;
    const int64_t interval = router->interval();
    if (interval > 0 && (shortest == 0 || interval < shortest)) shortest = interval;
    if (auto estate = router->estate()) will.estates.push_back(std::move(*estate));
  }
  stopped_after_ = shortest == 0 ? 0 : std::max(stopped_intervals * shortest, least_stop);
  will.limit = stopped_after_;
  will.keeps_out = kept_out_.any();
  pause_ = std::min(patience / pause_share, longest_pause);
  if (!warden_.write(will)) tell_trouble(outgoing_, {}, now_, "more addresses than the warden can look after");
}

void Loop::lose_lease(int64_t now) {
  lease_until_ = never;
  dormant_ = true;
  for (const auto& [name, router] : routers_) router->withdraw(now);
  flush();
  Event event;
  event.kind = Event::Kind::lease_lost;
  event.at = now;
  outgoing_.push(std::move(event));
}

void Loop::close(int64_t now) {
  for (const auto& [name, router] : routers_) router->close(now);
  flush();
  kept_out_.set({});
  holder_.stop();
  routers_.clear();
  receivers_.clear();
}

Counters Loop::counters() const {
  Counters counters;
  for (const auto& [name, router] : routers_) counters.instances.push_back(router->counters());
  for (const auto& [key, port] : ports_.all()) {
    if (std::get<bool>(key)) counters.ports.push_back({port->interface(), port->family(), port->strange});
  }
  counters.lateness = outbox_.lateness();
  return counters;
}

}  // namespace fl::vrrp
