#pragma once
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace fl {

/** Opens a socket in the network namespace behind `netns` (a path such as /run/netns/x or /proc/PID/ns/net), or in the
 *  caller's when it is empty. A socket stays in its namespace for life, so a thread of its own enters the namespace,
 *  opens the socket and ends: no other thread ever changes namespace. */
Outcome<Fd> open_socket(const std::string& netns, int family, int type, int protocol);

}  // namespace fl
