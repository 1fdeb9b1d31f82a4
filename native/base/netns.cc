#include "base/netns.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <thread>

namespace fl {
namespace {

Outcome<Fd> open_here(int family, int type, int protocol) {
  Fd socket(::socket(family, type | SOCK_CLOEXEC, protocol));
  if (!socket) return system_error("open socket", errno);
  return socket;
}

Outcome<Fd> open_inside(const std::string& netns, int family, int type, int protocol) {
  Fd space(::open(netns.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return system_error("open namespace " + netns, errno);
  if (::setns(space.get(), CLONE_NEWNET) != 0) return system_error("enter namespace " + netns, errno);
  return open_here(family, type, protocol);
}

}  // namespace

Outcome<Fd> open_socket(const std::string& netns, int family, int type, int protocol) {
  if (netns.empty()) return open_here(family, type, protocol);
  Outcome<Fd> result = Error{};
  try {
    std::thread([&] { result = open_inside(netns, family, type, protocol); }).join();
  } catch (const std::system_error& failure) {
    return system_error("start a thread for namespace " + netns, failure.code().value());
  }
  return result;
}

}  // namespace fl
