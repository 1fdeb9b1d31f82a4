#include "vrrp/announce.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

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

/** Ethernet and IPv4 with addresses of 6 and 4 bytes. */
std::vector<uint8_t> arp(uint8_t operation, const Mac& mac, const Address& sender, const Mac& target_mac, const Address& target) {
  Frame frame(everyone, mac, ethertype_arp);
  frame.put(std::array<uint8_t, 8>{0, 1, 0x08, 0x00, 6, 4, 0, operation});
  frame.put(mac);
  frame.put(Bytes(sender).first(4));
  frame.put(target_mac);
  frame.put(Bytes(target).first(4));
  return std::move(frame.bytes());
}

/** An IPv6 packet with one message of neighbour discovery, whose checksum is filled in. */
std::vector<uint8_t> discovery(const Mac& mac, const Mac& to_mac, const Address& from, const Address& to, Bytes message) {
  Frame frame(to_mac, mac, ethertype_ipv6);
  frame.put(std::array<uint8_t, 8>{0x60, 0, 0, 0, 0, static_cast<uint8_t>(message.size()), icmpv6, 255});
  frame.put(from);
  frame.put(to);
  frame.put(message);
  Sum sum;
  sum.add(message).add_pseudo(AF_INET6, from, to, icmpv6, message.size());
  const uint16_t checksum = sum.checksum();
  std::vector<uint8_t>& bytes = frame.bytes();
  bytes[checksum_at] = static_cast<uint8_t>(checksum >> 8);
  bytes[checksum_at + 1] = static_cast<uint8_t>(checksum);
  return std::move(bytes);
}

}  // namespace

std::vector<uint8_t> gratuitous_arp(const Mac& mac, const Address& address, bool reply) {
  // A request asks for a hardware address, a reply says again whose it is.
  return arp(reply ? 2 : 1, mac, address, reply ? mac : Mac{}, address);
}

std::vector<uint8_t> arp_probe(const Mac& mac, const Address& address) { return arp(1, mac, {}, {}, address); }

std::vector<uint8_t> neighbour_advertisement(const Mac& mac, const Address& address, bool router) {
  Writer message(32);
  message.put(std::array<uint8_t, 8>{136, 0, 0, 0, static_cast<uint8_t>(router ? 0xa0 : 0x20), 0, 0, 0});
  message.put(address);
  // Target link-layer address, one unit of 8 bytes.
  message.put(std::array<uint8_t, 2>{2, 1});
  message.put(mac);
  return discovery(mac, all_nodes_mac, address, all_nodes, message.bytes());
}

std::vector<uint8_t> neighbour_probe(const Mac& mac, const Address& address) {
  // The solicited-node group ff02::1:ff00:0/104 and the hardware address it maps to (RFC 4291 2.7.1, RFC 2464 7).
  Address group{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  std::copy(address.begin() + 13, address.end(), group.begin() + 13);
  const Mac to{0x33, 0x33, 0xff, address[13], address[14], address[15]};
  Writer message(24);
  message.put(std::array<uint8_t, 8>{135});
  message.put(address);
  return discovery(mac, to, {}, group, message.bytes());
}

}  // namespace fl::vrrp
