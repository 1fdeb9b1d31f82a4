#include "base/peer.h"

#include <sys/socket.h>

#include <cerrno>

namespace fl {

namespace {

// As many as a process may have (NGROUPS_MAX of linux/limits.h).
constexpr socklen_t most_groups = 65536;

int groups_of(int fd, std::vector<uint32_t>& groups) {
  for (socklen_t count = 32;; count *= 8) {
    groups.resize(count);
    auto length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0) {
      groups.resize(length / sizeof(gid_t));
      return 0;
    }
    if (errno != ERANGE || count >= most_groups) return errno;
  }
}

}  // namespace

static_assert(sizeof(gid_t) == sizeof(uint32_t));

Outcome<Peer> peer_of(int fd) {
  // An AF_INET socket answers SO_PEERCRED too, with pid 0 and no user.
  int domain = 0;
  socklen_t length = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0) return system_error("read the family", errno);
  if (domain != AF_UNIX) return system_error("read the peer", EAFNOSUPPORT);

  ucred credentials{};
  length = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    return system_error("read the peer", errno);
  }
  // Pid 0 alone is a process outside our PID namespace, such as the host's at a daemon in a container.
  if (credentials.uid == static_cast<uid_t>(-1)) return system_error("read the peer", ENOTCONN);

  Peer peer{static_cast<uint32_t>(credentials.pid), credentials.uid, credentials.gid, {}};
  if (const int number = groups_of(fd, peer.groups)) return system_error("read the peer's groups", number);
  return peer;
}

}  // namespace fl
