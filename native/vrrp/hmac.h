#pragma once
// HMAC-SHA256 (RFC 2104) and the trailer that authenticates adverts with it, draft-cassen-vrrp-auth-hmac-00:
//   type u8 = 1 | key id u8 | reserved u16 = 0 | seconds u32 | 1/65536 s u16 | counter u16 | first 16 bytes of the HMAC
// covered: family (4 or 6) u8 | version u8 | VRID u8 | 0 u8 | source address, 16 bytes, IPv4 in the first 4
//          | the message with its checksum as zero | the trailer with its HMAC as zeros
#include <initializer_list>
#include <map>
#include <optional>

#include "vrrp/model.h"
#include "vrrp/sha256.h"

namespace fl::vrrp {

inline constexpr size_t trailer_size = 28;
/** Senders whose sequence is remembered for one virtual router. */
inline constexpr size_t most_senders = 16;

/** State of one virtual router's HMAC. A sequence is seconds, fraction and counter of a trailer as one number; they are
 *  compared as serial numbers (RFC 1982), so that the seconds may wrap. */
struct HmacState {
  /** The latest of each sender: what is not later is a replay. Only senders that hold a key get here. */
  std::map<Address, uint64_t> heard;
  /** The last one sent. */
  std::optional<uint64_t> sent;
};

/** HMAC-SHA256 over the parts, one after the other. A key may have any length. */
Digest hmac_sha256(Bytes key, std::initializer_list<Bytes> parts);

/** Whether both are the same bytes, in a time that tells nothing of where they differ. */
bool equal_in_constant_time(Bytes a, Bytes b);

/** The trailer for `message` (at least a header), which counts `state.sent` on. With an active key that is not among the
 *  keys the HMAC is zeros, which nobody believes. */
std::array<uint8_t, trailer_size> sign(const Wire& wire, Bytes message, const Address& source, HmacState& state,
                                       int64_t wall_us);

/** Judges the trailer of `message`; only `accepted` is remembered in `state`. Freshness comes before the digest, so that old
 *  captures cost nothing, and the replay mark after it, so that a forgery moves nothing. */
Verdict verify(const Wire& wire, Bytes message, Bytes trailer, const Address& source, HmacState& state, int64_t wall_us);

}  // namespace fl::vrrp
