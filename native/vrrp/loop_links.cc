// What the loop does about interfaces and addresses that come, change and go.
#include "vrrp/loop.h"

namespace fl::vrrp {

void Loop::tell_link(const std::string& name, int64_t now) {
  const Interface* link = links_.find(name);
  Told state;
  if (link != nullptr) state = {true, link->up(), link->carrier()};
  const auto [at, fresh] = told_links_.try_emplace(name, state);
  if (!fresh && at->second == state) return;
  at->second = state;
  Event event;
  event.kind = Event::Kind::link;
  event.at = now;
  event.interface = name;
  event.present = state.present;
  event.up = state.up;
  event.carrier = state.carrier;
  outgoing_.push(std::move(event));
}

void Loop::link_changed(const std::string& name) {
  bool used = false;
  for (const auto& [instance, router] : routers_) {
    if (!router->uses(name)) continue;
    used = true;
    router->link_changed(name, now_);
  }
  if (!used) return;
  index();
  // A macvlan's own comings and goings are ours, not news.
  if (told_links_.count(name)) tell_link(name, now_);
}

void Loop::address_gone(const route::Address& address) {
  source_may_change(address);
  if (holder_.expected(address)) return;
  for (const auto& [name, router] : routers_) {
    if (router->address_gone(address, now_)) return;
  }
}

void Loop::address_there(const route::Address& address) { source_may_change(address); }

/** Adverts never leave with an address that moves; there may be hundreds of those. */
void Loop::source_may_change(const route::Address& address) {
  if (address.owner == address_owner) return;
  for (const auto& [name, router] : routers_) router->address_changed(address.index);
}

void Loop::everything_changed() {
  holder_.forget();
  for (const auto& [name, router] : routers_) {
    router->look_again(now_);
    router->link_changed(router->settings().interface, now_);
  }
  index();
  for (auto& [name, state] : told_links_) tell_link(name, now_);
}

}  // namespace fl::vrrp
