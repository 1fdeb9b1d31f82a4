#include "vrrp/port.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"
#include "base/netns.h"

namespace fl::vrrp {
namespace {

constexpr int protocol = 112;
// Some hundred adverts: what a second of stalling at the fastest rates may bring.
constexpr int receive_bytes = 512 * 1024;
// TC_PRIO_CONTROL: ahead of the payload in the interface's own queue.
constexpr int priority = 7;
// CS6, what routing protocols use (RFC 4594 3.2).
constexpr int traffic_class = 0xc0;

struct Setting {
  int level;
  int name;
  int value;
  const char* what;
};

Failure apply(int fd, std::span<const Setting> settings) {
  for (const Setting& one : settings) {
    if (::setsockopt(fd, one.level, one.name, &one.value, sizeof one.value) != 0) return system_error(one.what, errno);
  }
  return std::nullopt;
}

Failure prepare(int fd, int family, uint32_t index) {
  const int interface = static_cast<int>(index);
  const Setting v4[] = {
      {IPPROTO_IP, IP_MULTICAST_LOOP, 0, "do not hear ourselves"},
      {IPPROTO_IP, IP_MULTICAST_ALL, 0, "hear joined groups only"},
      {IPPROTO_IP, IP_TOS, traffic_class, "set the type of service"},
      {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "allow fragments"},
  };
  const Setting v6[] = {
      {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, "do not hear ourselves"},
      {IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0, "hear joined groups only"},
      {IPPROTO_IPV6, IPV6_MULTICAST_IF, interface, "choose the interface"},
      {IPPROTO_IPV6, IPV6_TCLASS, traffic_class, "set the traffic class"},
      {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "ask for hop limits"},
      {IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "ask for destinations"},
      // A macvlan sends with its parent's link-local address.
      {IPPROTO_IPV6, IPV6_FREEBIND, 1, "allow the parent's address"},
  };
  if (family == AF_INET6) return apply(fd, v6);
  ip_mreqn where{};
  where.imr_ifindex = interface;
  if (::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &where, sizeof where) != 0) {
    return system_error("choose the interface", errno);
  }
  return apply(fd, v4);
}

Failure membership(int fd, int family, uint32_t index, const Address& group, bool join) {
  int done = 0;
  if (family == AF_INET6) {
    ipv6_mreq request{};
    std::copy(group.begin(), group.end(), request.ipv6mr_multiaddr.s6_addr);
    request.ipv6mr_interface = index;
    done = ::setsockopt(fd, IPPROTO_IPV6, join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, &request, sizeof request);
  } else {
    ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group.data(), sizeof request.imr_multiaddr);
    request.imr_ifindex = static_cast<int>(index);
    done = ::setsockopt(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request);
  }
  if (done != 0) return system_error(join ? "join the multicast group" : "leave the multicast group", errno);
  return std::nullopt;
}

int64_t realtime_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

bool is_multicast(int family, const Address& address) {
  return family == AF_INET6 ? address[0] == 0xff : (address[0] & 0xf0) == 0xe0;
}

/** The IPv4 header, which a raw socket brings along. */
void split(Bytes datagram, Received& packet) {
  if (datagram.size() < sizeof(iphdr)) return;
  iphdr header{};
  std::memcpy(&header, datagram.data(), sizeof header);
  const size_t length = std::min<size_t>(datagram.size(), ntohs(header.tot_len));
  packet.ttl = header.ttl;
  std::memcpy(packet.source.data(), &header.saddr, sizeof header.saddr);
  std::memcpy(packet.destination.data(), &header.daddr, sizeof header.daddr);
  const size_t head = size_t{header.ihl} * 4;
  if (head <= length) packet.message = datagram.subspan(head, length - head);
}

/** Control data: arrival by the wall clock (0: unknown), and for IPv6 hop limit and destination. */
int64_t read_control(msghdr& header, Received& packet) {
  int64_t stamp = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec at{};
      std::memcpy(&at, CMSG_DATA(part), sizeof at);
      stamp = int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT) {
      int limit = 0;
      std::memcpy(&limit, CMSG_DATA(part), sizeof limit);
      packet.ttl = static_cast<uint8_t>(limit);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      std::copy_n(info.ipi6_addr.s6_addr, packet.destination.size(), packet.destination.begin());
    }
  }
  return stamp;
}

}  // namespace

int64_t wall_us() { return realtime_ns() / 1000; }

Outcome<std::unique_ptr<Port>> Port::open(const std::string& interface, uint32_t index, int family, bool listen) {
  auto fd = open_socket({}, family, SOCK_RAW | SOCK_NONBLOCK, protocol);
  if (!fd) return fd.error();
  if (::setsockopt(fd->get(), SOL_SOCKET, SO_BINDTODEVICE, interface.data(), static_cast<socklen_t>(interface.size())) != 0) {
    return system_error("bind to " + interface, errno);
  }
  const Setting common[] = {
      {SOL_SOCKET, SO_RCVBUF, listen ? receive_bytes : 0, "set the receive buffer"},
      {SOL_SOCKET, SO_TIMESTAMPNS, listen ? 1 : 0, "ask for arrival times"},
      {SOL_SOCKET, SO_PRIORITY, priority, "set the priority"},
  };
  if (Failure failure = apply(fd->get(), common)) return *failure;
  // Past the system's limit where that is permitted.
  ::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &common[0].value, sizeof common[0].value);
  if (Failure failure = prepare(fd->get(), family, index)) return *failure;
  return std::unique_ptr<Port>(new Port(std::move(*fd), interface, index, family));
}

Failure Port::join(const Address& group) {
  if (groups_[group]++ > 0) return std::nullopt;
  Failure failure = membership(fd(), family_, index_, group, true);
  if (failure) groups_.erase(group);
  return failure;
}

void Port::leave(const Address& group) {
  const auto at = groups_.find(group);
  if (at == groups_.end() || --at->second > 0) return;
  groups_.erase(at);
  membership(fd(), family_, index_, group, false);
}

bool Port::read(Trays& trays, std::vector<Arrival>& arrivals) {
  std::array<mmsghdr, Trays::count> headers{};
  std::array<iovec, Trays::count> parts{};
  std::array<sockaddr_in6, Trays::count> senders{};
  std::array<std::array<uint8_t, 128>, Trays::count> controls;
  for (size_t i = 0; i < headers.size(); i++) {
    const auto tray = trays.tray(i);
    parts[i] = {tray.data(), tray.size()};
    msghdr& header = headers[i].msg_hdr;
    header.msg_name = &senders[i];
    header.msg_namelen = sizeof senders[i];
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    header.msg_control = controls[i].data();
    header.msg_controllen = controls[i].size();
  }
  arrivals.clear();
  const int64_t before = monotonic_ns();
  const int count = ::recvmmsg(fd(), headers.data(), headers.size(), MSG_DONTWAIT, nullptr);
  if (count <= 0) {
    read_until_ = before;
    return false;
  }
  // The kernel stamps by the wall clock; what was set back or forward meanwhile is cut to what is possible.
  const int64_t now = monotonic_ns();
  const int64_t offset = now - realtime_ns();
  for (size_t i = 0; i < static_cast<size_t>(count); i++) {
    Arrival arrival;
    const int64_t stamp = read_control(headers[i].msg_hdr, arrival.packet);
    arrival.at = stamp == 0 ? now : std::clamp(stamp + offset, std::min(read_until_, now), now);
    const Bytes datagram = Bytes(trays.tray(i)).first(std::min<size_t>(headers[i].msg_len, Trays::bytes));
    if (family_ == AF_INET6) {
      arrival.packet.message = datagram;
      std::copy_n(senders[i].sin6_addr.s6_addr, arrival.packet.source.size(), arrival.packet.source.begin());
    } else {
      split(datagram, arrival.packet);
    }
    arrival.packet.multicast = is_multicast(family_, arrival.packet.destination);
    read_until_ = arrival.at;
    arrivals.push_back(arrival);
  }
  const bool more = static_cast<size_t>(count) == Trays::count;
  if (!more) read_until_ = std::max(read_until_, before);
  return more;
}

}  // namespace fl::vrrp
