#include "vrrp/checksum.h"

#include <sys/socket.h>

namespace fl::vrrp {

Sum& Sum::add(Bytes bytes) {
  const size_t even = bytes.size() & ~size_t{1};
  for (size_t i = 0; i < even; i += 2) sum_ += static_cast<uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  if (even != bytes.size()) sum_ += static_cast<uint32_t>(bytes[even] << 8);
  return *this;
}

Sum& Sum::add_pseudo(int family, const Address& source, const Address& destination, uint8_t protocol, size_t length) {
  const size_t size = family == AF_INET6 ? 16 : 4;
  add(Bytes(source).first(size)).add(Bytes(destination).first(size));
  sum_ += protocol;
  sum_ += length;
  return *this;
}

uint16_t Sum::checksum() const {
  uint64_t sum = sum_;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

}  // namespace fl::vrrp
