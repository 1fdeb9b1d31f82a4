#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace fl::probe {

/** What lies in an IP packet, or in as much of one as an ICMP error quotes. */
struct Packet {
  uint8_t protocol = 0;
  Bytes source;
  Bytes destination;
  Bytes payload;
};

/** RFC 791 3.1 and, without extension headers, RFC 8200 3. Nothing of a later fragment, and of what is no such packet. */
std::optional<Packet> open_packet(Bytes bytes, bool ipv6);

/** What Linux gives packets of its own, and what no router passes on. */
constexpr uint8_t usual_hops = 64;
constexpr uint8_t one_hop = 1;

/** Appends the header of a packet that may not be cut into fragments and carries `length` bytes; give both addresses in its
 *  family. */
void put_ip_header(Writer& writer, Bytes source, Bytes destination, uint8_t protocol, size_t length, uint8_t hops);

/** What an ICMP error says (RFC 792, RFC 4443 3), and the packet that it quotes. */
struct IcmpError {
  /** An errno: ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, or ETIME of a packet that was too long on its way. */
  int number = 0;
  Bytes quoted;
};

/** The errno of an ICMP message's type and code; 0 where decode_error() gives nothing. */
int error_number(uint8_t type, uint8_t code, bool ipv6);

/** `message` begins with its type. Nothing of other messages, and of "too big", which concerns a path and no server. */
std::optional<IcmpError> decode_error(Bytes message, bool ipv6);

}  // namespace fl::probe
