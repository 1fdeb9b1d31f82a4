#include "probe/icmp.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <cstring>

#include "base/checksum.h"

namespace fl::probe {

namespace {

struct Header {
  uint8_t type;
  uint8_t code;
  uint16_t checksum;
  uint16_t identifier;
  uint16_t sequence;
};

}  // namespace

void encode_request(Writer& writer, bool ipv6, uint16_t identifier, const Cookie& cookie, uint64_t token, size_t size) {
  const size_t start = writer.size();
  Header header{};
  header.type = ipv6 ? uint8_t{ICMP6_ECHO_REQUEST} : uint8_t{ICMP_ECHO};
  header.identifier = identifier;
  header.sequence = htons(static_cast<uint16_t>(token));
  writer.value(header);
  writer.put(cookie);
  writer.value(token);
  const size_t written = writer.size() - start - sizeof header;
  if (size > written) writer.zeros(size - written);
  if (!ipv6) writer.patch(start + offsetof(Header, checksum), htons(InternetSum().add(writer.bytes().subspan(start)).checksum()));
}

std::optional<uint64_t> decode_reply(Bytes packet, bool ipv6, bool header, const Cookie& cookie) {
  Reader reader(packet);
  if (header) {
    const size_t length = size_t{4} * (reader.value<uint8_t>() & 15);
    if (length < 20) return std::nullopt;
    reader.take(length - 1);
  }
  const auto seen = reader.value<Header>();
  const Bytes mark = reader.take(cookie.size());
  const auto token = reader.value<uint64_t>();
  if (reader.failed() || seen.type != (ipv6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY)) return std::nullopt;
  if (std::memcmp(mark.data(), cookie.data(), cookie.size()) != 0) return std::nullopt;
  return token;
}

}  // namespace fl::probe
