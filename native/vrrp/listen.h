#pragma once
// Every VRRP packet that an interface sees, in both families and directions, for people to look at.
#include <functional>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/fd.h"
#include "vrrp/packet.h"

namespace fl::vrrp {

/** A packet as it was seen: what Received says of it, with its bytes. */
struct Sighting {
  /** Nanoseconds since 1970, when the kernel took it in or sent it. */
  int64_t at = 0;
  int family = 0;
  /** By this machine. */
  bool sent = false;
  Address source{};
  Address destination{};
  uint8_t ttl = 0;
  bool multicast = false;
  std::vector<uint8_t> message;

  Received packet() const { return {message, source, destination, ttl, multicast}; }
};

/** The VRRP packet behind an IP header, padding cut off; nothing when it is none, or part of one. */
std::optional<Sighting> sight(int family, Bytes datagram);

/** A thread that listens on a packet socket: it hears what the IP layer would drop, and needs no group joined. */
class Listener {
 public:
  struct Sink {
    /** On the listener's thread, for each packet. */
    std::function<void(Sighting&&)> seen;
    /** On the listener's thread, once: the interface is gone, or listening failed. Nothing is seen afterwards. */
    std::function<void(Error&&)> ended;
  };

  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { stop(); }

  /** Listens before it returns: no packet after that goes unseen. Call once. */
  Failure start(const std::string& netns, const std::string& interface, Sink sink);
  /** Ends the thread and waits for it; the sink is not called afterwards. Not from the sink itself. */
  void stop();

 private:
  void run();
  Failure read_some(std::span<uint8_t> tray);

  Fd socket_;
  /** An eventfd that wakes the thread to end. */
  Fd wake_;
  std::string interface_;
  Sink sink_;
  bool down_ = false;
  std::thread thread_;
};

}  // namespace fl::vrrp
