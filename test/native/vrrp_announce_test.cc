// Announcements byte for byte.
#include <sys/socket.h>

#include "check.h"
#include "vrrp/announce.h"
#include "vrrp_help.h"

using namespace fl::vrrp;

TEST(announce_arp, "gratuitous ARP, as request and as reply") {
  const Mac mac = virtual_mac(AF_INET, 51);
  CHECK(hex(gratuitous_arp(mac, address("10.0.0.100"), false)) ==
        "ffffffffffff" "00005e000133" "0806" "0001080006040001" "00005e000133" "0a000064" "000000000000" "0a000064");
  CHECK(hex(gratuitous_arp(mac, address("10.0.0.100"), true)) ==
        "ffffffffffff" "00005e000133" "0806" "0001080006040002" "00005e000133" "0a000064" "00005e000133" "0a000064");
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
