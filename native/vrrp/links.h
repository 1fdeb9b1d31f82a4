#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "netlink/socket.h"
#include "route/model.h"
#include "vrrp/model.h"

namespace fl::vrrp {

/** An interface as it is now. */
struct Interface {
  uint32_t index = 0;
  std::string name;
  /** IFF_*. */
  uint32_t flags = 0;
  Mac mac{};
  uint32_t parent = 0;
  std::string alias;
  std::vector<route::Address> addresses;

  bool up() const;
  bool carrier() const;
};

/** IFA_PROTO of every address Fairlead adds (ADDRESS_OWNER in src/model/observed.ts). */
inline constexpr uint32_t address_owner = 112;

/** Interfaces and addresses of the thread's network namespace, kept up to date by the kernel's events. */
class Links {
 public:
  /** Gets what changed, after the table has it. */
  struct Listener {
    virtual ~Listener() = default;
    /** An interface came, changed or went. */
    virtual void link_changed(const std::string& name) = 0;
    /** An address is there no longer. */
    virtual void address_gone(const route::Address& address) = 0;
    /** An address came or was changed. */
    virtual void address_there(const route::Address& address) = 0;
    /** Events were lost; the table has been read anew. */
    virtual void everything_changed() = 0;
  };

  /** Subscribes, then reads everything. */
  Failure open();
  int fd() const { return socket_->fd(); }
  /** Takes all events that wait. */
  void read(Listener& listener);

  const Interface* find(const std::string& name) const;
  const Interface* find(uint32_t index) const;
  /** All of them, by index. */
  const std::map<uint32_t, Interface>& all() const { return links_; }
  /** Whether an address is there, and whose: nothing when it is not there. */
  const route::Address* find_address(uint32_t index, int family, const Address& address, uint8_t prefix) const;
  /** The address that adverts of this family leave with: the first IPv4 address that does not move, or the link-local one. */
  std::optional<Address> source(const Interface& link, int family) const;

 private:
  Failure read_all();
  void take(Bytes datagram, Listener& listener);
  void take_link(const route::Link& link, bool gone, Listener& listener);
  void take_address(const route::Address& address, bool gone, Listener& listener);

  std::optional<netlink::Socket> socket_;
  std::map<uint32_t, Interface> links_;
};

}  // namespace fl::vrrp
