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

}  // namespace fl::vrrp
