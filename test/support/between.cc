// Preloaded into a program under test: something happens right before its Nth send to the kernel. So faults hit the middle
// of a call, at the same place every time, and the program itself knows nothing of it.
//   BETWEEN_SEND           which send, from 1
//   BETWEEN_COMMAND        a shell command to run to its end
//   BETWEEN_RECEIVE_BYTES  a receive buffer to give that socket, cut to the kernel's least
#include <dlfcn.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdlib>

namespace {

std::atomic<int> sends{0};

void strike(int fd) {
  // What the command starts is not under test.
  ::unsetenv("LD_PRELOAD");
  if (const char* bytes = std::getenv("BETWEEN_RECEIVE_BYTES")) {
    const int size = std::atoi(bytes);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  if (const char* command = std::getenv("BETWEEN_COMMAND")) {
    if (std::system(command) != 0) std::abort();
  }
}

}  // namespace

extern "C" ssize_t sendto(int fd, const void* bytes, size_t count, int flags, const sockaddr* to, socklen_t length) {
  using Send = ssize_t (*)(int, const void*, size_t, int, const sockaddr*, socklen_t);
  static const auto next = reinterpret_cast<Send>(::dlsym(RTLD_NEXT, "sendto"));
  const char* wanted = std::getenv("BETWEEN_SEND");
  const bool ours = wanted != nullptr && to != nullptr && to->sa_family == AF_NETLINK;
  if (ours && ++sends == std::atoi(wanted)) strike(fd);
  return next(fd, bytes, count, flags, to, length);
}
