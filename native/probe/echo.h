#pragma once
#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/poller.h"

namespace fl::probe {

/** Marks our requests among all the echoes of the machine. */
using Cookie = std::array<uint8_t, 8>;

/** An ICMP (RFC 792) or ICMPv6 (RFC 4443 4.1) echo request. The checksum is left to the kernel for IPv6, which knows the
 *  source address. */
void encode_request(Writer& writer, bool ipv6, uint16_t identifier, const Cookie& cookie, uint32_t token);

/** The token in a reply to one of our requests. `header`: an IPv4 header comes first, as on raw sockets. */
std::optional<uint32_t> decode_reply(Bytes packet, bool ipv6, bool header, const Cookie& cookie);

/** Sends echo requests and tells of the replies. */
class Echo {
 public:
  /** On a thread of its own, once for every reply. */
  using Sink = std::function<void(uint32_t token)>;

  ~Echo() { stop(); }

  Failure start(const std::string& netns, Sink sink);
  /** `address` is 4 or 16 bytes in network order. Does not wait; one thread only. */
  Failure send(Bytes address, uint32_t token);
  /** Ends the thread and closes everything. */
  void stop() {
    poller_.stop();
    sockets_ = {};
  }

 private:
  struct Socket {
    Fd fd;
    /** A raw one, where unprivileged ICMP sockets are not allowed (net.ipv4.ping_group_range). */
    bool raw = false;
  };
  Failure open(bool ipv6);
  void read(bool ipv6);

  std::string netns_;
  Sink sink_;
  Cookie cookie_{};
  uint16_t identifier_ = 0;
  /** IPv4 and IPv6, opened when first needed. */
  std::array<Socket, 2> sockets_;
  Poller poller_;
};

}  // namespace fl::probe
