#pragma once
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "probe/next_hop.h"
#include "probe/question.h"
#include "probe/segment.h"

namespace fl::probe {

/** SYNs whose connections are never made, over as few sockets as there are families and sources. They leave from ports that
 *  sockets of ours hold, so no connection of this machine is disturbed, and whoever answers has to know the 32 random bits
 *  of their sequence number. */
class HalfOpen {
 public:
  /** `watch(fd, index)` begins to wait for what can be read; false with errno set when it cannot. */
  using Watch = std::function<bool(int fd, size_t index)>;

  explicit HalfOpen(Watch watch) : watch_(std::move(watch)) {}

  /** Sends one, and tells which; the question has to stay where it is until forget(). 0, or the errno of what went wrong;
   *  EAGAIN: who has the server's address is being asked for, come again soon. */
  int send(const Question& question, uint32_t id, uint32_t& sequence);
  /** No answer to it is waited for any more. */
  void forget(uint32_t sequence) { asked_.erase(sequence); }

  /** What waits at a socket, so much at most: `told(id, finding)` once for each that was sent. */
  template <class Told>
  void read(size_t index, Told told) {
    for (int i = 0; i < most_at_once; i++) {
      bool more = false;
      if (const auto answer = next(index, more)) told(answer->id, answer->finding);
      if (!more) return;
    }
  }

  /** Answers that came to our ports and fit nothing that was asked: late, or forged. */
  uint64_t refused() const { return refused_; }

 private:
  static constexpr int most_at_once = 64;
  /** Sockets of one family. */
  struct Family {
    /** Hold the ports. */
    std::vector<Fd> held;
    uint16_t first_port = 0;
    /** Of AF_PACKET, so that also an answer is heard that bears an address of this machine as its source. */
    Fd heard;
  };
  /** How packets leave from one source. */
  struct Way {
    bool ipv6;
    Source from;
    /** Sends whole packets. */
    Fd raw;
    /** Tells which address the kernel would leave from, or whether it still may from the one that is given. */
    Fd scout;
  };
  struct Asked {
    uint32_t id;
    const Question* question;
    Connection connection;
    /** Where its frame went. */
    NextHop hop;
    size_t way;
    /** Address of ours on the outside of a tunnel. */
    std::array<uint8_t, 16> outer;
  };
  struct Told {
    uint32_t id;
    Finding finding;
  };

  Failure open(Family& family, bool ipv6);
  Outcome<size_t> way_for(const Question& question);
  static Outcome<Way> open_way(bool ipv6, const Source& from);
  /** 0 or an errno. */
  int ask(const Question& question, uint32_t id, size_t way, uint32_t& sequence);
  /** 0 or an errno. */
  int own_address(const Way& way, const Endpoint& server, std::array<uint8_t, 16>& own) const;
  int transmit(const Asked& asked, Flag flag, uint32_t sequence);
  std::optional<Told> next(size_t index, bool& more);
  uint32_t random();

  Watch watch_;
  std::array<Family, 2> families_;
  std::vector<Way> ways_;
  NextHops hops_;
  std::unordered_map<uint32_t, Asked> asked_;
  std::vector<uint32_t> drawn_;
  uint64_t refused_ = 0;
};

}  // namespace fl::probe
