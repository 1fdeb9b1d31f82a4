// VRRP packets: vectors made by hand, each verdict with the least packet that earns it.
#include <sys/socket.h>

#include <string>

#include "check.h"
#include "vrrp_help.h"

using namespace fl;
using namespace fl::vrrp;

namespace {

constexpr const char* v3_pseudo = "31339602000a39630a0000640a000065";
constexpr const char* v3_message = "31339602000a23f70a0000640a000065";
constexpr const char* v3_ipv6 =
    "3133960200640bfdfe80000000000000000000000000010020010db8000000000000000000000100";
constexpr const char* v2_plain = "21336401000170660a0000640000000000000000";
constexpr const char* v2_password = "213364010101331a0a0000647365637265740000";

Wire wire4() {
  Wire wire = v3_wire(AF_INET);
  wire.interval_ms = 100;
  wire.advertised = {address("10.0.0.100"), address("10.0.0.101")};
  return wire;
}

Wire wire6() {
  Wire wire = v3_wire(AF_INET6);
  wire.advertised = {address("fe80::100"), address("2001:db8::100")};
  return wire;
}

Wire wire2() {
  Wire wire = v3_wire(AF_INET);
  wire.version = 2;
  wire.advertised = {address("10.0.0.100")};
  return wire;
}

Address source_of(const Wire& wire) { return address(wire.family == AF_INET6 ? "fe80::1" : "10.0.0.1"); }

std::string encoded(const Wire& wire, uint8_t priority) {
  HmacState state;
  return hex(encode(wire, priority, source_of(wire), wire.group, state, 0));
}

struct How {
  uint8_t ttl = 255;
  bool multicast = true;
  /** Text; empty: the usual one. */
  const char* source = "";
  const char* destination = "";
};

/** Judges the bytes, and that nothing but an accepted packet changes anything. */
Verdict judge(const Wire& wire, const std::vector<uint8_t>& message, How how = {}, Advert* told = nullptr) {
  Received packet{message, source_of(wire), wire.group, how.ttl, how.multicast};
  if (*how.source != 0) packet.source = address(how.source);
  if (*how.destination != 0) packet.destination = address(how.destination);
  HmacState state;
  state.sent = 7;
  Advert advert{9, 9, 9, 9, 9, true, true};
  const Verdict verdict = validate(wire, packet, state, 0, advert);
  CHECK(state.heard.empty() && state.sent == 7u);
  if (verdict != Verdict::accepted) {
    CHECK(advert.version == 9 && advert.vrid == 9 && advert.priority == 9 && advert.interval_ms == 9 && advert.count == 9);
    CHECK(advert.message_checksum && advert.authenticated);
  }
  if (told != nullptr) *told = advert;
  return verdict;
}

Verdict judge(const Wire& wire, const std::string& message, How how = {}, Advert* told = nullptr) {
  return judge(wire, bytes(message), how, told);
}

/** The packet with one byte made another, its checksum right. */
std::vector<uint8_t> changed(const Wire& wire, const std::string& message, size_t at, uint8_t to) {
  std::vector<uint8_t> out = bytes(message);
  out[at] = to;
  fix_checksum(wire.family, out, source_of(wire), wire.group);
  return out;
}

}  // namespace

TEST(vrrp_vectors, "adverts of v2 and v3 come out byte for byte and are taken in") {
  Wire message_only = wire4();
  message_only.checksum = ChecksumForm::message;
  Wire secret = wire2();
  secret.password = "secret";
  struct Row {
    Wire wire;
    uint8_t priority;
    const char* bytes;
    Advert advert;
  };
  const Row rows[] = {
      {wire4(), 150, v3_pseudo, {3, 51, 150, 100, 2, false, false}},
      {message_only, 150, v3_message, {3, 51, 150, 100, 2, true, false}},
      {wire6(), 150, v3_ipv6, {3, 51, 150, 1000, 2, false, false}},
      {wire2(), 100, v2_plain, {2, 51, 100, 1000, 1, false, false}},
      {secret, 100, v2_password, {2, 51, 100, 1000, 1, false, false}},
  };
  for (const Row& row : rows) {
    CHECK(encoded(row.wire, row.priority) == row.bytes);
    Advert told;
    CHECK(judge(row.wire, row.bytes, {}, &told) == Verdict::accepted);
    CHECK(told.version == row.advert.version && told.vrid == row.advert.vrid && told.priority == row.advert.priority);
    CHECK(told.interval_ms == row.advert.interval_ms && told.count == row.advert.count);
    CHECK(told.message_checksum == row.advert.message_checksum && !told.authenticated);
  }
}

TEST(vrrp_ttl, "ttl: 255 but from a peer, whose bounds count") {
  CHECK(judge(wire4(), v3_pseudo, {.ttl = 254}) == Verdict::ttl);
  CHECK(judge(wire4(), "", {.ttl = 1}) == Verdict::ttl);
  Wire wire = wire4();
  wire.peers = {{address("10.0.0.1"), 64, 66}};
  wire.checksum = ChecksumForm::message;
  const auto unicast = [](uint8_t ttl) { return How{.ttl = ttl, .multicast = false, .destination = "10.0.0.2"}; };
  CHECK(judge(wire, v3_message, unicast(63)) == Verdict::ttl);
  CHECK(judge(wire, v3_message, unicast(64)) == Verdict::accepted);
  CHECK(judge(wire, v3_message, unicast(66)) == Verdict::accepted);
  CHECK(judge(wire, v3_message, unicast(67)) == Verdict::ttl);
  // By multicast a peer is a neighbour, and held to it.
  CHECK(judge(wire, v3_message, {.ttl = 64}) == Verdict::ttl);
  CHECK(judge(wire, v3_message) == Verdict::accepted);
  // Unicast to an instance without peers comes from the link or not at all.
  CHECK(judge(wire4(), v3_message, {.ttl = 64, .multicast = false, .destination = "10.0.0.2"}) == Verdict::ttl);
}

TEST(vrrp_short, "short: anything without a whole header") {
  for (size_t size = 0; size < 8; size++) {
    auto message = bytes(v3_pseudo);
    message.resize(size);
    CHECK(judge(wire4(), message) == Verdict::too_short);
    CHECK(peek(message).has_value() == (size >= 2));
  }
  CHECK(peek(bytes("2177"))->version == 2 && peek(bytes("2177"))->type == 1 && peek(bytes("2177"))->vrid == 0x77);
}

TEST(vrrp_version, "version: every other one") {
  CHECK(judge(wire4(), v2_plain) == Verdict::version);
  CHECK(judge(wire2(), v3_message) == Verdict::version);
  for (const uint8_t version : {0, 1, 4, 15}) {
    CHECK(judge(wire4(), changed(wire4(), v3_message, 0, static_cast<uint8_t>(version << 4 | 1))) == Verdict::version);
  }
}

TEST(vrrp_type, "type: everything but an advertisement") {
  for (uint8_t type = 0; type < 16; type++) {
    const uint8_t first = 0x30 | type;
    const Verdict expected = type == 1 ? Verdict::accepted : Verdict::type;
    CHECK(judge(wire4(), changed(wire4(), v3_message, 0, first)) == expected);
  }
}

TEST(vrrp_length, "length: has to fit the count, but for padding of the smallest frame") {
  for (const auto& [wire, text] : {std::pair(wire4(), v3_pseudo), std::pair(wire6(), v3_ipv6), std::pair(wire2(), v2_plain)}) {
    const auto whole = bytes(text);
    for (size_t size = 8; size < whole.size(); size++) {
      CHECK(judge(wire, std::vector<uint8_t>(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size))) == Verdict::length);
    }
    for (size_t size = whole.size(); size < whole.size() + 40; size++) {
      auto padded = whole;
      padded.resize(size);
      const bool fine = size == whole.size() || (wire.family == AF_INET && size <= 26);
      CHECK(judge(wire, padded) == (fine ? Verdict::accepted : Verdict::length));
      if (size == whole.size()) continue;
      padded.back() = 1;
      CHECK(judge(wire, padded) == Verdict::length);
    }
  }
  CHECK(judge(wire4(), changed(wire4(), v3_message, 3, 3)) == Verdict::length);
  CHECK(judge(wire4(), changed(wire4(), v3_message, 3, 255)) == Verdict::length);
}

TEST(vrrp_carp, "CARP has our protocol number and v2's first byte, and another length") {
  // Version 2, type 1, VHID 51, skew 0, 7 words of authentication, demotion 0, base 1, checksum, counter, SHA1.
  std::vector<uint8_t> carp = bytes("2133000700010000");
  carp.resize(36, 0xa5);
  fix_checksum(AF_INET, carp, {}, {});
  for (Wire wire : {wire2(), wire4()}) {
    wire.hmac = HmacMode::permissive;
    CHECK(judge(wire, carp) == (wire.version == 2 ? Verdict::length : Verdict::version));
  }
}

TEST(vrrp_checksum, "checksum: the form that is asked for, over what was sent from where to where") {
  struct Row {
    ChecksumForm form;
    Verdict pseudo, message;
  };
  for (const Row& row : {Row{ChecksumForm::automatic, Verdict::accepted, Verdict::accepted},
                         Row{ChecksumForm::pseudo, Verdict::accepted, Verdict::checksum},
                         Row{ChecksumForm::message, Verdict::checksum, Verdict::accepted}}) {
    Wire wire = wire4();
    wire.checksum = row.form;
    CHECK(judge(wire, v3_pseudo) == row.pseudo);
    CHECK(judge(wire, v3_message) == row.message);
    // The choice is v3's on IPv4.
    Wire six = wire6(), two = wire2();
    six.checksum = two.checksum = row.form;
    CHECK(judge(six, v3_ipv6) == Verdict::accepted);
    CHECK(judge(two, v2_plain) == Verdict::accepted);
  }
  CHECK(judge(wire4(), v3_pseudo, {.source = "10.0.0.3"}) == Verdict::checksum);
  CHECK(judge(wire4(), v3_pseudo, {.destination = "10.0.0.3"}) == Verdict::checksum);
  CHECK(judge(wire6(), v3_ipv6, {.source = "fe80::3"}) == Verdict::checksum);
  for (const auto& [wire, text] : {std::pair(wire4(), v3_pseudo), std::pair(wire6(), v3_ipv6), std::pair(wire2(), v2_plain)}) {
    const auto whole = bytes(text);
    for (size_t at = 4; at < whole.size(); at++) {
      auto broken = whole;
      broken[at] ^= 0x10;
      CHECK(judge(wire, broken) == Verdict::checksum);
    }
  }
}

TEST(vrrp_vrid, "vrid: ours only") {
  for (unsigned vrid = 0; vrid < 256; vrid++) {
    const auto message = changed(wire4(), v3_message, 1, static_cast<uint8_t>(vrid));
    CHECK(judge(wire4(), message) == (vrid == 51 ? Verdict::accepted : Verdict::vrid));
  }
}

TEST(vrrp_owner, "owner: takes nobody's advert") {
  Wire wire = wire4();
  wire.owner = true;
  CHECK(judge(wire, v3_pseudo) == Verdict::owner);
  CHECK(judge(wire, changed(wire, v3_message, 2, 255)) == Verdict::owner);
}

TEST(vrrp_authentication, "authentication: v2's type and password") {
  Wire secret = wire2();
  secret.password = "secret";
  CHECK(judge(wire2(), v2_password) == Verdict::authentication);
  CHECK(judge(secret, v2_plain) == Verdict::authentication);
  CHECK(judge(secret, changed(secret, v2_password, 4, 2)) == Verdict::authentication);
  for (size_t at = 12; at < 20; at++) {
    CHECK(judge(secret, changed(secret, v2_password, at, 'x')) == Verdict::authentication);
    // Without a password the field is not looked at (RFC 3768 5.3.10).
    CHECK(judge(wire2(), changed(wire2(), v2_plain, at, 'x')) == Verdict::accepted);
  }
  // More than 8 bytes are cut on both sides.
  secret.password = "secretsecret";
  CHECK(judge(secret, encoded(secret, 100)) == Verdict::accepted);
  CHECK(encoded(secret, 100).substr(24) == "7365637265747365");
  // v3 has no such thing: those bits are reserved there (RFC 9568 5.2.6).
  Wire three = wire4();
  three.password = "secret";
  CHECK(judge(three, changed(three, v3_message, 4, 0x10)) == Verdict::accepted);
}

TEST(vrrp_interval, "interval: v2's is ours; v3's is within the bounds and never 0") {
  for (const uint8_t seconds : {0, 2, 255}) {
    CHECK(judge(wire2(), changed(wire2(), v2_plain, 5, seconds)) == Verdict::interval);
  }
  Wire wire = wire4();
  wire.min_interval_ms = 10;
  wire.max_interval_ms = 1000;
  const auto centiseconds = [&](unsigned value) {
    auto message = bytes(v3_message);
    message[4] = static_cast<uint8_t>(value >> 8);
    return judge(wire, changed(wire, hex(message), 5, static_cast<uint8_t>(value)));
  };
  CHECK(centiseconds(0) == Verdict::interval);
  CHECK(centiseconds(1) == Verdict::accepted);
  CHECK(centiseconds(100) == Verdict::accepted);
  CHECK(centiseconds(101) == Verdict::interval);
  CHECK(centiseconds(4095) == Verdict::interval);
  wire.min_interval_ms = 0;
  CHECK(centiseconds(0) == Verdict::interval);
  wire.min_interval_ms = 50;
  CHECK(centiseconds(4) == Verdict::interval);
  CHECK(centiseconds(5) == Verdict::accepted);
}

TEST(vrrp_count, "count: an advert of nothing") {
  CHECK(judge(wire4(), changed(wire4(), "3133960000640000", 1, 51)) == Verdict::count);
  CHECK(judge(wire2(), changed(wire2(), "21336400000100000000000000000000", 1, 51)) == Verdict::count);
  Wire any = wire6();
  any.address_check = AddressCheck::none;
  CHECK(judge(any, changed(any, "3133960000640000", 1, 51)) == Verdict::count);
}

TEST(vrrp_addresses, "addresses: overlap, equal in any order, or any") {
  const Wire ours = wire4();
  const auto list = [&](std::initializer_list<const char*> texts, uint8_t version = 3, uint8_t priority = 150) {
    Wire other = ours;
    other.version = version;
    other.interval_ms = 1000;
    other.checksum = ChecksumForm::message;
    other.advertised.clear();
    for (const char* text : texts) other.advertised.push_back(address(text));
    return encoded(other, priority);
  };
  struct Row {
    std::string message;
    bool overlaps, equals;
  };
  const Row rows[] = {
      {list({"10.0.0.100", "10.0.0.101"}), true, true},
      {list({"10.0.0.101", "10.0.0.100"}), true, true},
      {list({"10.0.0.101"}), true, false},
      {list({"10.0.0.7", "10.0.0.8", "10.0.0.100"}), true, false},
      {list({"10.0.0.100", "10.0.0.101", "10.0.0.102"}), true, false},
      {list({"10.0.0.100", "10.0.0.100"}), true, false},
      {list({"10.0.0.99"}), false, false},
      {list({"10.0.0.99", "10.0.0.98"}), false, false},
      // The owner of other addresses is no better in v3.
      {list({"10.0.0.99"}, 3, 255), false, false},
  };
  for (const Row& row : rows) {
    Wire wire = ours;
    CHECK(judge(wire, row.message) == (row.overlaps ? Verdict::accepted : Verdict::addresses));
    wire.address_check = AddressCheck::exact;
    CHECK(judge(wire, row.message) == (row.equals ? Verdict::accepted : Verdict::addresses));
    wire.address_check = AddressCheck::none;
    CHECK(judge(wire, row.message) == Verdict::accepted);
  }
  // In v2 it is: RFC 3768 7.1.
  Wire two = ours;
  two.version = 2;
  two.interval_ms = 1000;
  CHECK(judge(two, list({"10.0.0.99"}, 2, 254)) == Verdict::addresses);
  CHECK(judge(two, list({"10.0.0.99"}, 2, 255)) == Verdict::accepted);
  // Addresses are compared over their whole length.
  Wire six = wire6();
  CHECK(judge(six, v3_ipv6) == Verdict::accepted);
  six.advertised = {address("fe80::101"), address("2001:db8::101")};
  CHECK(judge(six, v3_ipv6) == Verdict::addresses);
}

TEST(vrrp_source, "source: a peer where there are peers, and never ourselves") {
  Wire wire = wire4();
  wire.own = address("10.0.0.1");
  CHECK(judge(wire, v3_message) == Verdict::source);
  CHECK(judge(wire, v3_message, {.source = "10.0.0.9"}) == Verdict::accepted);
  wire.own = address("10.0.0.2");
  wire.peers = {{address("10.0.0.1"), 0, 255}, {address("10.0.0.2"), 0, 255}};
  CHECK(judge(wire, v3_message) == Verdict::accepted);
  CHECK(judge(wire, v3_message, {.source = "10.0.0.2"}) == Verdict::source);
  CHECK(judge(wire, v3_message, {.source = "10.0.0.3"}) == Verdict::source);
  CHECK(judge(wire, v3_message, {.ttl = 3, .multicast = false, .source = "10.0.0.3"}) == Verdict::source);
}

TEST(vrrp_order, "of several faults the first in the order is told") {
  // One byte after the other is put right; what is told moves on, never back.
  Wire wire = wire4();
  wire.own = address("10.0.0.1");
  wire.peers = {{address("10.0.0.2"), 0, 255}};
  const Verdict expected[] = {Verdict::ttl,   Verdict::version, Verdict::type,      Verdict::length, Verdict::checksum,
                              Verdict::vrid,  Verdict::interval, Verdict::count,    Verdict::addresses, Verdict::source};
  size_t step = 0;
  const auto expect = [&](const std::vector<uint8_t>& message, uint8_t ttl = 255) {
    CHECK(judge(wire, message, {.ttl = ttl}) == expected[step++]);
  };
  auto message = bytes("4200000500000000ffff");
  expect(message, 1);
  expect(message);
  message[0] = 0x32;
  expect(message);
  message[0] = 0x31;
  expect(message);
  message = bytes("3100000000000000");
  expect(message);
  expect(changed(wire, hex(message), 1, 0));
  expect(changed(wire, hex(message), 1, 51));
  message = changed(wire, hex(message), 1, 51);
  expect(changed(wire, hex(message), 5, 100));
  message = bytes("31330001006400000a000001");
  expect(changed(wire, hex(message), 1, 51));
  expect(changed(wire, v3_message, 1, 51));
}

TEST(vrrp_extremes, "encoding keeps to what the fields can hold") {
  Wire wire = wire4();
  wire.interval_ms = 1'000'000;
  CHECK(encoded(wire, 0).substr(0, 12) == "313300020fff");
  wire.interval_ms = 0;
  CHECK(encoded(wire, 255).substr(0, 12) == "3133ff020001");
  wire.version = 2;
  CHECK(encoded(wire, 1).substr(0, 12) == "213301020001");
  wire.interval_ms = 1'000'000;
  CHECK(encoded(wire, 1).substr(0, 12) == "2133010200ff");
  wire.interval_ms = 1000;
  wire.advertised.assign(300, address("10.0.0.100"));
  CHECK(encoded(wire, 1).size() == 2 * (8 + 255 * 4 + 8));
  CHECK(judge(wire, encoded(wire, 1)) == Verdict::accepted);
  wire.advertised.clear();
  CHECK(judge(wire, encoded(wire, 1)) == Verdict::count);
}

TEST(vrrp_names, "every verdict has a name of its own") {
  for (size_t i = 0; i < verdict_count; i++) {
    const std::string name = verdict_name(static_cast<Verdict>(i));
    CHECK(!name.empty());
    for (size_t j = 0; j < i; j++) CHECK(name != verdict_name(static_cast<Verdict>(j)));
  }
}

TEST(vrrp_mac, "the virtual hardware address has the family and the VRID") {
  CHECK(hex(virtual_mac(AF_INET, 51)) == "00005e000133");
  CHECK(hex(virtual_mac(AF_INET6, 255)) == "00005e0002ff");
}
