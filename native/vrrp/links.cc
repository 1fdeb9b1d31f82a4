#include "vrrp/links.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>

#include "netlink/message.h"
#include "route/client.h"

namespace fl::vrrp {
namespace {

// Not in the C library's <net/if.h>, and <linux/if.h> does not go with that.
constexpr uint32_t iff_lower_up = 1 << 16;

Interface interface_of(const route::Link& link) {
  Interface made;
  made.index = link.index;
  made.name = link.name;
  made.flags = link.flags;
  made.parent = link.parent;
  made.alias = link.alias;
  if (link.hardware[0] == made.mac.size()) std::copy_n(link.hardware + 1, made.mac.size(), made.mac.begin());
  return made;
}

bool same_address(const route::Address& one, const route::Address& other) {
  return one.family == other.family && one.prefix == other.prefix && std::equal(one.local, one.local + 16, other.local);
}

}  // namespace

bool Interface::up() const { return (flags & IFF_UP) != 0; }
bool Interface::carrier() const { return (flags & iff_lower_up) != 0; }

Failure Links::open() {
  auto opened = netlink::Socket::open(NETLINK_ROUTE, {}, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  if (!opened) return opened.error();
  socket_.emplace(std::move(*opened));
  return read_all();
}

Failure Links::read_all() {
  route::Client client({});
  auto links = client.links();
  if (!links) return links.error();
  auto addresses = client.addresses();
  if (!addresses) return addresses.error();
  links_.clear();
  for (const route::Link& link : *links) links_[link.index] = interface_of(link);
  for (const route::Address& address : *addresses) {
    const auto at = links_.find(address.index);
    if (at != links_.end()) at->second.addresses.push_back(address);
  }
  return std::nullopt;
}

void Links::read(Listener& listener) {
  using Kind = netlink::Received::Kind;
  for (;;) {
    const netlink::Received received = socket_->receive(Deadline::after_ms(0));
    if (received.kind == Kind::data) {
      take(received.datagram, listener);
    } else if (received.kind == Kind::overrun || received.kind == Kind::truncated) {
      if (!read_all()) listener.everything_changed();
    } else {
      return;
    }
  }
}

void Links::take(Bytes datagram, Listener& listener) {
  netlink::MessageReader reader(datagram);
  while (const auto message = reader.next()) {
    const uint16_t type = message->header.nlmsg_type;
    if (type == RTM_NEWLINK || type == RTM_DELLINK) {
      route::Link link;
      if (route::decode_link(message->payload, link)) take_link(link, type == RTM_DELLINK, listener);
    } else if (type == RTM_NEWADDR || type == RTM_DELADDR) {
      route::Address address;
      if (route::decode_address(message->payload, address)) take_address(address, type == RTM_DELADDR, listener);
    }
  }
}

void Links::take_link(const route::Link& link, bool gone, Listener& listener) {
  Interface made = interface_of(link);
  const auto at = links_.find(link.index);
  std::string before;
  if (at != links_.end()) {
    before = at->second.name;
    made.addresses = std::move(at->second.addresses);
  }
  const std::string name = made.name;
  if (gone) {
    links_.erase(link.index);
  } else {
    links_[link.index] = std::move(made);
  }
  if (!before.empty() && before != name) listener.link_changed(before);
  listener.link_changed(name);
}

void Links::take_address(const route::Address& address, bool gone, Listener& listener) {
  const auto at = links_.find(address.index);
  if (at != links_.end()) {
    auto& known = at->second.addresses;
    const auto place =
        std::find_if(known.begin(), known.end(), [&](const auto& other) { return same_address(other, address); });
    if (gone && place != known.end()) known.erase(place);
    if (!gone && place != known.end()) *place = address;
    if (!gone && place == known.end()) known.push_back(address);
  }
  if (gone) {
    listener.address_gone(address);
  } else {
    listener.address_there(address);
  }
}

const Interface* Links::find(const std::string& name) const {
  for (const auto& [index, link] : links_) {
    if (link.name == name) return &link;
  }
  return nullptr;
}

const Interface* Links::find(uint32_t index) const {
  const auto at = links_.find(index);
  return at == links_.end() ? nullptr : &at->second;
}

const route::Address* Links::find_address(uint32_t index, int family, const Address& address, uint8_t prefix) const {
  const Interface* link = find(index);
  if (link == nullptr) return nullptr;
  for (const route::Address& known : link->addresses) {
    if (known.family == static_cast<uint32_t>(family) && known.prefix == prefix &&
        std::equal(address.begin(), address.end(), known.local)) {
      return &known;
    }
  }
  return nullptr;
}

std::optional<Address> Links::source(const Interface& link, int family) const {
  const route::Address* best = nullptr;
  for (const route::Address& known : link.addresses) {
    if (known.family != static_cast<uint32_t>(family) || known.owner == address_owner) continue;
    if (family == AF_INET6) {
      const bool link_local = known.local[0] == 0xfe && (known.local[1] & 0xc0) == 0x80;
      if (!link_local || (known.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0) continue;
      return std::to_array(known.local);
    }
    const bool primary = (known.flags & IFA_F_SECONDARY) == 0 && known.scope == RT_SCOPE_UNIVERSE;
    if (best == nullptr || (primary && (best->flags & IFA_F_SECONDARY) != 0)) best = &known;
  }
  if (best == nullptr) return std::nullopt;
  return std::to_array(best->local);
}

}  // namespace fl::vrrp
