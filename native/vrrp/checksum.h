#pragma once
// The Internet checksum (RFC 1071) and what the IP layers add to it.
#include "base/checksum.h"
#include "vrrp/model.h"

namespace fl::vrrp {

/** Adds 16-bit words in network order. Parts of odd length may only come last. */
class Sum {
 public:
  Sum& add(Bytes bytes);
  /** The pseudo-header of `length` bytes of `protocol`: RFC 8200 8.1 for IPv6, for IPv4 that of RFC 793 3.1. */
  Sum& add_pseudo(int family, const Address& source, const Address& destination, uint8_t protocol, size_t length);
  /** What belongs into the checksum field, that field counted as zero; 0 when the bytes carry their right checksum. */
  uint16_t checksum() const { return sum_.checksum(); }

 private:
  InternetSum sum_;
};

}  // namespace fl::vrrp
