#include "probe/packet.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <cerrno>

#include "base/checksum.h"

namespace fl::probe {

namespace {

struct Ipv4 {
  uint8_t version;
  uint8_t tos;
  uint16_t length;
  uint16_t id;
  uint16_t fragment;
  uint8_t ttl;
  uint8_t protocol;
  uint16_t checksum;
};

struct Ipv6 {
  uint32_t version;
  uint16_t length;
  uint8_t next;
  uint8_t hops;
};

struct IcmpHeader {
  uint8_t type;
  uint8_t code;
  uint16_t checksum;
  uint32_t rest;
};

constexpr uint16_t dont_fragment = 0x4000;
constexpr uint16_t fragment_offset = 0x1fff;

int unreachable4(uint8_t code) {
  switch (code) {
    case ICMP_NET_UNREACH:
    case ICMP_NET_UNKNOWN:
    case ICMP_NET_ANO: return ENETUNREACH;
    case ICMP_PROT_UNREACH: return ENOPROTOOPT;
    case ICMP_PORT_UNREACH: return ECONNREFUSED;
    case ICMP_FRAG_NEEDED: return 0;
    default: return EHOSTUNREACH;
  }
}

int unreachable6(uint8_t code) {
  switch (code) {
    case ICMP6_DST_UNREACH_NOROUTE: return ENETUNREACH;
    case ICMP6_DST_UNREACH_NOPORT: return ECONNREFUSED;
    default: return EHOSTUNREACH;
  }
}

}  // namespace

std::optional<Packet> open_packet(Bytes bytes, bool ipv6) {
  Reader reader(bytes);
  Packet packet;
  if (ipv6) {
    const auto header = reader.value<Ipv6>();
    packet.protocol = header.next;
    packet.source = reader.take(16);
    packet.destination = reader.take(16);
    if (reader.failed() || ntohl(header.version) >> 28 != 6) return std::nullopt;
  } else {
    const auto header = reader.value<Ipv4>();
    packet.protocol = header.protocol;
    packet.source = reader.take(4);
    packet.destination = reader.take(4);
    const size_t words = header.version & 15;
    if (reader.failed() || header.version >> 4 != 4 || words < 5) return std::nullopt;
    reader.take(4 * (words - 5));
    if (reader.failed() || (ntohs(header.fragment) & fragment_offset) != 0) return std::nullopt;
  }
  packet.payload = reader.take(reader.left());
  return packet;
}

void put_ip_header(Writer& writer, Bytes source, Bytes destination, uint8_t protocol, size_t length, uint8_t hops) {
  if (source.size() != destination.size() || length > UINT16_MAX - sizeof(Ipv6) - 32) return writer.fail();
  const size_t start = writer.size();
  if (source.size() == 16) {
    writer.value(Ipv6{htonl(6U << 28), htons(static_cast<uint16_t>(length)), protocol, hops});
    writer.put(source);
    writer.put(destination);
    return;
  }
  const auto whole = static_cast<uint16_t>(sizeof(Ipv4) + 8 + length);
  writer.value(Ipv4{0x45, 0, htons(whole), 0, htons(dont_fragment), hops, protocol, 0});
  writer.put(source);
  writer.put(destination);
  const uint16_t sum = InternetSum().add(writer.bytes().subspan(start)).checksum();
  writer.patch(start + offsetof(Ipv4, checksum), htons(sum));
}

int error_number(uint8_t type, uint8_t code, bool ipv6) {
  const uint8_t unreachable = ipv6 ? uint8_t{ICMP6_DST_UNREACH} : uint8_t{ICMP_DEST_UNREACH};
  const uint8_t exceeded = ipv6 ? uint8_t{ICMP6_TIME_EXCEEDED} : uint8_t{ICMP_TIME_EXCEEDED};
  if (type == exceeded) return ETIME;
  if (type != unreachable) return 0;
  return ipv6 ? unreachable6(code) : unreachable4(code);
}

std::optional<IcmpError> decode_error(Bytes message, bool ipv6) {
  Reader reader(message);
  const auto header = reader.value<IcmpHeader>();
  const int number = error_number(header.type, header.code, ipv6);
  if (reader.failed() || number == 0) return std::nullopt;
  return IcmpError{number, reader.take(reader.left())};
}

}  // namespace fl::probe
