#pragma once
// A VRRP message taken apart, for whoever judges it (packet.h) or tells of it (describe.h).
#include <sys/socket.h>

#include "vrrp/packet.h"

namespace fl::vrrp {

inline constexpr size_t header_size = 8;
/** Of v2, after the addresses. */
inline constexpr size_t authentication_size = 8;

/** Bytes of an address. */
inline size_t address_size(int family) { return family == AF_INET6 ? 16 : 4; }

struct Message {
  uint8_t version = 0;
  uint8_t type = 0;
  uint8_t vrid = 0;
  uint8_t priority = 0;
  uint8_t count = 0;
  /** v2: 0 none, 1 simple text (RFC 2338). */
  uint8_t authentication_type = 0;
  /** 0 when the packet says so. */
  uint32_t interval_ms = 0;
  /** Whether there is a whole header; without it everything here is zero or empty. */
  bool has_header = false;
  /** Whether the length is right for version, family and count: padding and an HMAC trailer are allowed for. */
  bool whole = false;
  /** Header, addresses and v2's authentication data. */
  Bytes body;
  Bytes addresses;
  Bytes authentication;
  /** HMAC trailer, empty when there is none. */
  Bytes trailer;
};

/** Never fails: what is missing is empty and `whole` is false. */
Message take_apart(int family, Bytes bytes);

/** Which checksums a message carries; both can be right at once. */
struct Checksums {
  /** With the pseudo-header: IPv6, v3 on IPv4. */
  bool pseudo;
  /** Over the message alone: v2, v3 on IPv4. */
  bool message;
};
Checksums right_checksums(int family, const Received& packet, const Message& message);

/** The checksum to send, over a message whose field is zero: over the message alone or with the pseudo-header. An HMAC trailer
 *  belongs into IPv6's only, where kernels compute it over all that follows the IP header. */
uint16_t checksum_of(int family, const Address& source, const Address& destination, Bytes body, Bytes trailer,
                     bool with_pseudo);

}  // namespace fl::vrrp
