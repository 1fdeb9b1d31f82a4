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

/** The token in a reply to one of our requests. `header`: an IPv4 header comes first, as on raw sockets. */
std::optional<uint64_t> decode_reply(Bytes packet, bool ipv6, bool header, const Cookie& cookie);

}  // namespace fl::probe
