#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace fl::probe {

/** Marks our requests among all the echoes of the machine. */
using Cookie = std::array<uint8_t, 8>;

/** An ICMP (RFC 792) or ICMPv6 (RFC 4443 4.1) echo request with `size` bytes of data, or as many as the cookie and the token
 *  need. The checksum is left to the kernel for IPv6, which knows the source address. */
void encode_request(Writer& writer, bool ipv6, uint16_t identifier, const Cookie& cookie, uint64_t token, size_t size);

/** What became of one of our requests. */
struct Echo {
  uint64_t token = 0;
  /** 0: it was answered; else the errno of an ICMP error. */
  int number = 0;

  bool operator==(const Echo&) const = default;
};

/** A reply to one of our requests, or an error that quotes one. `header`: an IPv4 header comes first, as on raw sockets. */
std::optional<Echo> decode_reply(Bytes packet, bool ipv6, bool header, const Cookie& cookie);

/** The token of one of our requests, or of what an error quotes of it; nothing where that is too little to tell. */
std::optional<uint64_t> decode_request(Bytes message, bool ipv6, const Cookie& cookie);

}  // namespace fl::probe
