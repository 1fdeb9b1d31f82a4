#include "vrrp/describe.h"

namespace fl::vrrp {
namespace {

constexpr uint8_t simple_text = 1;

/** Settings that would believe this packet if anybody could. */
Wire most_obliging(int family, const Received& packet, const Message& message) {
  Wire wire;
  wire.family = family;
  wire.version = message.version == 2 && family == AF_INET ? 2 : 3;
  wire.vrid = message.vrid;
  wire.interval_ms = message.interval_ms;
  wire.address_check = AddressCheck::none;
  wire.hmac = HmacMode::receive_only;
  if (!packet.multicast) wire.peers = {{packet.source, 0, 255}};
  if (message.version == 2 && message.authentication_type == simple_text) {
    wire.password.assign(message.authentication.begin(), message.authentication.end());
  }
  return wire;
}

}  // namespace

Description describe(int family, const Received& packet, const Wire* wire, int64_t wall_us) {
  Description out{take_apart(family, packet.message)};
  if (out.message.whole) out.checksums = right_checksums(family, packet, out.message);
  HmacState state;
  Advert advert;
  if (wire != nullptr) {
    out.verdict = validate(*wire, packet, state, wall_us, advert);
  } else {
    out.verdict = validate(most_obliging(family, packet, out.message), packet, state, wall_us, advert);
    if (out.verdict >= Verdict::hmac_missing) out.verdict = Verdict::accepted;
  }
  return out;
}

}  // namespace fl::vrrp
