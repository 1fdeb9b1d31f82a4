#pragma once
// Attributes of links and addresses that we use, one row each (include/uapi/linux/if_addr.h, if_link.h).
#include "netlink/field.h"
#include "route/model.h"

namespace fl::route {

using netlink::Kind;
using netlink::Row;
using netlink::Table;
using netlink::when_id;
using netlink::when_not_zero;
using netlink::when_set;

// IFA_ADDRESS is the peer and IFA_LOCAL ours; IPv6 without a peer sends IFA_ADDRESS alone.
enum AddressAttr : uint16_t { ifa_address = 1, ifa_local = 2 };

inline constexpr Row address_rows[] = {
    {1, Kind::address, when_id, FL_MEMBER(Address, peer), "peer"},
    {2, Kind::address, when_id, FL_MEMBER(Address, local), "address"},
    {3, Kind::text, when_set | when_not_zero, FL_MEMBER(Address, label), "label"},
    {8, Kind::u32, when_set | when_not_zero, FL_MEMBER(Address, flags), "flags"},
    {11, Kind::u8, when_set | when_not_zero, FL_MEMBER(Address, owner), "owner"},
};
inline constexpr Table address_table{address_rows, sizeof(Address), offsetof(Address, family)};

inline constexpr Row link_rows[] = {
    {1, Kind::blob, 0, FL_MEMBER(Link, hardware), "hardwareAddress"},
    {3, Kind::text, 0, FL_MEMBER(Link, name), "name"},
    {4, Kind::u32, 0, FL_MEMBER(Link, mtu), "mtu"},
    {5, Kind::u32, 0, FL_MEMBER(Link, parent), "parent"},
    {20, Kind::text, 0, FL_MEMBER(Link, alias), "alias"},
};
inline constexpr Table link_table{link_rows, sizeof(Link)};

static_assert(sound(address_table) && sound(link_table));

}  // namespace fl::route
