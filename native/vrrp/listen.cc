#include "vrrp/listen.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/netns.h"

namespace fl::vrrp {
namespace {

constexpr uint8_t protocol = 112;
constexpr size_t ipv4_header = 20;
constexpr size_t ipv6_header = 40;
constexpr size_t largest_datagram = 65536;

/** Passes protocol 112 of both families; the socket gives packets from their IP header on. */
constexpr sock_filter vrrp_only[] = {
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
    BPF_JUMP(BPF_JMP | BPF_JA, 2, 0, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 3),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocol, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, largest_datagram),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

uint16_t word(Bytes bytes, size_t at) { return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]); }

template <class T>
bool set(const Fd& socket, int level, int option, const T& value) {
  return ::setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

/** Index of the interface in the socket's namespace. */
Outcome<int> find_interface(const Fd& socket, const std::string& name) {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) return Error{Code::link_missing, ENODEV, {}, "no interface " + name};
  std::copy(name.begin(), name.end(), request.ifr_name);
  if (::ioctl(socket.get(), SIOCGIFINDEX, &request) != 0) {
    if (errno == ENODEV) return Error{Code::link_missing, ENODEV, {}, "no interface " + name};
    return system_error("find interface " + name, errno);
  }
  return request.ifr_ifindex;
}

Failure listen_on(const Fd& socket, const std::string& interface) {
  auto index = find_interface(socket, interface);
  if (!index) return index.error();
  const sock_fprog filter{std::size(vrrp_only), const_cast<sock_filter*>(vrrp_only)};
  const int on = 1;
  packet_mreq groups{};
  groups.mr_ifindex = *index;
  groups.mr_type = PACKET_MR_ALLMULTI;
  sockaddr_ll place{};
  place.sll_family = AF_PACKET;
  place.sll_protocol = htons(ETH_P_ALL);
  place.sll_ifindex = *index;
  // Bound last: until then, with protocol 0, it hears nothing, and nothing gets by the filter.
  if (!set(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter) || !set(socket, SOL_SOCKET, SO_TIMESTAMPNS, on) ||
      !set(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, groups) ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) {
    return system_error("listen on " + interface, errno);
  }
  return std::nullopt;
}

/** Whether the interface the socket was bound to exists no more. */
bool is_gone(const Fd& socket) {
  sockaddr_ll place{};
  socklen_t size = sizeof place;
  return ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&place), &size) == 0 && place.sll_ifindex <= 0;
}

int64_t arrival(msghdr& header) {
  timespec at{};
  ::clock_gettime(CLOCK_REALTIME, &at);
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) std::memcpy(&at, CMSG_DATA(part), sizeof at);
  }
  return int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
}

}  // namespace

std::optional<Sighting> sight(int family, Bytes datagram) {
  const bool ipv6 = family == AF_INET6;
  if (datagram.size() < (ipv6 ? ipv6_header : ipv4_header) || datagram[0] >> 4 != (ipv6 ? 6 : 4)) return std::nullopt;
  const size_t header = ipv6 ? ipv6_header : (datagram[0] & 15) * size_t{4};
  const size_t total = ipv6 ? ipv6_header + word(datagram, 4) : word(datagram, 2);
  if (header < ipv4_header || total < header || total > datagram.size()) return std::nullopt;
  if (datagram[ipv6 ? 6 : 9] != protocol) return std::nullopt;
  // A fragment, first or later, is not whole.
  if (!ipv6 && (word(datagram, 6) & 0x3fff) != 0) return std::nullopt;
  Sighting seen;
  seen.family = family;
  const size_t size = ipv6 ? 16 : 4;
  const Bytes addresses = datagram.subspan(ipv6 ? 8 : 12, 2 * size);
  std::copy_n(addresses.begin(), size, seen.source.begin());
  std::copy_n(addresses.begin() + static_cast<ptrdiff_t>(size), size, seen.destination.begin());
  seen.ttl = datagram[ipv6 ? 7 : 8];
  seen.multicast = ipv6 ? seen.destination[0] == 0xff : seen.destination[0] >> 4 == 14;
  const Bytes message = datagram.subspan(header, total - header);
  seen.message.assign(message.begin(), message.end());
  return seen;
}

Failure Listener::start(const std::string& netns, const std::string& interface, Sink sink) {
  auto opened = open_socket(netns, AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (!opened) return opened.error();
  if (Failure failure = listen_on(*opened, interface)) return failure;
  wake_ = Fd(::eventfd(0, EFD_CLOEXEC));
  if (!wake_) return system_error("open eventfd", errno);
  socket_ = std::move(*opened);
  interface_ = interface;
  sink_ = std::move(sink);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& failure) {
    return system_error("start the listener's thread", failure.code().value());
  }
  return std::nullopt;
}

void Listener::stop() {
  if (!thread_.joinable()) return;
  eventfd_write(wake_.get(), 1);
  thread_.join();
  socket_.reset();
  wake_.reset();
}

void Listener::run() {
  std::vector<uint8_t> tray(largest_datagram);
  pollfd ready[] = {{socket_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  for (;;) {
    // The kernel tells that the interface went down, and then nothing more: neither that it is up again nor that it is gone.
    if (::poll(ready, 2, down_ ? 500 : -1) < 0 && errno != EINTR) return sink_.ended(system_error("wait for packets", errno));
    if (ready[1].revents != 0) return;
    if (down_ && is_gone(socket_)) return sink_.ended({Code::link_missing, ENODEV, {}, "interface " + interface_ + " is gone"});
    if (Failure failure = read_some(tray)) return sink_.ended(std::move(*failure));
  }
}

Failure Listener::read_some(std::span<uint8_t> tray) {
  // Not for ever: under a flood stop() has to get through.
  for (int i = 0; i < 256; i++) {
    alignas(cmsghdr) uint8_t control[64];
    sockaddr_ll from{};
    iovec place{tray.data(), tray.size()};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &place;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket_.get(), &header, 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return std::nullopt;
      if (errno != ENETDOWN) return system_error("read from " + interface_, errno);
      down_ = true;
      continue;
    }
    down_ = false;
    auto seen = sight(from.sll_protocol == htons(ETH_P_IPV6) ? AF_INET6 : AF_INET, tray.first(static_cast<size_t>(size)));
    if (!seen) continue;
    seen->at = arrival(header);
    seen->sent = from.sll_pkttype == PACKET_OUTGOING;
    sink_.seen(std::move(*seen));
  }
  return std::nullopt;
}

}  // namespace fl::vrrp
