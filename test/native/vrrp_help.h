#pragma once
// What the VRRP tests share: bytes as text, and settings to start from.
#include <arpa/inet.h>

#include <string>

#include "vrrp/message.h"

inline std::vector<uint8_t> bytes(const std::string& digits) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) out.push_back(static_cast<uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  return out;
}

inline std::string hex(fl::Bytes bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

inline fl::vrrp::Address address(const std::string& text) {
  fl::vrrp::Address out{};
  inet_pton(text.find(':') == std::string::npos ? AF_INET : AF_INET6, text.c_str(), out.data());
  return out;
}

/** v3, VRID 51, 1 s, one address. */
inline fl::vrrp::Wire v3_wire(int family) {
  fl::vrrp::Wire wire;
  wire.family = family;
  wire.vrid = 51;
  wire.group = address(family == AF_INET6 ? "ff02::12" : "224.0.0.18");
  wire.advertised = {address(family == AF_INET6 ? "fe80::100" : "192.0.2.100")};
  return wire;
}

/** Puts the checksum right after a change: over the message alone for IPv4, with the pseudo-header for IPv6. */
inline void fix_checksum(int family, std::vector<uint8_t>& message, const fl::vrrp::Address& source,
                         const fl::vrrp::Address& destination) {
  if (message.size() < fl::vrrp::header_size) return;
  message[6] = message[7] = 0;
  const fl::vrrp::Message parts = fl::vrrp::take_apart(family, message);
  const fl::Bytes body = parts.body.empty() ? fl::Bytes(message) : parts.body;
  const uint16_t sum = fl::vrrp::checksum_of(family, source, destination, body, parts.trailer, family == AF_INET6);
  message[6] = static_cast<uint8_t>(sum >> 8);
  message[7] = static_cast<uint8_t>(sum);
}
