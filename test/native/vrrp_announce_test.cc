// Announcements byte for byte.
#include <sys/socket.h>

#include "check.h"
#include "vrrp/announce.h"
#include "vrrp/claim.h"
#include "vrrp_help.h"

using namespace fl::vrrp;

TEST(announce_arp, "gratuitous ARP, as request and as reply") {
  const Mac mac = virtual_mac(AF_INET, 51);
  CHECK(hex(gratuitous_arp(mac, address("10.0.0.100"), false)) ==
        "ffffffffffff" "00005e000133" "0806" "0001080006040001" "00005e000133" "0a000064" "000000000000" "0a000064");
  CHECK(hex(gratuitous_arp(mac, address("10.0.0.100"), true)) ==
        "ffffffffffff" "00005e000133" "0806" "0001080006040002" "00005e000133" "0a000064" "00005e000133" "0a000064");
}

TEST(announce_probes, "what asks who has an address, without a claim to it") {
  const Mac mac{2, 0, 0, 0, 0, 1};
  CHECK(hex(arp_probe(mac, address("10.0.0.100"))) ==
        "ffffffffffff" "020000000001" "0806" "0001080006040001" "020000000001" "00000000" "000000000000" "0a000064");
  CHECK(hex(neighbour_probe(mac, address("2001:db8::12:100"))) ==
        "3333ff120100" "020000000001" "86dd" "6000000000183aff" "00000000000000000000000000000000"
        "ff0200000000000000000001ff120100" "87004acb" "00000000" "20010db8000000000000000000120100");
}

TEST(announce_na, "unsolicited neighbour advertisements, of a router and of a host") {
  const Mac mac = virtual_mac(AF_INET6, 51);
  const std::string before =
      "333300000001" "00005e000233" "86dd" "6000000000203aff"
      "20010db8000000000000000000000100" "ff020000000000000000000000000001" "8800";
  const std::string after = "20010db8000000000000000000000100" "0201" "00005e000233";
  CHECK(hex(neighbour_advertisement(mac, address("2001:db8::100"), true)) == before + "18fa" "a0000000" + after);
  CHECK(hex(neighbour_advertisement(mac, address("2001:db8::100"), false)) == before + "98fa" "20000000" + after);
}

TEST(claim_read, "announcements and answers say who has an address, probes and what is cut off say nothing") {
  const Mac mac = virtual_mac(AF_INET, 51);
  const auto same = [&](const std::vector<uint8_t>& frame, int family, const Address& of) {
    const auto claim = read_claim(frame);
    return claim && claim->family == family && claim->address == of && claim->mac == mac;
  };
  const Address four = address("10.0.0.100");
  const Address six = address("2001:db8::100");
  for (const bool reply : {false, true}) CHECK(same(gratuitous_arp(mac, four, reply), AF_INET, four));
  CHECK(same(neighbour_advertisement(mac, six, true), AF_INET6, six));
  CHECK(!read_claim(arp_probe(mac, four)));
  CHECK(!read_claim(neighbour_probe(mac, six)));

  for (const auto& frame : {gratuitous_arp(mac, four, false), neighbour_advertisement(mac, six, true)}) {
    for (size_t size = 0; size < frame.size(); size++) CHECK(!read_claim(fl::Bytes(frame).first(size)));
  }
  // Hop limit 254: it came from elsewhere. An option of length 0 would never end.
  auto far = neighbour_advertisement(mac, six, true);
  far[14 + 7] = 254;
  CHECK(!read_claim(far));
  auto endless = neighbour_advertisement(mac, six, true);
  endless[14 + 40 + 25] = 0;
  CHECK(!read_claim(endless));
  // Without the option, whoever sent the frame.
  auto bare = neighbour_advertisement(mac, six, true);
  bare.resize(bare.size() - 8);
  bare[14 + 5] = 24;
  CHECK(same(bare, AF_INET6, six));
}
