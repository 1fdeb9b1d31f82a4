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

/** Whether a socket that was made to leave from there cannot any more: an interface is bound by its index, so one that is made
 *  again under the same name is another one. */
bool outlived(int fd, const Source& source);

/** Whether the source's address, where it has one, is this machine's still: 0, or an errno. Sockets of IPv6 and such of raw packets
 *  send from any that was when they were bound, and that no answer comes would be held against the server. `scout` is a
 *  datagram socket that was made to leave from there without a port, and is not connected. */
int still_ours(int scout, const Source& source);

/** A socket that does not block, in the network namespace `netns` ('' is the caller's), to be connected. */
Outcome<Fd> open_from(const std::string& netns, Transport transport, bool ipv6, const Source& source);

}  // namespace fl::probe
