#include "probe/pinger.h"

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "probe/packet.h"

namespace fl::probe {

namespace {

/** Replies and errors only: a raw socket would hear every other ICMP message as well. */
void filter_replies(int fd, bool ipv6) {
  if (ipv6) {
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    for (const int type : {ICMP6_ECHO_REPLY, ICMP6_DST_UNREACH, ICMP6_TIME_EXCEEDED}) ICMP6_FILTER_SETPASS(type, &filter);
    ::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
  } else {
    const icmp_filter filter{~(1U << ICMP_ECHOREPLY | 1U << ICMP_DEST_UNREACH | 1U << ICMP_TIME_EXCEEDED)};
    ::setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
  }
}

/** One send with a time to live of its own (ip(7), IP_TTL as ancillary data). */
ssize_t send_to(int fd, Bytes packet, const Question& question) {
  const int ttl = question.ttl;
  // A raw socket of IPv6 would take a port for a protocol.
  const Endpoint to(question.to.address(), 0);
  iovec part{const_cast<uint8_t*>(packet.data()), packet.size()};
  alignas(cmsghdr) uint8_t space[CMSG_SPACE(sizeof ttl)]{};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.name());
  message.msg_namelen = to.size();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (ttl != 0) {
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = question.to.ipv6() ? SOL_IPV6 : SOL_IP;
    head->cmsg_type = question.to.ipv6() ? IPV6_HOPLIMIT : IP_TTL;
    head->cmsg_len = CMSG_LEN(sizeof ttl);
    std::memcpy(CMSG_DATA(head), &ttl, sizeof ttl);
  }
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

Pinger::Pinger(Watch watch) : watch_(std::move(watch)) {
  // Without randomness the tokens still tell ours from those of others, only not from forged ones.
  static_cast<void>(!::getrandom(cookie_.data(), cookie_.size(), 0));
  std::memcpy(&identifier_, cookie_.data(), sizeof identifier_);
}

int Pinger::send(const Question& question, uint64_t token) {
  const bool ipv6 = question.to.ipv6();
  const auto known = std::find_if(sockets_.begin(), sockets_.end(), [&](const Socket& socket) {
    return socket.ipv6 == ipv6 && socket.from == question.from;
  });
  const size_t index = static_cast<size_t>(known - sockets_.begin());
  if (known == sockets_.end()) {
    if (Failure failure = open(index, ipv6, question.from)) return failure->number;
  }
  Writer writer(64);
  encode_request(writer, ipv6, identifier_, cookie_, token, question.size);
  const auto transmit = [&] {
    const Socket& socket = sockets_[index];
    if (const int number = still_ours(socket.scout.get(), socket.from); number != 0) return number;
    return send_to(socket.fd.get(), writer.bytes(), question) < 0 ? errno : 0;
  };
  const int number = transmit();
  if (number == 0 || !outlived(sockets_[index].fd.get(), question.from)) return number;
  if (Failure failure = open(index, ipv6, question.from)) return failure->number;
  return transmit();
}

Failure Pinger::open(size_t index, bool ipv6, const Source& from) {
  const int protocol = ipv6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
  const int family = ipv6 ? AF_INET6 : AF_INET;
  Fd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  const bool raw = !fd;
  if (raw) fd = Fd(::socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  if (!fd) return system_error("open a socket for pings", errno);
  const int on = 1;
  if (raw) filter_replies(fd.get(), ipv6);
  else ::setsockopt(fd.get(), ipv6 ? SOL_IPV6 : SOL_IP, ipv6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on);
  Fd scout(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!scout) return system_error("open a socket for pings", errno);
  Source portless = from;
  portless.port = 0;
  for (const int each : {fd.get(), scout.get()}) {
    if (Failure failure = leave_from(each, ipv6, portless)) return failure;
  }
  // Thousands of replies may come in one go.
  const int room = 1 << 20;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (!watch_(fd.get(), index)) return system_error("watch a socket for pings", errno);
  if (index == sockets_.size()) sockets_.emplace_back();
  sockets_[index] = {ipv6, from, std::move(fd), std::move(scout), raw};
  return std::nullopt;
}

std::optional<Echo> Pinger::next(const Socket& socket, bool& more) const {
  uint8_t buffer[256];
  // What does not fit is padding.
  const ssize_t count = ::recv(socket.fd.get(), buffer, sizeof buffer, 0);
  more = count >= 0;
  if (count < 0 && !socket.raw) return next_error(socket, more);
  if (count <= 0) return std::nullopt;
  return decode_reply(Bytes(buffer, static_cast<size_t>(count)), socket.ipv6, socket.raw && !socket.ipv6, cookie_);
}

std::optional<Echo> Pinger::next_error(const Socket& socket, bool& more) const {
  uint8_t buffer[256];
  alignas(cmsghdr) uint8_t space[512];
  iovec part{buffer, sizeof buffer};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  const ssize_t count = ::recvmsg(socket.fd.get(), &message, MSG_ERRQUEUE);
  more = count >= 0;
  if (count < 0) return std::nullopt;
  const auto token = decode_request(Bytes(buffer, static_cast<size_t>(count)), socket.ipv6, cookie_);
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr && token; head = CMSG_NXTHDR(&message, head)) {
    const bool about = head->cmsg_level == (socket.ipv6 ? int{SOL_IPV6} : int{SOL_IP}) &&
                       head->cmsg_type == (socket.ipv6 ? IPV6_RECVERR : IP_RECVERR);
    sock_extended_err error;
    if (!about || head->cmsg_len < CMSG_LEN(sizeof error)) continue;
    std::memcpy(&error, CMSG_DATA(head), sizeof error);
    // Its own number for the same error differs with the family.
    const bool local = error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6;
    const int number = local ? static_cast<int>(error.ee_errno) : error_number(error.ee_type, error.ee_code, socket.ipv6);
    // A packet too large for the path is no word about the server.
    if (number == 0 || number == EMSGSIZE) return std::nullopt;
    return Echo{*token, number};
  }
  return std::nullopt;
}

}  // namespace fl::probe
