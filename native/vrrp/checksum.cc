#include "vrrp/checksum.h"

#include <sys/socket.h>

namespace fl::vrrp {

Sum& Sum::add(Bytes bytes) {
  sum_.add(bytes);
  return *this;
}

Sum& Sum::add_pseudo(int family, const Address& source, const Address& destination, uint8_t protocol, size_t length) {
  const size_t size = family == AF_INET6 ? 16 : 4;
  add(Bytes(source).first(size)).add(Bytes(destination).first(size));
  sum_.add_number(protocol).add_number(length);
  return *this;
}

}  // namespace fl::vrrp
