#pragma once
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "netlink/socket.h"
#include "route/model.h"

namespace fl::route {

/** A thread that listens to changes of links and addresses (RTNLGRP_LINK, _IPV4_IFADDR, _IPV6_IFADDR). */
class Monitor {
 public:
  /** Called on the monitor's thread with the events of one datagram, or with a single resync after some were lost. */
  using Sink = std::function<void(std::vector<Event>&&)>;

  Monitor() = default;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  ~Monitor() { stop(); }

  /** Subscribes before it returns: no change after that goes unheard. Call once. */
  Failure start(const std::string& netns, Sink sink);
  /** Ends the thread and waits for it; the sink is not called afterwards. Not from the sink itself. */
  void stop();

 private:
  void run(const std::string& netns);
  void read_names(const std::string& netns);
  std::vector<Event> parse(Bytes datagram);

  std::optional<netlink::Socket> socket_;
  /** An eventfd that wakes the thread to end. */
  Fd wake_;
  Sink sink_;
  std::thread thread_;
  /** The links as told so far, for the names in address events. */
  std::vector<Link> links_;
};

}  // namespace fl::route
