#include "base/netns.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <system_error>
#include <thread>

namespace fl {
namespace {

using Open = std::function<Outcome<Fd>()>;

Outcome<Fd> open_inside(const std::string& netns, const Open& open) {
  Fd space(::open(netns.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return system_error("open namespace " + netns, errno);
  if (::setns(space.get(), CLONE_NEWNET) != 0) return system_error("enter namespace " + netns, errno);
  return open();
}

Outcome<Fd> open_in(const std::string& netns, const Open& open) {
  if (netns.empty()) return open();
  Outcome<Fd> result = Error{};
  try {
    std::thread([&] { result = open_inside(netns, open); }).join();
  } catch (const std::system_error& failure) {
    return system_error("start a thread for namespace " + netns, failure.code().value());
  }
  return result;
}

}  // namespace

Outcome<Fd> open_socket(const std::string& netns, int family, int type, int protocol) {
  return open_in(netns, [&]() -> Outcome<Fd> {
    Fd socket(::socket(family, type | SOCK_CLOEXEC, protocol));
    if (!socket) return system_error("open socket", errno);
    return socket;
  });
}

Outcome<Fd> open_file(const std::string& netns, const std::string& path, int flags) {
  return open_in(netns, [&]() -> Outcome<Fd> {
    Fd file(::open(path.c_str(), flags | O_CLOEXEC));
    if (!file) return system_error("open " + path, errno);
    return file;
  });
}

}  // namespace fl
