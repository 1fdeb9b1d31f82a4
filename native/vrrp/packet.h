#pragma once
// VRRP packets: RFC 3768 5.3, RFC 5798 5.2, RFC 9568 5.2; HMAC trailer of draft-cassen-vrrp-auth-hmac-00.
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "vrrp/hmac.h"
#include "vrrp/model.h"

namespace fl::vrrp {

/** A received VRRP message (what follows the IP header, up to the length that header tells) with what the IP layer said. */
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

/** Judges a packet by the settings, in the order of Verdict (RFC 3768 7.1, RFC 5798 7.1, RFC 9568 7.1), and fills `advert`.
 *  Any verdict but `accepted` leaves `advert` and `hmac` as they were. `wall_us` is microseconds since 1970, for the HMAC's
 *  freshness. */
Verdict validate(const Wire& wire, const Received& packet, HmacState& hmac, int64_t wall_us, Advert& advert);

/** The message of an advert from `source` to `destination`, checksum and HMAC included; at most 255 addresses and a v2
 *  interval of 1 to 255 s, a v3 one of 1 to 4095 cs, whatever the settings say. */
std::vector<uint8_t> encode(const Wire& wire, uint8_t priority, const Address& source, const Address& destination,
                            HmacState& hmac, int64_t wall_us);

/** The verdict's key in VERDICTS (src/model/vrrp.ts). */
const char* verdict_name(Verdict verdict);

/** Virtual hardware address 00-00-5E-00-01-VRID or 00-00-5E-00-02-VRID (RFC 9568 7.3). */
Mac virtual_mac(int family, uint8_t vrid);

}  // namespace fl::vrrp
