#pragma once
#include <map>
#include <optional>
#include <string>

#include "netlink/socket.h"
#include "vrrp/links.h"
#include "vrrp/settings.h"

namespace fl::vrrp {

/** Macvlan interfaces with the hardware address of a virtual router. They are up only while their instance is the master: a
 *  backup must not take frames for that address (RFC 9568 6.4.2), and no switch may learn it at our port. Their mode is
 *  bridge, because a private one takes a rival's adverts, which come from the same hardware address, away from the parent.
 *  Ours carry the alias "fairlead". */
class Macvlans {
 public:
  explicit Macvlans(const Links& links) : links_(links) {}

  /** Makes the instance's macvlan, down, or takes over the one that an earlier life of ours left. Nothing to do while the
   *  parent is missing. */
  Failure ensure(const Settings& settings);
  Failure up(const Settings& settings);
  void down(const Settings& settings);
  void remove(const Settings& settings);
  /** Removes those of ours that `wanted` does not want. */
  void sweep(const std::function<bool(const std::string&)>& wanted);
  Failure destroy(const std::string& name);

 private:
  struct Parent {
    int users = 0;
    /** What arp_ignore was before us; nothing: it stayed as it was. */
    std::optional<std::string> arp_ignore;
  };

  Failure open();
  Failure create(const std::string& name, uint32_t parent, const Mac& mac);
  Failure change(const std::string& name, const std::function<void(Writer&)>& attributes, bool change_up, bool up);
  Failure ask(uint16_t type, uint16_t flags, const std::function<void(Writer&)>& fill);

  const Links& links_;
  std::optional<netlink::Socket> socket_;
  /** Which parent each macvlan of ours has, and the parents. */
  std::map<std::string, std::string> made_;
  std::map<std::string, Parent> parents_;
};

}  // namespace fl::vrrp
