#include "vrrp/message.h"

#include <algorithm>

#include "vrrp/checksum.h"

namespace fl::vrrp {
namespace {

constexpr uint8_t protocol = 112;
/** What Ethernet leaves for IPv4's payload in its smallest frame: 60 bytes without the checksum, less both headers. Some
 *  senders count the padding up to there as theirs. (IPv6 leaves less than a header.) */
constexpr size_t smallest_payload = 60 - 14 - 20;

bool is_padding(int family, size_t length, Bytes rest) {
  return family != AF_INET6 && length <= smallest_payload &&
         std::all_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace

Message take_apart(int family, Bytes bytes) {
  Message message;
  if (bytes.size() < header_size) return message;
  message.has_header = true;
  message.version = bytes[0] >> 4;
  message.type = bytes[0] & 15;
  message.vrid = bytes[1];
  message.priority = bytes[2];
  message.count = bytes[3];
  if (message.version == 2) {
    message.authentication_type = bytes[4];
    message.interval_ms = uint32_t{bytes[5]} * 1000;
  } else {
    message.interval_ms = ((uint32_t{bytes[4]} & 15) << 8 | bytes[5]) * 10;
  }
  Reader reader(bytes.subspan(header_size));
  message.addresses = reader.take(message.count * address_size(family));
  if (message.version == 2) message.authentication = reader.take(authentication_size);
  if (reader.failed()) return message;
  message.body = bytes.first(bytes.size() - reader.left());
  const Bytes rest = bytes.subspan(message.body.size());
  if (rest.size() == trailer_size) message.trailer = rest;
  message.whole = rest.empty() || rest.size() == trailer_size || is_padding(family, bytes.size(), rest);
  return message;
}

Checksums right_checksums(int family, const Received& packet, const Message& message) {
  const auto right = [&](bool with_pseudo) {
    return checksum_of(family, packet.source, packet.destination, message.body, message.trailer, with_pseudo) == 0;
  };
  if (message.version == 2) return {false, right(false)};
  return {right(true), family != AF_INET6 && right(false)};
}

uint16_t checksum_of(int family, const Address& source, const Address& destination, Bytes body, Bytes trailer,
                     bool with_pseudo) {
  if (family != AF_INET6) trailer = {};
  Sum sum;
  sum.add(body).add(trailer);
  if (with_pseudo) sum.add_pseudo(family, source, destination, protocol, body.size() + trailer.size());
  return sum.checksum();
}

}  // namespace fl::vrrp
