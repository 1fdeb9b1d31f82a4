#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "base/bytes.h"

namespace fl::probe {

/** An address and a port as the kernel wants them. */
class Endpoint {
 public:
  Endpoint() = default;
  /** `address` is 4 or 16 bytes in network order. */
  Endpoint(Bytes address, uint16_t port) : ipv6_(address.size() == 16) {
    if (ipv6_) {
      six_.sin6_family = AF_INET6;
      six_.sin6_port = htons(port);
      std::memcpy(&six_.sin6_addr, address.data(), 16);
    } else {
      four_.sin_family = AF_INET;
      four_.sin_port = htons(port);
      if (address.size() == 4) std::memcpy(&four_.sin_addr, address.data(), 4);
    }
  }
  /** Any address. */
  Endpoint(bool ipv6, uint16_t port) : ipv6_(ipv6) {
    if (ipv6_) {
      six_.sin6_family = AF_INET6;
      six_.sin6_port = htons(port);
    } else {
      four_.sin_family = AF_INET;
      four_.sin_port = htons(port);
    }
  }

  bool ipv6() const { return ipv6_; }
  /** IPv4 in the clothes of IPv6 (RFC 4291 section 2.5.5.2). */
  bool mapped() const { return ipv6_ && IN6_IS_ADDR_V4MAPPED(&six_.sin6_addr); }
  int family() const { return ipv6_ ? AF_INET6 : AF_INET; }
  /** 4 or 16 bytes in network order. */
  Bytes address() const {
    return ipv6_ ? Bytes(six_.sin6_addr.s6_addr, 16) : record_bytes(four_.sin_addr.s_addr);
  }
  uint16_t port() const { return ntohs(ipv6_ ? six_.sin6_port : four_.sin_port); }
  const sockaddr* name() const {
    return ipv6_ ? reinterpret_cast<const sockaddr*>(&six_) : reinterpret_cast<const sockaddr*>(&four_);
  }
  socklen_t size() const { return ipv6_ ? sizeof six_ : sizeof four_; }

 private:
  bool ipv6_ = false;
  sockaddr_in four_{};
  sockaddr_in6 six_{};
};

}  // namespace fl::probe
