#include "vrrp/speaker.h"

#include <algorithm>

namespace fl::vrrp {
namespace {

// An advert that is due within this share of its interval goes along when the thread is awake for another one, and from then
// on with it: many instances come to wake us, and their peers, so many times in an interval.
constexpr int64_t early_share = 16;
// Later than this we were standing still ourselves, and somebody may have taken over.
constexpr int64_t stalled_intervals = 2;

}  // namespace

Speaker::Speaker(Parts& parts, InstanceCounters& counters, std::function<bool(int64_t)> rival_since)
    : parts_(parts),
      counters_(counters),
      rival_since_(std::move(rival_since)),
      timer_(parts.timers, [this](int64_t at, int64_t now) { due(at, now); }) {}

void Speaker::attach(Settings& settings, int64_t now) {
  settings_ = &settings;
  const Interface* link = parts_.links.find(settings.interface);
  const bool through = settings.virtual_mac && settings.virtual_mac->adverts;
  const Interface* out = through ? parts_.links.find(settings.virtual_mac->interface) : nullptr;

  // New places are taken before old ones are given back: what stays the same is never closed.
  Port* port = nullptr;
  if (link != nullptr) {
    auto taken = parts_.ports.take(*link, settings.wire.family, true);
    if (taken) port = *taken;
    if (!taken) tell_trouble(parts_.outgoing, settings, now, taken.error().text);
  }
  std::optional<Address> joined;
  if (port != nullptr && settings.wire.peers.empty()) {
    joined = settings.wire.group;
    if (Failure failure = port->join(*joined)) {
      joined.reset();
      tell_trouble(parts_.outgoing, settings, now, failure->text);
    }
  }
  Port* way_out = nullptr;
  if (out != nullptr) {
    auto taken = parts_.ports.take(*out, settings.wire.family, false);
    if (taken) way_out = *taken;
    if (!taken) tell_trouble(parts_.outgoing, settings, now, taken.error().text);
  }
  detach();
  port_ = port;
  joined_ = joined;
  way_out_ = way_out;
  find_source();
}

void Speaker::detach() {
  if (port_ != nullptr && joined_) port_->leave(*joined_);
  if (port_ != nullptr) parts_.ports.give_back(port_);
  if (way_out_ != nullptr) parts_.ports.give_back(way_out_);
  port_ = nullptr;
  way_out_ = nullptr;
  joined_.reset();
}

void Speaker::find_source() {
  const Interface* link = port_ == nullptr ? nullptr : parts_.links.find(port_->index());
  source_ = settings_->source;
  if (!source_ && link != nullptr) source_ = parts_.links.source(*link, port_->family());
  settings_->wire.own = source_.value_or(Address{});
}

void Speaker::advertise(uint8_t priority, int64_t every, int64_t now) {
  priority_ = priority;
  every_ = every;
  last_ = now;
  post(priority, 0, now);
  timer_.set(now + every, every / early_share);
}

void Speaker::send(uint8_t priority, int64_t now) {
  post(priority, 0, now);
  if (!timer_.armed()) return;
  last_ = now;
  timer_.set(now + every_, every_ / early_share);
}

void Speaker::quiet() { timer_.cancel(); }

void Speaker::due(int64_t due, int64_t now) {
  // Counted from now if it is early: never more than an interval between two.
  const int64_t next = due > now || due + every_ <= now ? now + every_ : due + every_;
  if (now - due > stalled_intervals * every_ && port_ != nullptr) {
    parts_.drain(*port_);
    // Whether we are the master still is for the election to say, which hears of it now.
    if (rival_since_(due)) return timer_.set(next, every_ / early_share);
  }
  const int64_t gap = now - last_;
  last_ = now;
  counters_.longest_gap = std::max(counters_.longest_gap, gap);
  if (gap > every_ + every_ / 2) counters_.late++;
  post(priority_, std::min(due, now), now);
  timer_.set(next, every_ / early_share);
}

void Speaker::post(uint8_t priority, int64_t due, int64_t now) {
  Port* port = way_out_ != nullptr ? way_out_ : port_;
  if (port == nullptr || !source_) {
    counters_.failed++;
    if (!std::exchange(mute_told_, true)) {
      const char* what = port == nullptr ? " is missing" : " has no address to send adverts from";
      tell_trouble(parts_.outgoing, *settings_, now, settings_->interface + what);
    }
    return;
  }
  mute_told_ = false;
  const Wire& wire = settings_->wire;
  const auto send_to = [&](const Address& destination) {
    Outbox::Packet packet{port->fd(), port->index(), wire.family, *source_, destination, wire.ttl, {}, &counters_, due};
    packet.message = encode(wire, priority, *source_, destination, hmac_, wall_us());
    parts_.outbox.add(std::move(packet));
  };
  if (wire.peers.empty()) return send_to(wire.group);
  for (const Peer& peer : wire.peers) send_to(peer.address);
}

}  // namespace fl::vrrp
