#include "vrrp/router.h"

#include <algorithm>

namespace fl::vrrp {
namespace {

constexpr int64_t millisecond = 1'000'000;
constexpr int64_t repeat_span = 10 * millisecond;
// How soon to look again when a port had more than one go takes.
constexpr int64_t drain_pause = millisecond / 5;

}  // namespace

Router::Router(Parts& parts, Settings settings, int64_t now)
    : parts_(parts),
      settings_(std::move(settings)),
      speaker_(parts, counters_, [this](int64_t since) { return last_at_ > since; }),
      holding_(parts, counters_),
      listen_(parts.timers, [this](int64_t due, int64_t at) { silent(due, at); }),
      wake_(parts.timers, [this](int64_t due, int64_t) { tell(Event::Kind::wake, due, wake_serial_); }) {
  counters_.name = settings_.name;
  holding_.released = [this](int64_t) { lower_macvlan(); };
  look_again(now);
  holding_.sweep();
}

void Router::close(int64_t now) {
  withdraw(now);
  parts_.macvlans.remove(settings_);
}

void Router::configure(Settings settings, int64_t now) {
  const bool other_macvlan = settings.virtual_mac != settings_.virtual_mac || settings.interface != settings_.interface ||
                             settings.wire.vrid != settings_.wire.vrid;
  const bool up = speaker_.advertising() || holding_.holding();
  if (other_macvlan) parts_.macvlans.remove(settings_);
  settings_ = std::move(settings);
  look_again(now);
  if (up && other_macvlan) {
    raise_macvlan(now);
    holding_.restore();
  }
}

void Router::look_again(int64_t now) {
  parts_.changed();
  if (settings_.virtual_mac) {
    if (Failure failure = parts_.macvlans.ensure(settings_)) tell_trouble(parts_.outgoing, settings_, now, failure->text);
  }
  speaker_.attach(settings_, now);
  holding_.configure(settings_, now);
}

void Router::order(const Order& order, int64_t now) {
  parts_.changed();
  switch (order.kind) {
    case Order::Kind::advertise:
      raise_macvlan(now);
      return speaker_.advertise(order.priority, order.time, now);
    case Order::Kind::send: return speaker_.send(order.priority, now);
    case Order::Kind::quiet:
      speaker_.quiet();
      return lower_macvlan();
    case Order::Kind::listen: return listen(order, now);
    case Order::Kind::deaf: return deafen();
    case Order::Kind::wake:
      wake_serial_ = order.serial;
      wake_.cancel();
      if (order.time >= 0) wake_.set(now + order.time);
      return;
    case Order::Kind::hold:
      raise_macvlan(now);
      return holding_.hold(now);
    case Order::Kind::release: return holding_.release(order.time, now);
    case Order::Kind::announce: return holding_.announce(now);
  }
}

std::optional<Estate> Router::estate() const {
  Estate estate;
  estate.places = holding_.ours();
  if (settings_.virtual_mac) estate.macvlan = settings_.virtual_mac->interface;
  const Port* port = speaker_.way_out();
  if (speaker_.advertising() && port != nullptr && speaker_.source()) {
    estate.advertising = true;
    estate.interface = port->interface();
    estate.index = port->index();
    estate.source = *speaker_.source();
    estate.wire = settings_.wire;
  }
  if (!estate.advertising && estate.places.empty() && estate.macvlan.empty()) return std::nullopt;
  return estate;
}

void Router::withdraw(int64_t now) {
  parts_.changed();
  if (speaker_.advertising()) {
    speaker_.quiet();
    speaker_.send(0, now);
  }
  holding_.release(0, now);
  deafen();
  wake_.cancel();
}

void Router::deafen() {
  listening_ = false;
  counted_from_ = 0;
  same_.reset();
  listen_.cancel();
}

void Router::listen(const Order& order, int64_t now) {
  same_ = order.same;
  listen_for_ = order.time;
  listen_serial_ = order.serial;
  listening_ = true;
  excused_ = false;
  if (!order.from_last || counted_from_ == 0) counted_from_ = now;
  listen_.cancel();
  listen_.set(counted_from_ + order.time);
}

void Router::receive(const Port& port, const Arrival& arrival, int64_t wall) {
  Advert advert;
  const Verdict verdict = validate(settings_.wire, arrival.packet, speaker_.hmac(), wall, advert);
  counters_.received[static_cast<size_t>(verdict)]++;
  if (verdict != Verdict::accepted) {
    return parts_.refused(port, settings_.name, verdict, arrival.packet.source, arrival.at);
  }
  hear({arrival.packet.source, advert.priority, advert.interval_ms}, arrival.at);
}

void Router::hear(const Heard& heard, int64_t at) {
  last_at_ = at;
  if (listening_ && same_ && *same_ == heard) {
    counters_.expected++;
    counted_from_ = at;
    excused_ = false;
    return listen_.set(at + listen_for_);
  }
  // Only of what was told, and that only so long: one that the order expected has not been told, and adverts every 10 ms
  // would hold each other back for ever.
  if (heard == told_ && at - told_at_ < repeat_span && told_at_ != 0) {
    counters_.repeated++;
    return;
  }
  told_ = heard;
  told_at_ = at;
  counters_.told++;
  Event event;
  event.kind = Event::Kind::advert;
  event.at = at;
  event.instance = settings_.name;
  event.heard = heard;
  event.family = settings_.wire.family;
  if (const auto& own = speaker_.source()) event.order = heard.source < *own ? -1 : heard.source > *own ? 1 : 0;
  parts_.outgoing.push(std::move(event));
}

/** Whatever arrived until now counts, also what came after the time: a master that was heard is no reason to take over. */
void Router::silent(int64_t due, int64_t now) {
  if (Port* port = speaker_.port()) {
    const bool more = parts_.drain(*port);
    if (!listening_ || listen_.armed()) return;
    if (more && port->read_until() < due) return listen_.set(now + drain_pause);
  }
  // So late we were standing still ourselves, and what was sent meanwhile may be lost: give it another while, once.
  if (now - due > listen_for_ / 4 + millisecond && !std::exchange(excused_, true)) return listen_.set(now + listen_for_);
  listening_ = false;
  tell(Event::Kind::silence, due, listen_serial_);
}

void Router::tell(Event::Kind kind, int64_t at, uint32_t serial) {
  Event event;
  event.kind = kind;
  event.at = at;
  event.instance = settings_.name;
  event.serial = serial;
  parts_.outgoing.push(std::move(event));
}

bool Router::uses(const std::string& interface) const {
  if (interface == settings_.interface) return true;
  if (settings_.virtual_mac && settings_.virtual_mac->interface == interface) return true;
  const auto& further = settings_.cadence.interfaces;
  return std::any_of(settings_.held.begin(), settings_.held.end(), [&](const Held& one) { return one.interface == interface; }) ||
         std::find(further.begin(), further.end(), interface) != further.end();
}

void Router::link_changed(const std::string& interface, int64_t now) {
  const Interface* link = parts_.links.find(settings_.interface);
  const bool replaced = (link == nullptr ? 0 : link->index) != index();
  const bool ours = settings_.virtual_mac && interface == settings_.virtual_mac->interface;
  if (replaced || ours) {
    if (replaced && settings_.virtual_mac) {
      if (Failure failure = parts_.macvlans.ensure(settings_)) tell_trouble(parts_.outgoing, settings_, now, failure->text);
    }
    speaker_.attach(settings_, now);
  }
  const Interface* changed = parts_.links.find(interface);
  const bool up = changed != nullptr && changed->up() && changed->carrier();
  if (interface == settings_.interface || ours) {
    if (replaced || (up && !was_up_)) holding_.restore();
    if (interface == settings_.interface) was_up_ = up;
  } else if (up) {
    holding_.restore();
  }
}

void Router::address_changed(uint32_t index) {
  if (index == this->index()) speaker_.find_source();
}

void Router::raise_macvlan(int64_t now) {
  if (!settings_.virtual_mac) return;
  if (Failure failure = parts_.macvlans.up(settings_)) tell_trouble(parts_.outgoing, settings_, now, failure->text);
}

void Router::lower_macvlan() {
  if (settings_.virtual_mac && !speaker_.advertising() && !holding_.holding()) parts_.macvlans.down(settings_);
}

InstanceCounters Router::counters() const {
  InstanceCounters counters = counters_;
  counters.holding = holding_.holding();
  counters.present = holding_.present();
  return counters;
}

}  // namespace fl::vrrp
