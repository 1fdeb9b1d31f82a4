#include "probe/next_hop.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>

#include "netlink/attr.h"
#include "netlink/exchange.h"

namespace fl::probe {

namespace {

/** The kernel answers before send() returns; this is for the day it does not. */
constexpr int64_t deadline_ms = 100;
constexpr uint16_t known = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;
constexpr uint16_t confirmed = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE;

void put_number(Writer& writer, uint16_t type, uint32_t value) { netlink::put_attr(writer, type, record_bytes(value)); }

uint32_t number_in(Bytes attributes, uint16_t type) {
  const auto found = netlink::find_attr(attributes, type);
  return found ? Reader(*found).value<uint32_t>() : 0;
}

/** Copies an address of its family; false when there is none of that length. */
bool copy_address(Bytes attributes, uint16_t type, size_t size, std::array<uint8_t, 16>& to) {
  const auto found = netlink::find_attr(attributes, type);
  if (!found || found->size() != size) return false;
  std::copy(found->begin(), found->end(), to.begin());
  return true;
}

bool in_subnet(Bytes one, Bytes other, size_t prefix) {
  for (size_t bit = 0; bit < std::min(prefix, one.size() * 8); bit++) {
    if (((one[bit / 8] ^ other[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

uint16_t ether_type(bool ipv6) { return htons(ipv6 ? 0x86dd : 0x0800); }

}  // namespace

struct NextHops::Way {
  bool ipv6 = false;
  uint32_t index = 0;
  /** Whose link address is needed: the server's, or its gateway's. */
  std::array<uint8_t, 16> via{};
  std::array<uint8_t, 16> own{};
  size_t size() const { return ipv6 ? 16 : 4; }
  uint8_t family() const { return ipv6 ? AF_INET6 : AF_INET; }
};

template <class Visit>
int NextHops::exchange(Writer& request, uint32_t sequence, size_t start, Visit visit) {
  netlink::end_message(request, start);
  if (request.failed()) return EMSGSIZE;
  const auto answer =
      netlink::exchange(*socket_, sequence, request.bytes(), Deadline::after_ms(deadline_ms), [&](const auto& message) {
        visit(message.payload);
      });
  // What is left of it would be taken for the next answer.
  if (!answer.known) socket_.reset();
  return answer.known ? answer.number : (answer.number == 0 ? EIO : answer.number);
}

int NextHops::look(const Endpoint& server, const Source& from, Bytes avoid, bool link, NextHop& found) {
  if (!socket_) {
    auto opened = netlink::Socket::open(NETLINK_ROUTE, {});
    if (!opened) return opened.error().number;
    socket_.emplace(std::move(*opened));
  }
  Way way;
  way.ipv6 = server.ipv6();
  if (const int number = route(server, from, way); number != 0) return number;
  if (from.address.empty()) {
    if (const int number = choose_own(way, avoid); number != 0) return number;
  }
  found.own = way.own;
  return link ? neighbour(way, found) : 0;
}

int NextHops::choose_own(Way& way, Bytes avoid) {
  const auto avoided = [&](Bytes address) { return std::equal(avoid.begin(), avoid.end(), address.begin()); };
  if (!way.ipv6 && !avoided(way.own)) return 0;
  const uint32_t sequence = socket_->next_sequence();
  Writer request;
  const size_t start = netlink::begin_message(request, RTM_GETADDR, NLM_F_DUMP, sequence);
  ifaddrmsg head{};
  head.ifa_family = way.family();
  request.value(head);
  bool chosen = false;
  const int failed = exchange(request, sequence, start, [&](Bytes payload) {
    Reader reader(payload);
    const auto entry = reader.value<ifaddrmsg>();
    std::array<uint8_t, 16> address{};
    if (entry.ifa_family != way.family() || entry.ifa_index != way.index) return;
    if (!copy_address(reader.take(reader.left()), way.ipv6 ? IFA_ADDRESS : IFA_LOCAL, way.size(), address)) return;
    if (avoided(address) || (entry.ifa_flags & (IFA_F_DEPRECATED | IFA_F_TENTATIVE)) != 0) return;
    if (!in_subnet(Bytes(way.via).first(way.size()), address, entry.ifa_prefixlen)) return;
    // The first is told last for IPv6, and first for IPv4.
    if (chosen && !way.ipv6) return;
    way.own = address;
    chosen = true;
  });
  if (failed != 0) return failed;
  return chosen || !avoided(way.own) ? 0 : EADDRNOTAVAIL;
}

int NextHops::route(const Endpoint& server, const Source& from, Way& way) {
  const uint32_t sequence = socket_->next_sequence();
  Writer request;
  const size_t start = netlink::begin_message(request, RTM_GETROUTE, NLM_F_ACK, sequence);
  rtmsg head{};
  head.rtm_family = way.family();
  head.rtm_dst_len = static_cast<uint8_t>(way.size() * 8);
  const bool given = from.address.size() == way.size();
  if (given) head.rtm_src_len = head.rtm_dst_len;
  request.value(head);
  netlink::put_attr(request, RTA_DST, server.address());
  if (given) netlink::put_attr(request, RTA_SRC, from.address);
  if (from.mark != 0) put_number(request, RTA_MARK, from.mark);
  if (!from.interface.empty()) {
    const uint32_t index = ::if_nametoindex(from.interface.c_str());
    if (index == 0) return ENODEV;
    put_number(request, RTA_OIF, index);
  }
  int number = ENETUNREACH;
  const int failed = exchange(request, sequence, start, [&](Bytes payload) {
    Reader reader(payload);
    const auto route = reader.value<rtmsg>();
    const Bytes attributes = reader.take(reader.left());
    // A server that is this machine has no link to be reached by.
    if (route.rtm_type == RTN_LOCAL) number = ENODEV;
    if (route.rtm_type != RTN_UNICAST) return;
    way.index = number_in(attributes, RTA_OIF);
    if (!copy_address(attributes, RTA_GATEWAY, way.size(), way.via)) {
      const Bytes address = server.address();
      std::copy(address.begin(), address.end(), way.via.begin());
    }
    if (given) std::copy(from.address.begin(), from.address.end(), way.own.begin());
    else if (!copy_address(attributes, RTA_PREFSRC, way.size(), way.own)) return;
    number = 0;
  });
  return failed != 0 ? failed : number;
}

int NextHops::neighbour(Way& way, NextHop& found) {
  const uint32_t sequence = socket_->next_sequence();
  Writer request;
  const size_t start = netlink::begin_message(request, RTM_GETNEIGH, NLM_F_ACK, sequence);
  ndmsg head{};
  head.ndm_family = way.family();
  head.ndm_ifindex = static_cast<int>(way.index);
  request.value(head);
  netlink::put_attr(request, NDA_DST, Bytes(way.via).first(way.size()));
  uint16_t state = NUD_NONE;
  const int failed = exchange(request, sequence, start, [&](Bytes payload) {
    Reader reader(payload);
    const auto entry = reader.value<ndmsg>();
    const auto address = netlink::find_attr(reader.take(reader.left()), NDA_LLADDR);
    if (reader.failed() || (entry.ndm_state & known) == 0) return;
    if (address && address->size() > sizeof found.link.sll_addr) return;
    state = entry.ndm_state;
    found.link.sll_halen = address ? static_cast<uint8_t>(address->size()) : uint8_t{0};
    if (address) std::copy(address->begin(), address->end(), found.link.sll_addr);
  });
  if (failed != 0 && failed != ENOENT) return failed;
  if ((state & confirmed) == 0) {
    if (const int number = use(way); number != 0) return number;
  }
  if (state == NUD_NONE) return EAGAIN;
  found.link.sll_family = AF_PACKET;
  found.link.sll_protocol = ether_type(way.ipv6);
  found.link.sll_ifindex = static_cast<int>(way.index);
  return 0;
}

int NextHops::use(const Way& way) {
  const uint32_t sequence = socket_->next_sequence();
  Writer request;
  const size_t start = netlink::begin_message(request, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE, sequence);
  ndmsg head{};
  head.ndm_family = way.family();
  head.ndm_ifindex = static_cast<int>(way.index);
  head.ndm_flags = NTF_USE;
  request.value(head);
  netlink::put_attr(request, NDA_DST, Bytes(way.via).first(way.size()));
  return exchange(request, sequence, start, [](Bytes) {});
}

}  // namespace fl::probe
