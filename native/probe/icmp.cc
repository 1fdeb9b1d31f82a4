#include "probe/icmp.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <cstring>

#include "base/checksum.h"
#include "probe/packet.h"

namespace fl::probe {

namespace {

struct Header {
  uint8_t type;
  uint8_t code;
  uint16_t checksum;
  uint16_t identifier;
  uint16_t sequence;
};

/** The token in an echo of ours of this type. */
std::optional<uint64_t> token_in(Bytes message, uint8_t type, const Cookie& cookie) {
  Reader reader(message);
  const auto seen = reader.value<Header>();
  const Bytes mark = reader.take(cookie.size());
  const auto token = reader.value<uint64_t>();
  if (reader.failed() || seen.type != type) return std::nullopt;
  if (std::memcmp(mark.data(), cookie.data(), cookie.size()) != 0) return std::nullopt;
  return token;
}

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

std::optional<uint64_t> decode_request(Bytes message, bool ipv6, const Cookie& cookie) {
  return token_in(message, ipv6 ? uint8_t{ICMP6_ECHO_REQUEST} : uint8_t{ICMP_ECHO}, cookie);
}

std::optional<Echo> decode_reply(Bytes packet, bool ipv6, bool header, const Cookie& cookie) {
  Bytes message = packet;
  if (header) {
    const auto outer = open_packet(packet, false);
    if (!outer) return std::nullopt;
    message = outer->payload;
  }
  if (const auto token = token_in(message, ipv6 ? uint8_t{ICMP6_ECHO_REPLY} : uint8_t{ICMP_ECHOREPLY}, cookie)) {
    return Echo{*token, 0};
  }
  const auto error = decode_error(message, ipv6);
  const auto quoted = error ? open_packet(error->quoted, ipv6) : std::nullopt;
  if (!quoted || quoted->protocol != (ipv6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP})) return std::nullopt;
  const auto token = decode_request(quoted->payload, ipv6, cookie);
  return token ? std::optional(Echo{*token, error->number}) : std::nullopt;
}

}  // namespace fl::probe
