#pragma once
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "probe/endpoint.h"

namespace fl::probe {

enum class Transport : uint8_t { tcp, udp, sctp };

/** Where a probe leaves from; what is empty or 0 is the kernel's choice. */
struct Source {
  /** 4 or 16 bytes in network order. */
  std::vector<uint8_t> address;
  uint16_t port = 0;
  /** SO_BINDTODEVICE */
  std::string interface;
  /** SO_MARK */
  uint32_t mark = 0;

  bool operator==(const Source&) const = default;
};

/** Makes a new socket leave from there. An address without a port takes none before connect(2), which may then share one
 *  among connections to different servers (IP_BIND_ADDRESS_NO_PORT). */
Failure leave_from(int fd, bool ipv6, const Source& source);

/** A socket that does not block, in the network namespace `netns` ('' is the caller's), to be connected. */
Outcome<Fd> open_from(const std::string& netns, Transport transport, bool ipv6, const Source& source);

}  // namespace fl::probe
