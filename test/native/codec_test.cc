#include <sys/socket.h>

#include "check.h"
#include "ipvs/codec.h"
#include "ipvs/fields.h"
#include "netlink/attr.h"
#include "route/codec.h"

using namespace fl;

namespace {

constexpr int rounds = 2000;

Bytes attributes_of(const Writer& writer) { return netlink::parse_generic(writer.bytes())->attributes; }

template <size_t N>
void random_text(Random& random, char (&text)[N], uint32_t longest) {
  const uint32_t length = random.below(longest + 1);
  for (uint32_t i = 0; i < length; i++) text[i] = static_cast<char>('a' + random.below(26));
}

ipvs::Service random_service(Random& random) {
  ipvs::Service service{};
  service.family = random.below(2) == 0 ? AF_INET : AF_INET6;
  if (random.below(3) == 0) {
    service.mark = 1 + random.below(UINT32_MAX - 1);
  } else {
    service.protocol = random.below(3) == 0 ? 17 : 6;
    random.fill(service.address, service.family == AF_INET ? 4 : 16);
    service.port = random.below(65536);
  }
  random_text(random, service.scheduler, 15);
  random_text(random, service.engine, 16);
  service.flags = random.below(64);
  service.flagsMask = random.below(UINT32_MAX);
  service.timeout = random.below(2678401);
  service.netmask = service.family == AF_INET ? random.below(UINT32_MAX) : 1 + random.below(128);
  return service;
}

ipvs::Destination random_destination(Random& random) {
  ipvs::Destination destination{};
  destination.family = random.below(2) == 0 ? AF_INET : AF_INET6;
  random.fill(destination.address, destination.family == AF_INET ? 4 : 16);
  destination.port = random.below(65536);
  destination.forward = random.below(5);
  destination.weight = random.below(INT32_MAX);
  destination.upperThreshold = random.below(UINT32_MAX);
  destination.lowerThreshold = random.below(UINT32_MAX);
  destination.tunnelType = random.below(3);
  destination.tunnelPort = random.below(65536);
  destination.tunnelFlags = random.below(3);
  return destination;
}

/** Decodes every prefix, and the whole with each 16-bit word made a lie: the sanitizer watches. */
template <class Decode>
void torment(const Writer& writer, Decode decode) {
  const Bytes whole = writer.bytes();
  for (size_t length = 0; length <= whole.size(); length++) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    decode(Bytes(cut));
  }
  for (size_t at = 0; at + 2 <= whole.size(); at += 2) {
    for (const uint16_t lie : {0, 1, 3, 4, 5, 8, 255, 65535}) {
      std::vector<uint8_t> bent(whole.begin(), whole.end());
      std::memcpy(bent.data() + at, &lie, sizeof lie);
      decode(Bytes(bent));
    }
  }
}

}  // namespace

TEST(service_round_trip, "services: decode(encode(x)) is x") {
  Random random(1);
  for (int i = 0; i < rounds; i++) {
    const ipvs::Service service = random_service(random);
    Writer writer;
    ipvs::encode_service(writer, ipvs::Command::new_service, service);
    CHECK(!writer.failed());
    ipvs::ObservedService seen;
    CHECK(ipvs::decode_service(attributes_of(writer), seen, true));
    CHECK(std::memcmp(&seen.service, &service, sizeof service) == 0);
  }
}

TEST(destination_round_trip, "destinations: decode(encode(x)) is x") {
  Random random(2);
  for (int i = 0; i < rounds; i++) {
    const ipvs::Service service = random_service(random);
    const ipvs::Destination destination = random_destination(random);
    Writer writer;
    ipvs::encode_destination(writer, ipvs::Command::new_destination, service, destination);
    ipvs::ObservedDestination seen;
    CHECK(ipvs::decode_destination(attributes_of(writer), AF_INET, seen, true));
    CHECK(std::memcmp(&seen.destination, &destination, sizeof destination) == 0);
  }
}

TEST(identity_only, "requests that only name an object carry no settings") {
  Random random(3);
  const ipvs::Service service = random_service(random);
  Writer writer;
  ipvs::encode_destination(writer, ipvs::Command::delete_destination, service, random_destination(random));
  const auto named = netlink::find_attr(attributes_of(writer), ipvs::top_destination);
  for (const uint16_t setting : {3, 4, 5, 6, 13, 14, 15}) CHECK(!netlink::find_attr(*named, setting));
  for (const uint16_t identity : {1, 2, 11}) CHECK(netlink::find_attr(*named, identity));
}

TEST(daemon_round_trip, "daemons: decode(encode(x)) is x") {
  Random random(4);
  for (int i = 0; i < rounds; i++) {
    ipvs::Daemon daemon{};
    daemon.state = 1 + random.below(2);
    random_text(random, daemon.interface, 15);
    daemon.syncId = random.below(256);
    daemon.maxLength = random.below(65536);
    if (random.below(2) == 0) random.fill(daemon.group4, 4);
    else random.fill(daemon.group6, 16);
    daemon.port = random.below(65536);
    daemon.ttl = random.below(256);
    Writer writer;
    ipvs::encode_daemon(writer, ipvs::Command::new_daemon, daemon);
    ipvs::Daemon seen;
    CHECK(ipvs::decode_daemon(attributes_of(writer), seen));
    CHECK(std::memcmp(&seen, &daemon, sizeof daemon) == 0);
  }
}

TEST(address_round_trip, "addresses: decode(encode(x)) is x") {
  Random random(5);
  for (int i = 0; i < rounds; i++) {
    route::Address address{};
    address.family = random.below(2) == 0 ? AF_INET : AF_INET6;
    const size_t bytes = address.family == AF_INET ? 4 : 16;
    random.fill(address.local, bytes);
    random.fill(address.peer, bytes);
    address.index = random.below(UINT32_MAX);
    address.prefix = random.below(129);
    address.flags = random.below(UINT32_MAX);
    random_text(random, address.label, 15);
    address.owner = random.below(256);
    Writer writer;
    route::encode_address(writer, address, true);
    route::Address seen;
    CHECK(route::decode_address(writer.bytes(), seen));
    CHECK(std::memcmp(&seen, &address, sizeof address) == 0);
  }
}

TEST(too_wide, "a value the wire cannot hold fails the encoding") {
  Random random(6);
  ipvs::Service service = random_service(random);
  service.port = 65536;
  Writer writer;
  ipvs::encode_service(writer, ipvs::Command::delete_service, service);
  CHECK(writer.failed());

  ipvs::Destination destination = random_destination(random);
  destination.tunnelType = 256;
  writer.clear();
  ipvs::encode_destination(writer, ipvs::Command::new_destination, random_service(random), destination);
  CHECK(writer.failed());

  service = random_service(random);
  std::memset(service.scheduler, 'x', sizeof service.scheduler);
  writer.clear();
  ipvs::encode_service(writer, ipvs::Command::new_service, service);
  CHECK(writer.failed());
}

TEST(damage, "truncated, oversized and lying attributes are never read past their end") {
  Random random(8);
  for (int i = 0; i < 20; i++) {
    Writer writer;
    ipvs::encode_destination(writer, ipvs::Command::new_destination, random_service(random), random_destination(random));
    torment(writer, [](Bytes bytes) {
      const auto generic = netlink::parse_generic(bytes);
      if (!generic) return;
      ipvs::ObservedService service;
      ipvs::decode_service(generic->attributes, service, true);
      ipvs::ObservedDestination destination;
      ipvs::decode_destination(generic->attributes, AF_INET, destination, true);
    });
  }
  Writer writer;
  route::encode_address(writer, {AF_INET6, 3, 64, 0x80, {1}, {2}, "v0", 112, 253, 10, ""}, true);
  torment(writer, [](Bytes bytes) {
    route::Address address;
    route::decode_address(bytes, address);
    route::Link link;
    route::decode_link(bytes, link);
  });
}

TEST(bridge_port, "leaving a bridge is not the end of a link") {
  std::vector<uint8_t> message(16);
  message[4] = 3;
  route::Link link;
  CHECK(route::decode_link(message, link) && link.index == 3);
  message[0] = 7;  // AF_BRIDGE
  CHECK(!route::decode_link(message, link));
}
