#pragma once
#include <cstdint>
#include <vector>

#include "base/error.h"

namespace fl {

/** Who is at the other end of a unix socket, as the kernel noted it at connect(2); numbers as this user namespace sees them. */
struct Peer {
  /** 0: a process outside this PID namespace. */
  uint32_t pid = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  /** Further groups. */
  std::vector<uint32_t> groups;
};

/** SO_PEERCRED and SO_PEERGROUPS (unix(7)) of a connected stream socket. A socket of another family has no such peer. */
Outcome<Peer> peer_of(int fd);

}  // namespace fl
