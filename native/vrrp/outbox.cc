#include "vrrp/outbox.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"

namespace fl::vrrp {
namespace {

constexpr size_t run_limit = 64;

/** Destination and control data of one packet: where it leaves, from which address, with which TTL. */
struct Envelope {
  sockaddr_in6 to{};
  alignas(cmsghdr) std::array<uint8_t, 128> control{};
};

template <class T>
size_t put_control(Envelope& envelope, size_t at, int level, int type, const T& value) {
  cmsghdr head{};
  head.cmsg_level = level;
  head.cmsg_type = type;
  head.cmsg_len = CMSG_LEN(sizeof value);
  const auto place = std::span(envelope.control).subspan(at, CMSG_SPACE(sizeof value));
  std::memcpy(place.data(), &head, sizeof head);
  std::memcpy(place.subspan(CMSG_LEN(0)).data(), &value, sizeof value);
  return at + place.size();
}

void address(const Outbox::Packet& packet, Envelope& envelope, msghdr& header) {
  const int ttl = packet.ttl;
  size_t used = 0;
  if (packet.family == AF_INET6) {
    envelope.to.sin6_family = AF_INET6;
    envelope.to.sin6_scope_id = packet.index;
    std::copy(packet.destination.begin(), packet.destination.end(), envelope.to.sin6_addr.s6_addr);
    in6_pktinfo info{};
    std::copy(packet.source.begin(), packet.source.end(), info.ipi6_addr.s6_addr);
    info.ipi6_ifindex = packet.index;
    used = put_control(envelope, used, IPPROTO_IPV6, IPV6_PKTINFO, info);
    used = put_control(envelope, used, IPPROTO_IPV6, IPV6_HOPLIMIT, ttl);
    header.msg_namelen = sizeof envelope.to;
  } else {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    std::memcpy(&to.sin_addr, packet.destination.data(), sizeof to.sin_addr);
    std::memcpy(&envelope.to, &to, sizeof to);
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, packet.source.data(), sizeof info.ipi_spec_dst);
    info.ipi_ifindex = static_cast<int>(packet.index);
    used = put_control(envelope, used, IPPROTO_IP, IP_PKTINFO, info);
    used = put_control(envelope, used, IPPROTO_IP, IP_TTL, ttl);
    header.msg_namelen = sizeof to;
  }
  header.msg_name = &envelope.to;
  header.msg_control = envelope.control.data();
  header.msg_controllen = used;
}

}  // namespace

/** Packets of one socket. Gives how many are done with, sent or not. */
size_t Outbox::send_run(size_t first, size_t count, int& number) {
  std::array<Envelope, run_limit> envelopes;
  std::array<mmsghdr, run_limit> headers{};
  std::array<iovec, run_limit> parts{};
  for (size_t i = 0; i < count; i++) {
    Packet& packet = packets_[first + i];
    parts[i] = {packet.message.data(), packet.message.size()};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
    address(packet, envelopes[i], headers[i].msg_hdr);
  }
  const int sent = ::sendmmsg(packets_[first].fd, headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
  const size_t good = sent < 0 ? 0 : static_cast<size_t>(sent);
  const int64_t now = monotonic_ns();
  for (size_t i = 0; i < good; i++) {
    const Packet& packet = packets_[first + i];
    if (packet.counters != nullptr) packet.counters->sent++;
    if (packet.due == 0) continue;
    const auto bound = std::upper_bound(lateness_bounds.begin(), lateness_bounds.end(), now - packet.due);
    lateness_[static_cast<size_t>(bound - lateness_bounds.begin())]++;
  }
  // sendmmsg() says why it stopped only when the first one failed: that one is given up, the rest is tried again.
  if (good > 0) return good;
  if (errno == EINTR) return 0;
  if (number == 0) number = errno;
  if (packets_[first].counters != nullptr) packets_[first].counters->failed++;
  return 1;
}

int Outbox::flush() {
  int number = 0;
  for (size_t next = 0; next < packets_.size();) {
    size_t count = 1;
    while (next + count < packets_.size() && count < run_limit && packets_[next + count].fd == packets_[next].fd) count++;
    next += send_run(next, count, number);
  }
  packets_.clear();
  return number;
}

}  // namespace fl::vrrp
