#pragma once
#include <linux/if_packet.h>

#include <array>
#include <optional>

#include "base/bytes.h"
#include "netlink/socket.h"
#include "probe/source.h"

namespace fl::probe {

/** Where a frame for a server has to go. */
struct NextHop {
  /** Whom to send it to on which interface, for a socket of AF_PACKET. */
  sockaddr_ll link{};
  /** An address of ours in the subnet of the way there; 4 bytes, or 16. */
  std::array<uint8_t, 16> own{};
};

/** Routes and neighbours as the kernel knows them now. */
class NextHops {
 public:
  /** 0 with `found`, or an errno. `avoid` is an address that may not be our own here; with `link` its link address is
   *  found too, and EAGAIN says that it is being asked for: look again soon. */
  int look(const Endpoint& server, const Source& from, Bytes avoid, bool link, NextHop& found);

 private:
  struct Way;
  /** 0 or an errno. */
  int route(const Endpoint& server, const Source& from, Way& way);
  /** Addresses of services are no good, because the server answers those itself: the kernel may well choose one, above all
   *  for IPv6, where it takes the newest. What a subnet had first is the host's. */
  int choose_own(Way& way, Bytes avoid);
  int neighbour(Way& way, NextHop& found);
  /** What sending a packet would do: an address that is not known is asked for, and one that may be old confirmed. */
  int use(const Way& way);
  template <class Visit>
  int exchange(Writer& request, uint32_t sequence, size_t start, Visit visit);

  std::optional<netlink::Socket> socket_;
};

}  // namespace fl::probe
