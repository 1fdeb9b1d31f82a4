#pragma once
// Frames that say who has an address: what others answer when they are asked, and what they say unasked.
#include <optional>

#include "base/bytes.h"
#include "vrrp/model.h"

namespace fl::vrrp {

struct Claim {
  /** AF_INET or AF_INET6. */
  int family = 0;
  Address address{};
  Mac mac{};
};

/** What a whole Ethernet frame says of the owner of an address: any ARP packet of its sender (RFC 5227 2.4), a neighbour
 *  advertisement of its target (RFC 4861 4.4, its checksum not looked at). Nothing when it is neither, or not whole. */
std::optional<Claim> read_claim(Bytes frame);

}  // namespace fl::vrrp
