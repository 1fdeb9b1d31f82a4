#include "probe/sockets.h"

#include <sys/socket.h>

#include <utility>

namespace fl::probe {

std::optional<Fd> Sockets::take(bool ipv6) {
  std::vector<Fd>& idle = idle_[ipv6];
  if (idle.empty()) return std::nullopt;
  Fd fd = std::move(idle.back());
  idle.pop_back();
  return fd;
}

void Sockets::give(Fd fd, bool ipv6) {
  if (idle_[ipv6].size() >= most_idle) return;
  // connect(2): an address of this family dissolves the association; tcp(7) sends a reset.
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  if (::connect(fd.get(), &nobody, sizeof nobody) == 0) idle_[ipv6].push_back(std::move(fd));
}

}  // namespace fl::probe
