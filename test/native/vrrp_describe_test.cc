// What is told of a packet without any settings, and with some.
#include <sys/socket.h>

#include "check.h"
#include "vrrp/describe.h"
#include "vrrp_help.h"

using namespace fl;
using namespace fl::vrrp;

namespace {

struct Told {
  const char* what;
  int family;
  const char* message;
  uint8_t ttl;
  bool multicast;
  Verdict verdict;
};

constexpr const char* advert3 = "31339602000a23f70a0000640a000065";

constexpr Told rows[] = {
    {"v3", AF_INET, advert3, 255, true, Verdict::accepted},
    {"v3, an owner's", AF_INET, "3133ff02000abaf60a0000640a000065", 255, true, Verdict::accepted},
    {"v2", AF_INET, "21336401000170660a0000640000000000000000", 255, true, Verdict::accepted},
    {"v2 with a password", AF_INET, "213364010101331a0a0000647365637265740000", 255, true, Verdict::accepted},
    {"v3 on IPv6", AF_INET6, "3133960200640bfdfe80000000000000000000000000010020010db8000000000000000000000100", 255, true,
     Verdict::accepted},
    {"an HMAC of whoever", AF_INET, "3133c80100644402c00002640101000068000000800000001b84bc4e8e43892dc6d98448f8ee2265", 255,
     true, Verdict::accepted},
    {"unicast from afar", AF_INET, advert3, 61, false, Verdict::accepted},
    {"multicast from afar", AF_INET, advert3, 254, true, Verdict::ttl},
    {"nothing", AF_INET, "", 255, true, Verdict::too_short},
    {"v4", AF_INET, "41339602000a13f70a0000640a000065", 255, true, Verdict::version},
    {"v2 on IPv6", AF_INET6, "21336401000170660a0000640000000000000000", 255, true, Verdict::version},
    {"type 7", AF_INET, "37339602000a1df70a0000640a000065", 255, true, Verdict::type},
    {"cut off", AF_INET, "31339602000a23f70a000064", 255, true, Verdict::length},
    {"one bit wrong", AF_INET, "31339602000a23f70a0000640a000064", 255, true, Verdict::checksum},
    {"an interval of 0", AF_INET, "31339602000024010a0000640a000065", 255, true, Verdict::interval},
    {"no address", AF_INET, "3133960000643867", 255, true, Verdict::count},
    {"an authentication header", AF_INET, "21336401020170640a0000640000000000000000", 255, true, Verdict::authentication},
};

}  // namespace

TEST(describe_itself, "without settings a packet is judged in itself") {
  for (const Told& row : rows) {
    std::vector<uint8_t> message = bytes(row.message);
    const bool broken = row.verdict == Verdict::checksum;
    const Address source = address(row.family == AF_INET6 ? "fe80::1" : "10.0.0.1");
    const Address group = address(row.family == AF_INET6 ? "ff02::12" : "224.0.0.18");
    if (!broken) fix_checksum(row.family, message, source, group);
    const auto told = describe(row.family, {message, source, group, row.ttl, row.multicast}, nullptr, 0);
    if (told.verdict != row.verdict) std::fprintf(stderr, "%s: %s\n", row.what, verdict_name(told.verdict));
    CHECK(told.verdict == row.verdict);
    if (row.verdict == Verdict::accepted) CHECK(told.message.whole && (told.checksums.pseudo || told.checksums.message));
    if (broken) CHECK(!told.checksums.pseudo && !told.checksums.message);
  }
}

TEST(describe_settings, "with settings it is judged by them") {
  Wire wire = v3_wire(AF_INET);
  const auto message = bytes(advert3);
  const Received packet{message, address("10.0.0.1"), address("224.0.0.18"), 255, true};
  CHECK(describe(AF_INET, packet, &wire, 0).verdict == Verdict::addresses);
  wire.vrid = 7;
  CHECK(describe(AF_INET, packet, &wire, 0).verdict == Verdict::vrid);
  wire = v3_wire(AF_INET);
  wire.advertised = {address("10.0.0.101")};
  const Description told = describe(AF_INET, packet, &wire, 0);
  CHECK(told.verdict == Verdict::accepted && told.message.count == 2 && told.message.addresses.size() == 8);
}
