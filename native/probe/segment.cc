#include "probe/segment.h"

#include <netinet/in.h>

#include <algorithm>

#include "base/checksum.h"
#include "probe/packet.h"

namespace fl::probe {

namespace {

struct Tcp {
  uint16_t source;
  uint16_t destination;
  uint32_t sequence;
  uint32_t acknowledged;
  uint8_t offset;
  uint8_t flags;
  uint16_t window;
  uint16_t checksum;
  uint16_t urgent;
};

struct Gre {
  uint16_t flags;
  uint16_t protocol;
};

constexpr uint8_t flag_ack = 16;
/** Largest segment 1460, SACK permitted (RFC 9293 3.2, RFC 2018), and two bytes that do nothing. */
constexpr std::array<uint8_t, 8> options{2, 4, 0x05, 0xb4, 4, 2, 1, 1};

uint16_t ether_type(bool ipv6) { return ipv6 ? 0x86dd : 0x0800; }
uint8_t ip_in_ip(bool ipv6) { return ipv6 ? uint8_t{IPPROTO_IPV6} : uint8_t{IPPROTO_IPIP}; }

Connection between(bool ipv6, Bytes own, Bytes peer, uint16_t own_port, uint16_t peer_port) {
  Connection made;
  made.ipv6 = ipv6;
  std::copy(own.begin(), own.end(), made.own.begin());
  std::copy(peer.begin(), peer.end(), made.peer.begin());
  made.own_port = ntohs(own_port);
  made.peer_port = ntohs(peer_port);
  return made;
}

/** The packet within a tunnel's. */
std::optional<Packet> unwrap(const Packet& outer, bool ipv6) {
  if (outer.protocol == ip_in_ip(ipv6)) return open_packet(outer.payload, ipv6);
  if (outer.protocol != IPPROTO_GRE) return outer;
  Reader reader(outer.payload);
  const auto header = reader.value<Gre>();
  if (reader.failed() || header.flags != 0 || ntohs(header.protocol) != ether_type(ipv6)) return std::nullopt;
  return open_packet(reader.take(reader.left()), ipv6);
}

std::optional<Heard> decode_quoted(const IcmpError& error, bool ipv6) {
  const auto outer = open_packet(error.quoted, ipv6);
  const auto packet = outer ? unwrap(*outer, ipv6) : std::nullopt;
  if (!packet || packet->protocol != IPPROTO_TCP) return std::nullopt;
  // No more than these 8 bytes need be quoted.
  Reader reader(packet->payload);
  const auto source = reader.value<uint16_t>();
  const auto destination = reader.value<uint16_t>();
  const auto sequence = reader.value<uint32_t>();
  if (reader.failed()) return std::nullopt;
  const Connection connection = between(ipv6, packet->source, packet->destination, source, destination);
  return Heard{Heard::What::error, connection, ntohl(sequence), error.number};
}

}  // namespace

void put_segment(Writer& writer, const Connection& connection, Flag flag, uint32_t sequence, uint8_t hops) {
  const size_t extra = flag == Flag::syn ? options.size() : 0;
  const size_t length = sizeof(Tcp) + extra;
  put_ip_header(writer, connection.own_address(), connection.peer_address(), IPPROTO_TCP, length, hops);
  const size_t start = writer.size();
  Tcp header{};
  header.source = htons(connection.own_port);
  header.destination = htons(connection.peer_port);
  header.sequence = htonl(sequence);
  header.offset = static_cast<uint8_t>(length / 4 << 4);
  header.flags = static_cast<uint8_t>(flag);
  header.window = flag == Flag::syn ? htons(UINT16_MAX) : uint16_t{0};
  writer.value(header);
  if (extra != 0) writer.put(options);
  InternetSum sum;
  sum.add(connection.own_address()).add(connection.peer_address());
  sum.add_number(IPPROTO_TCP).add_number(length).add(writer.bytes().subspan(start));
  writer.patch(start + offsetof(Tcp, checksum), htons(sum.checksum()));
}

void put_tunnel(Writer& writer, Carrier carrier, Bytes source, Bytes destination, size_t length) {
  const bool ipv6 = source.size() == 16;
  if (carrier == Carrier::ipip) return put_ip_header(writer, source, destination, ip_in_ip(ipv6), length, usual_hops);
  if (carrier != Carrier::gre) return writer.fail();
  put_ip_header(writer, source, destination, IPPROTO_GRE, sizeof(Gre) + length, usual_hops);
  writer.value(Gre{0, htons(ether_type(ipv6))});
}

std::optional<Heard> decode_heard(Bytes bytes, bool ipv6) {
  const auto packet = open_packet(bytes, ipv6);
  if (!packet) return std::nullopt;
  if (packet->protocol == (ipv6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP})) {
    const auto error = decode_error(packet->payload, ipv6);
    return error ? decode_quoted(*error, ipv6) : std::nullopt;
  }
  Reader reader(packet->payload);
  const auto header = reader.value<Tcp>();
  if (reader.failed() || packet->protocol != IPPROTO_TCP || (header.flags & flag_ack) == 0) return std::nullopt;
  const bool reset = (header.flags & static_cast<uint8_t>(Flag::reset)) != 0;
  if (!reset && (header.flags & static_cast<uint8_t>(Flag::syn)) == 0) return std::nullopt;
  Heard heard;
  heard.what = reset ? Heard::What::refused : Heard::What::accepted;
  heard.connection = between(ipv6, packet->destination, packet->source, header.destination, header.source);
  heard.sequence = ntohl(header.acknowledged) - 1;
  return heard;
}

}  // namespace fl::probe
