#include "vrrp/announce.h"

#include <algorithm>

#include "vrrp/checksum.h"
#include "vrrp/message.h"

namespace fl::vrrp {
namespace {

constexpr Mac everyone{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
/** ff02::1, the link's nodes, and the hardware address it maps to (RFC 2464 7). */
constexpr Address all_nodes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr Mac all_nodes_mac{0x33, 0x33, 0, 0, 0, 1};

constexpr uint16_t ethertype_arp = 0x0806;
constexpr uint16_t ethertype_ipv6 = 0x86dd;
constexpr uint8_t icmpv6 = 58;
/** Type to option: 4 bytes, flags, target, target link-layer address. */
constexpr size_t advertisement_size = 32;
constexpr size_t checksum_at = 14 + 40 + 2;

class Frame {
 public:
  Frame(const Mac& to, const Mac& from, uint16_t ethertype) {
    put(to);
    put(from);
    put16(ethertype);
  }
  void put(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void put16(uint16_t value) { put(std::array{static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)}); }
  std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> gratuitous_arp(const Mac& mac, const Address& address, bool reply) {
  Frame frame(everyone, mac, ethertype_arp);
  // Ethernet and IPv4 with addresses of 6 and 4 bytes.
  frame.put(std::array<uint8_t, 6>{0, 1, 0x08, 0x00, 6, 4});
  frame.put16(reply ? 2 : 1);
  frame.put(mac);
  frame.put(Bytes(address).first(4));
  // A request asks for a hardware address, a reply says again whose it is.
  frame.put(reply ? mac : Mac{});
  frame.put(Bytes(address).first(4));
  return std::move(frame.bytes());
}

std::vector<uint8_t> neighbour_advertisement(const Mac& mac, const Address& address, bool router) {
  Frame frame(all_nodes_mac, mac, ethertype_ipv6);
  frame.put(std::array<uint8_t, 8>{0x60, 0, 0, 0, 0, advertisement_size, icmpv6, 255});
  frame.put(address);
  frame.put(all_nodes);
  const uint8_t flags = router ? 0xa0 : 0x20;
  frame.put(std::array<uint8_t, 8>{136, 0, 0, 0, flags, 0, 0, 0});
  frame.put(address);
  // Target link-layer address, one unit of 8 bytes.
  frame.put(std::array<uint8_t, 2>{2, 1});
  frame.put(mac);
  std::vector<uint8_t>& bytes = frame.bytes();
  Sum sum;
  sum.add(Bytes(bytes).last(advertisement_size)).add_pseudo(AF_INET6, address, all_nodes, icmpv6, advertisement_size);
  const uint16_t checksum = sum.checksum();
  bytes[checksum_at] = static_cast<uint8_t>(checksum >> 8);
  bytes[checksum_at + 1] = static_cast<uint8_t>(checksum);
  return std::move(bytes);
}

}  // namespace fl::vrrp
