#include "vrrp/holding.h"

#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>

#include "vrrp/announce.h"

namespace fl::vrrp {
namespace {

constexpr int64_t millisecond = 1'000'000;
// Somebody who keeps removing an address is answered at once, and then this often.
constexpr int64_t put_back_pause = 100 * millisecond;

}  // namespace

Holding::Holding(Parts& parts, InstanceCounters& counters)
    : parts_(parts),
      counters_(counters),
      lookout_(parts, [this] { return places(held_); }),
      renew_(parts.timers,
             [this](int64_t, int64_t now) {
               add(held_, {});
               renew_.set(now + parts_.holder.renewal());
             }),
      repeat_(parts.timers, [this](int64_t, int64_t now) { announce(held_, now); }),
      refresh_(parts.timers,
               [this](int64_t, int64_t now) {
                 announce(held_, now);
                 arm_refresh(now);
               }),
      release_(parts.timers, [this](int64_t, int64_t now) { let_go(now); }),
      put_back_timer_(parts.timers, [this](int64_t, int64_t now) { put_back(now); }) {}

void Holding::configure(const Settings& settings, int64_t now) {
  const std::vector<Place> before = holding_ ? places(held_) : std::vector<Place>{};
  held_ = settings.held;
  settings_ = &settings;
  lookout_.configure(settings, now);
  interface_ = settings.interface;
  macvlan_ = settings.virtual_mac ? settings.virtual_mac->interface : std::string{};
  if (!holding_) return;

  const std::vector<Place> after = places(held_);
  const auto without = [](const std::vector<Place>& from, const std::vector<Place>& what) {
    std::vector<Place> rest;
    std::copy_if(from.begin(), from.end(), std::back_inserter(rest),
                 [&](const Place& one) { return std::find(what.begin(), what.end(), one) == what.end(); });
    return rest;
  };
  std::vector<Held> fresh;
  for (const Place& one : without(after, before)) fresh.push_back(one.held);
  const auto stale = without(before, after);
  // First the new ones, so that there is no moment without any.
  if (!fresh.empty()) add(fresh, [this, fresh](int64_t at) { announce(fresh, at); });
  parts_.holder.remove(stale);
}

void Holding::hold(int64_t now) {
  release_.cancel();
  const bool fresh = !std::exchange(holding_, true);
  if (fresh) add(held_, [this](int64_t at) { announce(at); });
  if (fresh && parts_.holder.renewal() > 0) renew_.set(now + parts_.holder.renewal());
  if (fresh) lookout_.start(now);
  parts_.changed();
}

std::vector<Place> Holding::ours() const {
  if (!holding_) return {};
  std::vector<Place> all = places(held_);
  std::erase_if(all, [this](const Place& place) { return !parts_.holder.ours(place); });
  return all;
}

void Holding::release(int64_t after, int64_t now) {
  if (!holding_) return;
  if (after > 0) return release_.set(now + after);
  let_go(now);
}

void Holding::let_go(int64_t now) {
  abandon();
  parts_.holder.remove(places(held_));
  parts_.changed();
  if (released) released(now);
}

void Holding::abandon() {
  holding_ = false;
  era_ = std::make_shared<int>(0);
  missing_.clear();
  lookout_.stop();
  parts_.announcer.forget(counters_);
  for (Timer* timer : {&renew_, &repeat_, &refresh_, &release_, &put_back_timer_}) timer->cancel();
}

void Holding::announce(int64_t now) {
  if (!holding_) return;
  parts_.announcer.forget(counters_);
  announce(held_, now);
  if (settings_->cadence.repeat_after_ms > 0) {
    repeat_.cancel();
    repeat_.set(now + settings_->cadence.repeat_after_ms * millisecond);
  }
  arm_refresh(now);
}

void Holding::arm_refresh(int64_t now) {
  refresh_.cancel();
  if (settings_->cadence.refresh_ms > 0) refresh_.set(now + settings_->cadence.refresh_ms * millisecond);
}

std::optional<Place> Holding::place(const Held& held) const {
  const bool on_macvlan = !macvlan_.empty() && held.interface == interface_;
  const Interface* link = parts_.links.find(on_macvlan ? macvlan_ : held.interface);
  if (link == nullptr) return std::nullopt;
  return Place{link->index, held};
}

std::vector<Place> Holding::places(const std::vector<Held>& held) const {
  std::vector<Place> found;
  found.reserve(held.size());
  for (const Held& one : held) {
    if (auto where = place(one)) found.push_back(std::move(*where));
  }
  return found;
}

void Holding::add(const std::vector<Held>& held, std::function<void(int64_t)> then) {
  parts_.holder.add(places(held), [this, then = std::move(then), era = std::weak_ptr(era_)](const auto& failed, int64_t now) {
    if (era.expired()) return;
    // A renewal changes nothing.
    if (then || !failed.empty()) parts_.changed();
    if (!failed.empty()) refused(failed, now);
    if (then) then(now);
  });
}

void Holding::refused(const Holder::Refused& refused, int64_t now) {
  std::string text = "cannot add an address on " + refused.front().first.interface + ": " + refused.front().second.text;
  if (refused.size() > 1) text += " (and " + std::to_string(refused.size() - 1) + " more)";
  tell_trouble(parts_.outgoing, *settings_, now, std::move(text));
}

void Holding::announce(const std::vector<Held>& held, int64_t now) {
  // One set of frames per interface that hears of it: its own hardware address is what it has to hear.
  const auto frames_for = [&](const Interface& link, const Held& one, std::vector<std::vector<uint8_t>>& frames) {
    if ((link.flags & (IFF_LOOPBACK | IFF_NOARP)) != 0) return;
    frames.push_back(one.family == AF_INET6 ? neighbour_advertisement(link.mac, one.address, true)
                                            : gratuitous_arp(link.mac, one.address, false));
  };
  std::map<uint32_t, std::vector<std::vector<uint8_t>>> frames;
  for (const Place& one : places(held)) {
    if (const Interface* link = parts_.links.find(one.index)) frames_for(*link, one.held, frames[one.index]);
    for (const std::string& further : settings_->cadence.interfaces) {
      const Interface* link = parts_.links.find(further);
      if (link != nullptr && link->index != one.index) frames_for(*link, one.held, frames[link->index]);
    }
  }
  const int64_t gap = settings_->cadence.gap_ms * millisecond;
  for (auto& [index, list] : frames) parts_.announcer.announce(counters_, index, std::move(list), settings_->cadence.count, gap, now);
}

bool Holding::gone(const route::Address& address, int64_t now) {
  if (!holding_) return false;
  for (const Held& held : held_) {
    if (static_cast<uint32_t>(held.family) != address.family || held.prefix != address.prefix) continue;
    if (!std::equal(held.address.begin(), held.address.end(), address.local)) continue;
    const auto where = place(held);
    if (!where || where->index != address.index) continue;
    missing_.push_back(held);
    if (!put_back_timer_.armed()) put_back_timer_.set(std::max(now, put_back_at_ + put_back_pause));
    return true;
  }
  return false;
}

void Holding::put_back(int64_t now) {
  put_back_at_ = now;
  std::vector<Held> missing = std::exchange(missing_, {});
  // While its interface is down an address has to wait: restore() brings it.
  std::erase_if(missing, [&](const Held& held) {
    const auto where = place(held);
    const Interface* link = where ? parts_.links.find(where->index) : nullptr;
    return link == nullptr || !link->up();
  });
  if (missing.empty()) return;
  add(missing, [this, missing](int64_t at) { announce(missing, at); });
  counters_.disturbed += missing.size();
  Event event;
  event.kind = Event::Kind::disturbed;
  event.at = now;
  event.instance = settings_->name;
  event.count = missing.size();
  event.interface = missing.front().interface;
  event.family = missing.front().family;
  event.heard.source = missing.front().address;
  parts_.outgoing.push(std::move(event));
}

void Holding::restore() {
  if (holding_) add(held_, [this](int64_t at) { announce(held_, at); });
}

uint32_t Holding::present() const {
  const auto all = places(held_);
  return static_cast<uint32_t>(std::count_if(all.begin(), all.end(), [&](const Place& one) {
    return parts_.links.find_address(one.index, one.held.family, one.held.address, one.held.prefix) != nullptr;
  }));
}

}  // namespace fl::vrrp
