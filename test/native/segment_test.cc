#include "probe/segment.h"

#include <linux/icmp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>

#include "base/checksum.h"
#include "base/fd.h"
#include "check.h"
#include "probe/answer_filter.h"
#include "probe/packet.h"

using namespace fl;
using namespace fl::probe;

namespace {

constexpr uint16_t first_port = 40'000;

Connection connection(bool ipv6) {
  Connection made;
  made.ipv6 = ipv6;
  for (uint8_t i = 0; i < (ipv6 ? 16 : 4); i++) {
    made.own[i] = static_cast<uint8_t>(10 + i);
    made.peer[i] = static_cast<uint8_t>(50 + i);
  }
  made.own_port = first_port + 3;
  made.peer_port = 443;
  return made;
}

std::vector<uint8_t> bytes_of(const Writer& writer) { return {writer.bytes().begin(), writer.bytes().end()}; }

std::vector<uint8_t> syn(const Connection& of, Flag flag = Flag::syn) {
  Writer writer;
  put_segment(writer, of, flag, 0x01020304, one_hop);
  CHECK(!writer.failed());
  return bytes_of(writer);
}

size_t header_size(bool ipv6) { return ipv6 ? 40 : 20; }

/** What the far end sends with these flags: its segment is ours with the ends exchanged. */
std::vector<uint8_t> answer(bool ipv6, uint8_t flags) {
  Connection theirs = connection(ipv6);
  std::swap(theirs.own, theirs.peer);
  std::swap(theirs.own_port, theirs.peer_port);
  auto packet = syn(theirs);
  const size_t tcp = header_size(ipv6);
  packet[tcp + 13] = flags;
  const uint32_t acknowledged = htonl(0x01020305);
  std::memcpy(&packet[tcp + 8], &acknowledged, sizeof acknowledged);
  return packet;
}

/** An ICMP error from the far end that quotes a packet. */
std::vector<uint8_t> error(bool ipv6, uint8_t type, uint8_t code, Bytes quoted) {
  const Connection at = connection(ipv6);
  Writer writer;
  const uint8_t protocol = ipv6 ? uint8_t{IPPROTO_ICMPV6} : uint8_t{IPPROTO_ICMP};
  put_ip_header(writer, at.peer_address(), at.own_address(), protocol, 8 + quoted.size(), usual_hops);
  writer.value(type);
  writer.value(code);
  writer.zeros(6);
  writer.put(quoted);
  return bytes_of(writer);
}

std::vector<uint8_t> tunnelled(bool ipv6, Carrier carrier) {
  const Connection at = connection(ipv6);
  const auto inner = syn(at);
  Writer writer;
  put_tunnel(writer, carrier, at.own_address(), at.peer_address(), inner.size());
  writer.put(inner);
  CHECK(!writer.failed());
  return bytes_of(writer);
}

/** Whether the kernel's own filter machine lets a packet through. */
bool passes(const std::vector<sock_filter>& program, Bytes packet) {
  int ends[2];
  CHECK(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  const Fd from(ends[0]);
  const Fd to(ends[1]);
  CHECK(!attach_filter(to.get(), program));
  static_cast<void>(::send(from.get(), packet.data(), packet.size(), 0));
  uint8_t buffer[512];
  return ::recv(to.get(), buffer, sizeof buffer, 0) == static_cast<ssize_t>(packet.size());
}

constexpr uint8_t syn_ack = 2 | 16;
constexpr uint8_t reset_ack = 4 | 16;

}  // namespace

TEST(segment_checksums, "headers of packets that are sent carry their right checksums, in both families") {
  for (const bool ipv6 : {false, true}) {
    const Connection of = connection(ipv6);
    for (const Flag flag : {Flag::syn, Flag::reset}) {
      const auto packet = syn(of, flag);
      if (!ipv6) CHECK(InternetSum().add(Bytes(packet).first(20)).checksum() == 0);
      const Bytes segment = Bytes(packet).subspan(header_size(ipv6));
      CHECK(segment.size() == (flag == Flag::syn ? 28 : 20) && segment[12] >> 4 == segment.size() / 4);
      InternetSum sum;
      sum.add(of.own_address()).add(of.peer_address()).add_number(IPPROTO_TCP).add_number(segment.size());
      CHECK(sum.add(segment).checksum() == 0);
    }
  }
}

TEST(segment_answers, "a SYN-ACK and a reset are told with the SYN that they answer; all else is none") {
  for (const bool ipv6 : {false, true}) {
    const auto accepted = decode_heard(answer(ipv6, syn_ack), ipv6);
    CHECK(accepted && accepted->what == Heard::What::accepted && accepted->sequence == 0x01020304);
    CHECK(accepted && accepted->connection == connection(ipv6));
    const auto refused = decode_heard(answer(ipv6, reset_ack), ipv6);
    CHECK(refused && refused->what == Heard::What::refused && refused->connection == connection(ipv6));
    for (const uint8_t flags : {0, 2, 4, 16, 17}) CHECK(!decode_heard(answer(ipv6, flags), ipv6));
    CHECK(!decode_heard(answer(ipv6, syn_ack), !ipv6));
    auto packet = answer(ipv6, syn_ack);
    for (size_t length = 0; length < header_size(ipv6) + 20; length++)
      CHECK(!decode_heard(Bytes(packet).first(length), ipv6));
    if (ipv6) continue;
    packet[7] = 1;
    CHECK(!decode_heard(packet, false));
    packet[7] = 0;
    packet[0] = 0x44;
    CHECK(!decode_heard(packet, false));
  }
}

TEST(segment_errors, "an ICMP error is told of the SYN that it quotes, be it cut short or in a tunnel") {
  struct Row {
    bool ipv6;
    uint8_t type;
    uint8_t code;
    int number;
  };
  constexpr Row rows[] = {
      {false, 3, 0, ENETUNREACH},  {false, 3, 1, EHOSTUNREACH}, {false, 3, 2, ENOPROTOOPT},
      {false, 3, 3, ECONNREFUSED}, {false, 3, 13, EHOSTUNREACH}, {false, 11, 0, ETIME},
      {true, 1, 0, ENETUNREACH},   {true, 1, 3, EHOSTUNREACH},   {true, 1, 4, ECONNREFUSED},
      {true, 3, 0, ETIME},
  };
  for (const Row& row : rows) {
    for (const Carrier carrier : {Carrier::none, Carrier::ipip, Carrier::gre}) {
      const auto quoted = carrier == Carrier::none ? syn(connection(row.ipv6)) : tunnelled(row.ipv6, carrier);
      const auto packet = error(row.ipv6, row.type, row.code, quoted);
      // 8 bytes of the segment, of its 28.
      for (const size_t length : {packet.size(), packet.size() - 20}) {
        const auto heard = decode_heard(Bytes(packet).first(length), row.ipv6);
        CHECK(heard && heard->what == Heard::What::error && heard->number == row.number);
        CHECK(heard && heard->sequence == 0x01020304 && heard->connection == connection(row.ipv6));
      }
      CHECK(!decode_heard(Bytes(packet).first(packet.size() - 21), row.ipv6));
    }
  }
  CHECK(!decode_heard(error(false, 3, 4, syn(connection(false))), false));
  CHECK(!decode_heard(error(false, 8, 0, syn(connection(false))), false));
  CHECK(!decode_heard(error(true, 2, 0, syn(connection(true))), true));
}

TEST(answer_filters, "the filter lets through what is decoded and concerns a port that is held, and nothing else") {
  for (const bool ipv6 : {false, true}) {
    const auto ours = answer_filter(ipv6, first_port);
    const auto others = answer_filter(ipv6, first_port + port_block);
    std::vector<std::vector<uint8_t>> wanted{answer(ipv6, syn_ack), answer(ipv6, reset_ack)};
    const uint8_t unreachable = ipv6 ? 1 : 3;
    const uint8_t exceeded = ipv6 ? 3 : 11;
    for (const uint8_t type : {unreachable, exceeded}) {
      wanted.push_back(error(ipv6, type, 1, syn(connection(ipv6))));
      wanted.push_back(error(ipv6, type, 1, tunnelled(ipv6, Carrier::ipip)));
      wanted.push_back(error(ipv6, type, 1, tunnelled(ipv6, Carrier::gre)));
    }
    for (const auto& packet : wanted) {
      CHECK(decode_heard(packet, ipv6));
      CHECK(passes(ours, packet));
      CHECK(!passes(others, packet));
      CHECK(!passes(ours, Bytes(packet).first(header_size(ipv6) + 2)));
    }
    for (const uint8_t flags : {2, 4, 16, 24, 17}) CHECK(!passes(ours, answer(ipv6, flags)));
    CHECK(!passes(ours, syn(connection(ipv6))));
    CHECK(!passes(ours, error(ipv6, ipv6 ? 129 : 0, 0, syn(connection(ipv6)))));
    if (ipv6) continue;
    auto fragment = answer(false, syn_ack);
    fragment[7] = 1;
    CHECK(!passes(ours, fragment));
    // Options move what follows.
    auto long_header = answer(false, syn_ack);
    long_header[0] = 0x46;
    long_header.insert(long_header.begin() + 20, 4, 1);
    CHECK(passes(ours, long_header) && decode_heard(long_header, false));
  }
}

TEST(tunnel_headers, "a tunnel's header says how long the packet is, and a carrier that is none makes none") {
  const auto packet = tunnelled(false, Carrier::gre);
  CHECK(packet.size() == 20 + 4 + 20 + 28 && packet[3] == packet.size() && packet[9] == IPPROTO_GRE);
  const Connection at = connection(false);
  Writer writer;
  put_tunnel(writer, Carrier::link, at.own_address(), at.peer_address(), 0);
  CHECK(writer.failed());
  Writer mixed;
  put_ip_header(mixed, at.own_address(), connection(true).peer_address(), 6, 0, usual_hops);
  CHECK(mixed.failed());
}
