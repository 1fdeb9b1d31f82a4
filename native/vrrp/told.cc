#include "vrrp/told.h"

#include <utility>

namespace fl::vrrp {

void Outgoing::push(Event&& event) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (events_.size() >= limit) {
      lost_++;
      return;
    }
    first = events_.empty();
    events_.push_back(std::move(event));
  }
  if (first) wake_();
}

std::deque<Event> Outgoing::take() {
  const std::lock_guard lock(mutex_);
  std::deque<Event> events = std::exchange(events_, {});
  if (lost_ != 0) {
    Event event;
    event.kind = Event::Kind::overflow;
    event.at = events.back().at;
    event.count = std::exchange(lost_, 0);
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace fl::vrrp
