#include "vrrp/claim.h"

#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <algorithm>


namespace fl::vrrp {
namespace {

uint16_t take16(Reader& reader) {
  const Bytes two = reader.take(2);
  return two.size() == 2 ? static_cast<uint16_t>(two[0] << 8 | two[1]) : uint16_t{0};
}

/** After the Ethernet header. */
std::optional<Claim> read_arp(Reader reader) {
  const bool ethernet = take16(reader) == 1 && take16(reader) == ETHERTYPE_IP;
  const bool lengths = reader.value<uint8_t>() == 6 && reader.value<uint8_t>() == 4;
  const uint16_t operation = take16(reader);
  Claim claim{AF_INET, {}, reader.value<Mac>()};
  const Bytes sender = reader.take(4);
  // Whom it asks or tells.
  static_cast<void>(reader.take(10));
  if (reader.failed() || !ethernet || !lengths || (operation != 1 && operation != 2)) return std::nullopt;
  std::copy(sender.begin(), sender.end(), claim.address.begin());
  // A probe claims nothing yet (RFC 5227 1.1).
  return claim.address == Address{} ? std::nullopt : std::optional(claim);
}

/** After the Ethernet header. The sender of the frame stands in for a target link-layer address that is left out. */
std::optional<Claim> read_advertisement(Reader reader, const Mac& sender) {
  const bool six = reader.value<uint8_t>() >> 4 == 6;
  static_cast<void>(reader.take(3));
  const size_t length = take16(reader);
  const auto next = reader.value<uint8_t>();
  const auto hops = reader.value<uint8_t>();
  static_cast<void>(reader.take(32));
  Reader body(reader.take(length));
  const auto type = body.value<uint8_t>();
  const auto code = body.value<uint8_t>();
  static_cast<void>(body.take(6));
  Claim claim{AF_INET6, body.value<Address>(), sender};
  if (body.failed() || !six || next != IPPROTO_ICMPV6 || hops != 255 || type != ND_NEIGHBOR_ADVERT || code != 0) return std::nullopt;
  while (body.left() > 0) {
    const auto option = body.value<uint8_t>();
    // In units of 8 bytes, the two that are read included.
    const size_t size = body.value<uint8_t>() * size_t{8};
    if (size == 0) return std::nullopt;
    Reader rest(body.take(size - 2));
    if (body.failed()) return std::nullopt;
    if (option == ND_OPT_TARGET_LINKADDR) claim.mac = rest.value<Mac>();
  }
  return claim;
}

}  // namespace

std::optional<Claim> read_claim(Bytes frame) {
  Reader reader(frame);
  static_cast<void>(reader.take(6));
  const auto sender = reader.value<Mac>();
  switch (take16(reader)) {
    case ETHERTYPE_ARP: return read_arp(reader);
    case ETHERTYPE_IPV6: return read_advertisement(reader, sender);
    default: return std::nullopt;
  }
}

}  // namespace fl::vrrp
