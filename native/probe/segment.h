#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace fl::probe {

/** Which connection a segment belongs to, seen from us. */
struct Connection {
  bool ipv6 = false;
  std::array<uint8_t, 16> own{};
  std::array<uint8_t, 16> peer{};
  uint16_t own_port = 0;
  uint16_t peer_port = 0;

  bool operator==(const Connection&) const = default;
  Bytes own_address() const { return Bytes(own).first(ipv6 ? 16 : 4); }
  Bytes peer_address() const { return Bytes(peer).first(ipv6 ? 16 : 4); }
};

enum class Flag : uint8_t { syn = 2, reset = 4 };

/** Appends an IP packet with a TCP segment (RFC 9293 3.1) from us; a SYN bears the options that servers expect of a host. */
void put_segment(Writer& writer, const Connection& connection, Flag flag, uint32_t sequence, uint8_t hops);

/** How packets are carried to a server. */
enum class Carrier : uint8_t { none, link, ipip, gre };

/** Appends the outer header of a tunnel for `length` bytes of the same family (RFC 2003, RFC 2473; RFC 2784 without
 *  options). */
void put_tunnel(Writer& writer, Carrier carrier, Bytes source, Bytes destination, size_t length);

/** What somebody says of a SYN of ours. */
struct Heard {
  enum class What : uint8_t { accepted, refused, error } what = What::error;
  Connection connection;
  /** That of the SYN. */
  uint32_t sequence = 0;
  /** The errno of `error`. */
  int number = 0;
};

/** Reads a packet that came in: a SYN-ACK, a reset, or an ICMP error that quotes a segment, also one in a tunnel. */
std::optional<Heard> decode_heard(Bytes packet, bool ipv6);

}  // namespace fl::probe
