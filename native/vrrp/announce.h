#pragma once
// Frames that tell a segment who holds an address now: gratuitous ARP (RFC 5227 3) and unsolicited neighbour
// advertisements (RFC 4861 7.2.6).
#include <vector>

#include "vrrp/model.h"

namespace fl::vrrp {

/** A whole Ethernet frame: ARP request (`reply` false) or reply with sender and target address `address`, to everyone. */
std::vector<uint8_t> gratuitous_arp(const Mac& mac, const Address& address, bool reply);

/** A whole Ethernet frame: neighbour advertisement from `address` to ff02::1, override set, router flag as given, with the
 *  target link-layer address option. */
std::vector<uint8_t> neighbour_advertisement(const Mac& mac, const Address& address, bool router);

/** A whole Ethernet frame: ARP probe (RFC 5227 1.1): asks for the address without claiming it. */
std::vector<uint8_t> arp_probe(const Mac& mac, const Address& address);

/** A whole Ethernet frame: neighbour solicitation as for duplicate address detection (RFC 4862 5.4.2), from the unspecified
 *  address; who has it answers to everyone. */
std::vector<uint8_t> neighbour_probe(const Mac& mac, const Address& address);

}  // namespace fl::vrrp
