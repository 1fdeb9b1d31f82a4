#pragma once
// VRRP packets: RFC 3768 5.3, RFC 5798 5.2, RFC 9568 5.2; HMAC trailer of draft-cassen-vrrp-auth-hmac-00.
#include <map>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "vrrp/model.h"

namespace fl::vrrp {

/** A received VRRP message (what follows the IP header) with what the IP layer said of it. */
struct Received {
  Bytes message;
  Address source{};
  Address destination{};
  /** TTL or hop limit. */
  uint8_t ttl = 0;
  /** Destination was a multicast group. */
  bool multicast = true;
};

/** What an accepted advert says. */
struct Advert {
  uint8_t version = 0;
  uint8_t vrid = 0;
  uint8_t priority = 0;
  uint32_t interval_ms = 0;
  /** Count of addresses in it; they were compared already. */
  uint8_t count = 0;
  /** v3 IPv4: the checksum was the one over the message alone. */
  bool message_checksum = false;
  bool authenticated = false;
};

/** Version and VRID of anything long enough to have them, so that the receiver can be looked up before validation. */
struct Head {
  uint8_t version;
  uint8_t type;
  uint8_t vrid;
};
std::optional<Head> peek(Bytes message);

/** What the HMAC of one sender was last: a packet that is not later is a replay. */
struct ReplayMark {
  uint64_t stamp = 0;
  uint32_t counter = 0;
};

/** State of one virtual router's HMAC: marks per sender and what we sent last. Bounded. */
class HmacState {
 public:
  std::map<Address, ReplayMark> heard;
  ReplayMark sent;
};

/** Validates a packet against the settings in the order of reference vrrp.md 1.2 and fills `advert`. Any verdict but
 *  `accepted` leaves `advert` and `hmac` as they were. `wall_us` is microseconds since 1970, for the HMAC's freshness. */
Verdict validate(const Wire& wire, const Received& packet, HmacState& hmac, int64_t wall_us, Advert& advert);

/** The message of an advert from `source` to `destination`, checksum and HMAC included. */
std::vector<uint8_t> encode(const Wire& wire, uint8_t priority, const Address& source, const Address& destination,
                            HmacState& hmac, int64_t wall_us);

/** Virtual hardware address 00-00-5E-00-01-VRID or 00-00-5E-00-02-VRID (RFC 9568 7.3). */
Mac virtual_mac(int family, uint8_t vrid);

}  // namespace fl::vrrp
