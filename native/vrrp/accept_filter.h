#pragma once
#include <optional>
#include <set>
#include <string>

#include "netlink/socket.h"
#include "vrrp/settings.h"

namespace fl::vrrp {

/** An address that is answered for and not accepted. */
struct Closed {
  int family = 0;
  Address address{};
  /** Of a link-local address, which is another one on every interface; else empty. */
  std::string interface;

  auto operator<=>(const Closed&) const = default;
};
using ClosedSet = std::set<Closed>;

/** What an instance's settings close: nothing unless they say so, and nothing of an owner (RFC 9568 6.4.3 (650)). */
ClosedSet closed_by(const Settings& settings);

/** Keeps packets to addresses out of this machine (Accept_Mode false, RFC 9568 6.1): a table of our own in nftables, `inet
 *  fairlead`. ARP, neighbour discovery (which "MUST NOT drop", 6.1), forwarding and IPVS, which takes its packets earlier,
 *  go on. Where the kernel can do that (5.12), the table belongs to this object's socket: nobody else's flush takes it away,
 *  and it ends with us however we end. Not for two threads at once. */
class AcceptFilter {
 public:
  /** Drops what is for these and nothing else, in one step; with none the table goes. */
  Failure set(const ClosedSet& closed);
  /** Removes what an earlier life left. */
  static void sweep();

 private:
  int replace(const ClosedSet& closed, bool owned);

  std::optional<netlink::Socket> socket_;
};

}  // namespace fl::vrrp
