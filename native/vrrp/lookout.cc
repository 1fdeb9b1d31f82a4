#include "vrrp/lookout.h"

#include <algorithm>
#include <utility>

namespace fl::vrrp {
namespace {

constexpr int64_t millisecond = 1'000'000;
/** By then a former master has let go, also one that hands over. */
constexpr int64_t first = 1000 * millisecond;
/** As long as somebody is there the end of it is looked for this often. */
constexpr int64_t while_there = 5000 * millisecond;

const std::pair<Place, Mac>* find(const Search::Others& others, const Place& place) {
  const auto at = std::find_if(others.begin(), others.end(), [&](const auto& one) { return one.first == place; });
  return at == others.end() ? nullptr : &*at;
}

}  // namespace

Lookout::Lookout(Parts& parts, std::function<std::vector<Place>()> places)
    : parts_(parts), places_(std::move(places)), next_(parts.timers, [this](int64_t, int64_t now) {
        parts_.search.begin(
            this, places_(), settings_->cadence.gap_ms * millisecond,
            [this](const Search::Others& others, int64_t at) { compare(others, at); }, now);
      }) {}

void Lookout::configure(const Settings& settings, int64_t now) {
  settings_ = &settings;
  const uint32_t before = std::exchange(every_, settings.cadence.look_ms);
  if (on_ && every_ != before) start(now);
}

int64_t Lookout::pause() const {
  const int64_t every = every_ * millisecond;
  return others_.empty() ? every : std::min(every, while_there);
}

void Lookout::start(int64_t now) {
  on_ = true;
  next_.cancel();
  if (every_ > 0) next_.set(now + first);
}

void Lookout::stop() {
  on_ = false;
  next_.cancel();
  parts_.search.forget(this);
  others_.clear();
}

void Lookout::compare(const Search::Others& others, int64_t now) {
  for (const auto& [place, mac] : others) {
    const auto* before = find(others_, place);
    if (before == nullptr || before->second != mac) tell(place, &mac, now);
  }
  for (const auto& [place, mac] : others_) {
    if (find(others, place) == nullptr) tell(place, nullptr, now);
  }
  others_ = others;
  next_.set(now + pause());
}

void Lookout::tell(const Place& place, const Mac* mac, int64_t now) {
  Event event;
  event.kind = Event::Kind::duplicate;
  event.at = now;
  event.instance = settings_->name;
  event.interface = place.held.interface;
  event.family = place.held.family;
  event.heard.source = place.held.address;
  event.present = mac != nullptr;
  if (mac != nullptr) event.mac = *mac;
  parts_.outgoing.push(std::move(event));
}

}  // namespace fl::vrrp
