#pragma once
#include <array>
#include <optional>
#include <vector>

#include "base/fd.h"

namespace fl::probe {

/** TCP sockets that were disconnected and can be connected again: that costs the kernel half of what a new one does. Only such
 *  that leave from where the kernel likes; epoll(7) keeps watching them. */
class Sockets {
 public:
  std::optional<Fd> take(bool ipv6);
  /** Resets a connection, so that it leaves no TIME_WAIT behind. Closed when that fails, or when there are enough. */
  void give(Fd fd, bool ipv6);

 private:
  static constexpr size_t most_idle = 256;
  std::array<std::vector<Fd>, 2> idle_;
};

}  // namespace fl::probe
