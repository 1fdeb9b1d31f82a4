#include "vrrp/holder.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "netlink/exchange.h"
#include "route/codec.h"

namespace fl::vrrp {
namespace {

// The kernel carries a request out before send() returns, so an answer that is late is a kernel in trouble.
constexpr int64_t deadline_ms = 1000;

route::Address record(const Place& place, uint32_t lifetime_s) {
  route::Address address{};
  const Held& held = place.held;
  address.family = static_cast<uint32_t>(held.family);
  address.index = place.index;
  address.prefix = held.prefix;
  address.owner = address_owner;
  address.scope = held.scope;
  address.lifetime = lifetime_s;
  // As src/kernel/net.ts: in use at once, and no source of what this machine sends by itself.
  if (held.family == AF_INET6) address.flags = IFA_F_NODAD | IFA_F_DEPRECATED;
  std::copy(held.address.begin(), held.address.end(), address.local);
  std::copy(held.address.begin(), held.address.end(), address.peer);
  held.label.copy(address.label, sizeof address.label - 1);
  return address;
}

}  // namespace

Failure Holder::open() {
  auto opened = netlink::Socket::open(NETLINK_ROUTE, {});
  if (!opened) return opened.error();
  socket_.emplace(std::move(*opened));
  return std::nullopt;
}

bool Holder::ready() { return socket_.has_value() || !open(); }

Holder::Key Holder::key(const Place& place) {
  return {static_cast<uint32_t>(place.held.family), place.index, place.held.prefix, place.held.address};
}

bool Holder::foreign(const Place& place) const {
  const auto* there = links_.find_address(place.index, place.held.family, place.held.address, place.held.prefix);
  return there != nullptr && there->owner != address_owner && ours_.count(key(place)) == 0;
}

std::vector<std::pair<Held, Error>> Holder::add(const std::vector<Place>& places) {
  std::vector<std::pair<Held, Error>> failed;
  for (size_t next = 0; next < places.size();) {
    if (!ready()) return failed;
    netlink::Batch batch(*socket_);
    std::vector<const Place*> sent;
    for (; next < places.size() && !batch.full(1); next++) {
      if (foreign(places[next])) continue;
      batch.begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
      route::encode_address(batch.writer(), record(places[next], lifetime_s_), true);
      batch.end();
      sent.push_back(&places[next]);
    }
    const auto answers = batch.run(Deadline::after_ms(deadline_ms));
    for (size_t i = 0; i < answers.size(); i++) {
      if (!answers[i].known) socket_.reset();
      if (answers[i].ok()) {
        ours_.insert(key(*sent[i]));
        continue;
      }
      const int number = answers[i].known ? answers[i].number : ETIMEDOUT;
      failed.emplace_back(sent[i]->held, route::refusal(route::OpKind::add_address, number, answers[i].text));
    }
  }
  return failed;
}

void Holder::remove(const std::vector<Place>& places) {
  for (size_t next = 0; next < places.size();) {
    if (!ready()) return;
    netlink::Batch batch(*socket_);
    std::vector<Key> sent;
    for (; next < places.size() && !batch.full(1); next++) {
      if (foreign(places[next])) continue;
      batch.begin(RTM_DELADDR, 0);
      route::encode_address(batch.writer(), record(places[next], 0), false);
      batch.end();
      sent.push_back(key(places[next]));
    }
    const auto answers = batch.run(Deadline::after_ms(deadline_ms));
    for (size_t i = 0; i < answers.size(); i++) {
      if (!answers[i].known) socket_.reset();
      ours_.erase(sent[i]);
      if (answers[i].ok()) leaving_[sent[i]]++;
    }
  }
}

bool Holder::expected(const route::Address& address) {
  const auto at = leaving_.find({address.family, address.index, address.prefix, std::to_array(address.local)});
  if (at == leaving_.end()) return false;
  if (--at->second == 0) leaving_.erase(at);
  return true;
}

}  // namespace fl::vrrp
