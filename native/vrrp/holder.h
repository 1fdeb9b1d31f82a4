#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "netlink/socket.h"
#include "vrrp/links.h"
#include "vrrp/settings.h"

namespace fl::vrrp {

/** An address on the interface with that number. */
struct Place {
  uint32_t index = 0;
  Held held;

  bool operator==(const Place&) const = default;
};

/** Adds and removes virtual addresses. Those that somebody else put there are used and never removed; ours are told by
 *  IFA_PROTO. The kernel removes ours by itself when they are not renewed. */
class Holder {
 public:
  Holder(const Links& links, uint32_t lifetime_s) : links_(links), lifetime_s_(lifetime_s) {}

  Failure open();
  /** Adds what is missing and renews what is ours. Gives those that could not be added. */
  std::vector<std::pair<Held, Error>> add(const std::vector<Place>& places);
  /** Removes those of them that are ours. */
  void remove(const std::vector<Place>& places);
  /** Whether we added it. */
  bool ours(const Place& place) const { return ours_.count(key(place)) != 0; }
  /** Whether the end of that address is our own doing. Each removal is asked about once. */
  bool expected(const route::Address& address);
  /** Forgets expected ends: events were lost. */
  void forget() { leaving_.clear(); }
  /** How often to renew, in nanoseconds; 0: never. */
  int64_t renewal() const { return int64_t{lifetime_s_} * 1'000'000'000 / 3; }

 private:
  using Key = std::tuple<uint32_t, uint32_t, uint32_t, Address>;

  static Key key(const Place& place);
  bool foreign(const Place& place) const;
  bool ready();

  const Links& links_;
  uint32_t lifetime_s_;
  std::optional<netlink::Socket> socket_;
  /** What we added: kernels before 5.18 do not tell whose an address is. */
  std::set<Key> ours_;
  /** Addresses we removed whose events have not come yet. */
  std::map<Key, int> leaving_;
};

}  // namespace fl::vrrp
