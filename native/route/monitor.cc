#include "route/monitor.h"

#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "netlink/message.h"
#include "route/client.h"

namespace fl::route {

using netlink::Received;

Failure Monitor::start(const std::string& netns, Sink sink) {
  auto opened = netlink::Socket::open(NETLINK_ROUTE, netns, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  if (!opened) return opened.error();
  socket_ = std::move(*opened);
  wake_ = Fd(::eventfd(0, EFD_CLOEXEC));
  if (!wake_) return system_error("open eventfd", errno);
  sink_ = std::move(sink);
  try {
    thread_ = std::thread([this, netns] { run(netns); });
  } catch (const std::system_error& failure) {
    return system_error("start the monitor's thread", failure.code().value());
  }
  return std::nullopt;
}

void Monitor::stop() {
  if (!thread_.joinable()) return;
  eventfd_write(wake_.get(), 1);
  thread_.join();
  socket_.reset();
  wake_.reset();
}

void Monitor::read_names(const std::string& netns) {
  Client client({netns});
  if (auto links = client.links()) links_ = std::move(*links);
}

void Monitor::run(const std::string& netns) {
  read_names(netns);
  pollfd ready[] = {{socket_->fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  for (;;) {
    if (::poll(ready, 2, -1) < 0 && errno != EINTR) return;
    if (ready[1].revents != 0) return;
    const Received received = socket_->receive(Deadline::after_ms(0));
    switch (received.kind) {
      case Received::Kind::timeout: break;
      case Received::Kind::data: {
        auto events = parse(received.datagram);
        if (!events.empty()) sink_(std::move(events));
        break;
      }
      case Received::Kind::overrun:
      case Received::Kind::truncated:
        read_names(netns);
        sink_({Event{}});
        break;
      case Received::Kind::failed:
        sink_({Event{}});
        return;
    }
  }
}

std::vector<Event> Monitor::parse(Bytes datagram) {
  std::vector<Event> events;
  netlink::MessageReader reader(datagram);
  while (const auto message = reader.next()) {
    Event event;
    const uint16_t type = message->header.nlmsg_type;
    event.gone = type == RTM_DELLINK || type == RTM_DELADDR;
    if (type == RTM_NEWLINK || type == RTM_DELLINK) {
      event.kind = Event::Kind::link;
      if (!decode_link(message->payload, event.link)) continue;
      std::erase_if(links_, [&](const Link& link) { return link.index == event.link.index; });
      if (!event.gone) links_.push_back(event.link);
    } else if (type == RTM_NEWADDR || type == RTM_DELADDR) {
      event.kind = Event::Kind::address;
      if (!decode_address(message->payload, event.address)) continue;
      name_interface(event.address, links_);
    } else {
      continue;
    }
    events.push_back(event);
  }
  return events;
}

}  // namespace fl::route
