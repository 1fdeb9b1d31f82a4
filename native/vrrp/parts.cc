#include "vrrp/parts.h"

#include <sys/epoll.h>

#include <cerrno>

namespace fl::vrrp {

Outcome<Port*> Ports::take(const Interface& link, int family, bool listen) {
  auto& place = ports_[{link.index, family, listen}];
  if (!place) {
    auto opened = Port::open(link.name, link.index, family, listen);
    if (!opened) {
      ports_.erase({link.index, family, listen});
      return opened.error();
    }
    place = std::move(*opened);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = place.get();
    if (listen && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, place->fd(), &event) != 0) {
      const int number = errno;
      ports_.erase({link.index, family, listen});
      return system_error("watch a socket", number);
    }
  }
  place->users++;
  return place.get();
}

void Ports::give_back(Port* port) {
  if (--port->users > 0) return;
  std::erase_if(ports_, [&](const auto& entry) { return entry.second.get() == port; });
}

void tell_trouble(Outgoing& outgoing, const Settings& settings, int64_t at, std::string text) {
  Event event;
  event.kind = Event::Kind::trouble;
  event.at = at;
  event.instance = settings.name;
  event.interface = settings.interface;
  event.text = std::move(text);
  outgoing.push(std::move(event));
}

}  // namespace fl::vrrp
