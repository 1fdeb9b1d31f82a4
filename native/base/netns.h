#pragma once
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace fl {

/** Opens a socket in the network namespace behind `netns` (a path such as /run/netns/x or /proc/PID/ns/net), or in the
 *  caller's when it is empty. A socket stays in its namespace for life, so a thread of its own enters the namespace,
 *  opens the socket and ends: no other thread ever changes namespace. */
Outcome<Fd> open_socket(const std::string& netns, int family, int type, int protocol);

/** Opens a file whose content depends on the namespace of the thread that opens it, such as those below /proc/sys/net and
 *  /proc/thread-self/net, in the same way. */
Outcome<Fd> open_file(const std::string& netns, const std::string& path, int flags);

}  // namespace fl
