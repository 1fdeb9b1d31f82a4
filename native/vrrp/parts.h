#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "vrrp/announcer.h"
#include "vrrp/holder.h"
#include "vrrp/links.h"
#include "vrrp/macvlan.h"
#include "vrrp/outbox.h"
#include "vrrp/port.h"
#include "vrrp/search.h"
#include "vrrp/timers.h"
#include "vrrp/told.h"

namespace fl::vrrp {

/** The raw sockets that are open, one per interface and family (and one more for sending through a macvlan), watched by an
 *  epoll. An instance that comes or goes leaves the others' alone. */
class Ports {
 public:
  explicit Ports(int epoll) : epoll_(epoll) {}

  /** The port, opened when it is the first time; give it back. */
  Outcome<Port*> take(const Interface& link, int family, bool listen);
  void give_back(Port* port);

  using Key = std::tuple<uint32_t, int, bool>;
  const std::map<Key, std::unique_ptr<Port>>& all() const { return ports_; }

 private:
  int epoll_;
  std::map<Key, std::unique_ptr<Port>> ports_;
};

/** What the instances of an engine share. All on the engine's thread. */
struct Parts {
  Timers& timers;
  Links& links;
  Ports& ports;
  Outbox& outbox;
  Holder& holder;
  Announcer& announcer;
  Search& search;
  Macvlans& macvlans;
  Outgoing& outgoing;
  /** Takes what waits in a port to the instances. True: there may be more. */
  std::function<bool(Port&)> drain;
  /** Tells of a refused packet, not too often. */
  std::function<void(const Port&, const std::string& instance, Verdict, const Address& source, int64_t at)> refused;
  /** What an instance sends or holds has changed, and with it our will. */
  std::function<void()> changed;
};

/** Tells of something that went wrong with an instance. */
void tell_trouble(Outgoing& outgoing, const Settings& settings, int64_t at, std::string text);

}  // namespace fl::vrrp
