#pragma once
#include <functional>
#include <vector>

#include "probe/icmp.h"
#include "probe/question.h"

namespace fl::probe {

/** Echo requests over as few sockets as there are families and sources. */
class Pinger {
 public:
  /** `watch(fd, index)` begins to wait for what can be read; false with errno set when it cannot. */
  using Watch = std::function<bool(int fd, size_t index)>;

  explicit Pinger(Watch watch);
  /** The errno of what went wrong, or 0. */
  int send(const Question& question, uint64_t token);
  /** What became of requests, as it waits at a socket, so much at most: `told(token, number)`, 0 or the errno of an ICMP error. */
  template <class Told>
  void read(size_t index, Told told) {
    for (int i = 0; i < most_at_once; i++) {
      bool more = false;
      if (const auto echo = next(sockets_[index], more)) told(echo->token, echo->number);
      if (!more) return;
    }
  }

 private:
  static constexpr int most_at_once = 64;
  struct Socket {
    bool ipv6 = false;
    Source from;
    Fd fd;
    /** Of the source's address. */
    Fd scout;
    /** A raw one, where unprivileged ICMP sockets are not allowed (net.ipv4.ping_group_range). */
    bool raw = false;
  };
  /** At that place, in which may be one that is no good any more. */
  Failure open(size_t index, bool ipv6, const Source& from);
  std::optional<Echo> next(const Socket& socket, bool& more) const;
  /** The same of what the kernel keeps beside the replies, where it reads the errors itself. */
  std::optional<Echo> next_error(const Socket& socket, bool& more) const;

  Watch watch_;
  Cookie cookie_{};
  uint16_t identifier_ = 0;
  std::vector<Socket> sockets_;
};

}  // namespace fl::probe
