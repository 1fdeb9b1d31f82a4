#include "probe/echo.h"

#include <arpa/inet.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/netns.h"

namespace fl::probe {

namespace {

struct Header {
  uint8_t type;
  uint8_t code;
  uint16_t checksum;
  uint16_t identifier;
  uint16_t sequence;
};

uint16_t checksum(Bytes bytes) {
  uint32_t sum = 0;
  Reader reader(bytes);
  while (reader.left() >= 2) sum += reader.value<uint16_t>();
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

/** Replies only: a raw socket would hear every other ICMP message as well. */
void filter_replies(int fd, bool ipv6) {
  if (ipv6) {
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    ::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
  } else {
    icmp_filter filter{~(1U << ICMP_ECHOREPLY)};
    ::setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
  }
}

}  // namespace

void encode_request(Writer& writer, bool ipv6, uint16_t identifier, const Cookie& cookie, uint32_t token) {
  const size_t start = writer.size();
  Header header{};
  header.type = ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
  header.identifier = identifier;
  header.sequence = htons(static_cast<uint16_t>(token));
  writer.value(header);
  writer.put(cookie);
  writer.value(token);
  if (!ipv6) writer.patch(start + offsetof(Header, checksum), checksum(writer.bytes().subspan(start)));
}

std::optional<uint32_t> decode_reply(Bytes packet, bool ipv6, bool header, const Cookie& cookie) {
  Reader reader(packet);
  if (header) {
    const size_t length = size_t{4} * (reader.value<uint8_t>() & 15);
    if (length < 20) return std::nullopt;
    reader.take(length - 1);
  }
  const auto seen = reader.value<Header>();
  const Bytes mark = reader.take(cookie.size());
  const auto token = reader.value<uint32_t>();
  if (reader.failed() || seen.type != (ipv6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY)) return std::nullopt;
  if (std::memcmp(mark.data(), cookie.data(), cookie.size()) != 0) return std::nullopt;
  return token;
}

Failure Echo::start(const std::string& netns, Sink sink) {
  netns_ = netns;
  sink_ = std::move(sink);
  if (::getrandom(cookie_.data(), cookie_.size(), 0) != static_cast<ssize_t>(cookie_.size())) {
    return system_error("draw a random number", errno);
  }
  std::memcpy(&identifier_, cookie_.data(), sizeof identifier_);
  return poller_.start([this](uint64_t key) { read(key == 1); });
}

Failure Echo::open(bool ipv6) {
  const int family = ipv6 ? AF_INET6 : AF_INET;
  const int protocol = ipv6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
  Socket& place = sockets_[ipv6 ? 1 : 0];
  auto socket = open_socket(netns_, family, SOCK_DGRAM | SOCK_NONBLOCK, protocol);
  const bool raw = !socket;
  if (raw) socket = open_socket(netns_, family, SOCK_RAW | SOCK_NONBLOCK, protocol);
  if (!socket) return socket.error();
  if (raw) filter_replies(socket->get(), ipv6);
  place = {std::move(*socket), raw};
  if (Failure failure = poller_.watch(place.fd.get(), ipv6 ? 1 : 0)) {
    place.fd.reset();
    return failure;
  }
  return std::nullopt;
}

Failure Echo::send(Bytes address, uint32_t token) {
  const bool ipv6 = address.size() == 16;
  if (Failure failure = sockets_[ipv6 ? 1 : 0].fd ? std::nullopt : open(ipv6)) return failure;
  Writer writer(64);
  encode_request(writer, ipv6, identifier_, cookie_, token);
  sockaddr_storage to{};
  if (ipv6) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    std::memcpy(&six.sin6_addr, address.data(), 16);
    std::memcpy(&to, &six, sizeof six);
  } else {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    std::memcpy(&four.sin_addr, address.data(), 4);
    std::memcpy(&to, &four, sizeof four);
  }
  const socklen_t length = ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  const Bytes packet = writer.bytes();
  if (::sendto(sockets_[ipv6 ? 1 : 0].fd.get(), packet.data(), packet.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&to), length) < 0) {
    return system_error("send an echo request", errno);
  }
  return std::nullopt;
}

void Echo::read(bool ipv6) {
  const Socket& socket = sockets_[ipv6 ? 1 : 0];
  uint8_t buffer[256];
  // One at a time: while more wait, the poller comes back.
  const ssize_t count = ::recv(socket.fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (count <= 0) return;
  const auto token = decode_reply(Bytes(buffer, static_cast<size_t>(count)), ipv6, socket.raw && !ipv6, cookie_);
  if (token) sink_(*token);
}

}  // namespace fl::probe
