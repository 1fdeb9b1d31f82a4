#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace fl {

/** The Internet checksum (RFC 1071): adds 16-bit words in network order. Parts of odd length may only come last. */
class InternetSum {
 public:
  InternetSum& add(Bytes bytes) {
    const size_t even = bytes.size() & ~size_t{1};
    for (size_t i = 0; i < even; i += 2) sum_ += static_cast<uint32_t>(bytes[i] << 8 | bytes[i + 1]);
    if (even != bytes.size()) sum_ += static_cast<uint32_t>(bytes[even] << 8);
    return *this;
  }

  /** What a pseudo-header holds beside its addresses: RFC 8200 8.1 for IPv6, RFC 793 3.1 for IPv4. */
  InternetSum& add_number(uint64_t number) {
    sum_ += number;
    return *this;
  }

  /** What belongs into the checksum field in host order, that field counted as zero; 0 when the bytes carry their right one. */
  uint16_t checksum() const {
    uint64_t sum = sum_;
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
  }

 private:
  uint64_t sum_ = 0;
};

}  // namespace fl
