// Frames that say who has an address: ARP and neighbour advertisements.
#include <sys/socket.h>

#include <cstdlib>

#include "vrrp/claim.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto claim = fl::vrrp::read_claim({data, size});
  if (claim && claim->family != AF_INET && claim->family != AF_INET6) std::abort();
  return 0;
}
