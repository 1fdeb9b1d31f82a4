#include "probe/source.h"

#include <net/if.h>

#include <cerrno>

#include "base/netns.h"

namespace fl::probe {

Failure leave_from(int fd, bool ipv6, const Source& source) {
  const int on = 1;
  if (!source.interface.empty() &&
      ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, source.interface.c_str(),
                   static_cast<socklen_t>(source.interface.size())) != 0) {
    return system_error("bind to interface " + source.interface, errno);
  }
  if (source.mark != 0 && ::setsockopt(fd, SOL_SOCKET, SO_MARK, &source.mark, sizeof source.mark) != 0) {
    return system_error("set the mark", errno);
  }
  if (source.address.empty() && source.port == 0) return std::nullopt;
  if (source.port == 0) {
    ::setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  } else {
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  const Endpoint from =
      source.address.empty() ? Endpoint(ipv6, source.port) : Endpoint(Bytes(source.address), source.port);
  if (from.ipv6() != ipv6) return system_error("bind to the source address", EAFNOSUPPORT);
  if (::bind(fd, from.name(), from.size()) != 0) return system_error("bind to the source address", errno);
  return std::nullopt;
}

bool outlived(int fd, const Source& source) {
  if (source.interface.empty()) return false;
  char name[IFNAMSIZ]{};
  socklen_t size = sizeof name;
  return ::getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size) != 0 || source.interface != name;
}

int still_ours(int scout, const Source& source) {
  if (source.address.empty()) return 0;
  // One that took no port (IP_BIND_ADDRESS_NO_PORT) can be bound again and again.
  const Endpoint from(Bytes(source.address), 0);
  return ::bind(scout, from.name(), from.size()) == 0 ? 0 : errno;
}

Outcome<Fd> open_from(const std::string& netns, Transport transport, bool ipv6, const Source& source) {
  const int type = (transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK;
  const int protocol = transport == Transport::sctp ? IPPROTO_SCTP : 0;
  auto fd = open_socket(netns, ipv6 ? AF_INET6 : AF_INET, type, protocol);
  if (!fd) return std::move(fd.error());
  if (Failure failure = leave_from(fd->get(), ipv6, source)) return *failure;
  return fd;
}

}  // namespace fl::probe
