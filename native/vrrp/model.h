#pragma once
// Settings of a virtual router as the engine and the packet codec need them (src/model/vrrp.ts has the meaning of each).
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace fl::vrrp {

/** Network order, IPv4 in the first 4 bytes; which of both is told by the family beside it. */
using Address = std::array<uint8_t, 16>;
using Mac = std::array<uint8_t, 6>;

/** Why a packet was refused or taken, in the order of VERDICTS (src/model/vrrp.ts). */
enum class Verdict : uint8_t {
  accepted,
  ttl,
  too_short,
  version,
  type,
  length,
  checksum,
  vrid,
  owner,
  authentication,
  interval,
  count,
  addresses,
  source,
  hmac_missing,
  hmac_key,
  hmac_stale,
  hmac_digest,
  hmac_replay,
};
inline constexpr size_t verdict_count = 19;

enum class ChecksumForm : uint8_t { automatic, pseudo, message };
enum class AddressCheck : uint8_t { overlap, exact, none };
enum class HmacMode : uint8_t { off, receive_only, permissive, enforce };

struct Peer {
  Address address{};
  uint8_t min_ttl = 0;
  uint8_t max_ttl = 255;
};

struct HmacKey {
  uint8_t id = 0;
  /** 32 to 64 bytes. */
  std::vector<uint8_t> secret;
};

struct Wire {
  uint8_t version = 3;
  /** AF_INET or AF_INET6. */
  int family = 0;
  uint8_t vrid = 0;
  uint32_t interval_ms = 1000;
  uint32_t min_interval_ms = 10;
  uint32_t max_interval_ms = 40950;
  /** Multicast group; not used with peers. */
  Address group{};
  std::vector<Peer> peers;
  uint8_t ttl = 255;
  /** In the packet, in this order; at most 255. */
  std::vector<Address> advertised;
  AddressCheck address_check = AddressCheck::overlap;
  ChecksumForm checksum = ChecksumForm::automatic;
  bool owner = false;
  /** What we send from, once that is known: who sends from it is ourselves. All zeros: not known. */
  Address own{};
  /** v2 simple text, up to 8 bytes. */
  std::string password;
  HmacMode hmac = HmacMode::off;
  std::vector<HmacKey> keys;
  uint8_t active_key = 0;
  uint32_t hmac_window_ms = 5000;
};

}  // namespace fl::vrrp
