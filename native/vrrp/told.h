#pragma once
// What the engine tells JavaScript.
#include <array>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "vrrp/settings.h"

namespace fl::vrrp {

struct Event {
  enum class Kind : uint8_t { advert, silence, wake, disturbed, duplicate, link, refused, trouble, overflow, lease_lost };
  Kind kind = Kind::wake;
  /** Nanoseconds of the monotonic clock: when it happened, not when it was told. */
  int64_t at = 0;
  std::string instance{};
  std::string interface{};
  /** advert; `source` of it also for refused. */
  Heard heard{};
  int family = 0;
  /** Sender compared with us: -1, 0, 1. */
  int order = 0;
  Verdict verdict = Verdict::accepted;
  /** refused: how many since the last one told; overflow: how many events were lost. */
  uint64_t count = 0;
  /** link; duplicate: somebody else has the address, or has it no more. */
  bool present = false;
  bool up = false;
  bool carrier = false;
  /** silence, wake: of the order. */
  uint32_t serial = 0;
  /** duplicate: whose. */
  Mac mac{};
  /** trouble. */
  std::string text{};
};

/** Events on their way to JavaScript: bounded, with what did not fit counted. Safe from any thread. */
class Outgoing {
 public:
  static constexpr size_t limit = 8192;

  /** `wake` is called after an event came into an empty queue. */
  explicit Outgoing(std::function<void()> wake) : wake_(std::move(wake)) {}

  void push(Event&& event);
  std::deque<Event> take();

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::deque<Event> events_;
  uint64_t lost_ = 0;
};

/** How late standing adverts left, as counts below each bound in nanoseconds; the last is for everything above. */
inline constexpr std::array<int64_t, 10> lateness_bounds{50'000,     100'000,     250'000,     500'000,       1'000'000,
                                                         5'000'000, 10'000'000, 50'000'000, 100'000'000, 1'000'000'000};
using Lateness = std::array<uint64_t, lateness_bounds.size() + 1>;

/** Packets by verdict. */
using Verdicts = std::array<uint64_t, verdict_count>;

struct InstanceCounters {
  std::string name;
  Verdicts received{};
  /** Accepted adverts: told, as expected, and told before within 10 ms. */
  uint64_t told = 0;
  uint64_t expected = 0;
  uint64_t repeated = 0;
  /** Adverts, and those that could not leave. */
  uint64_t sent = 0;
  uint64_t failed = 0;
  /** Standing adverts more than half an interval late. */
  uint64_t late = 0;
  /** Longest time between two standing adverts, in nanoseconds. */
  int64_t longest_gap = 0;
  uint64_t announced = 0;
  uint64_t disturbed = 0;
  bool holding = false;
  /** Virtual addresses that are there. */
  uint32_t present = 0;
};

struct PortCounters {
  std::string interface;
  int family = 0;
  /** Of packets that belong to none of our instances. */
  Verdicts received{};
};

struct Counters {
  std::vector<InstanceCounters> instances;
  std::vector<PortCounters> ports;
  Lateness lateness{};
};

}  // namespace fl::vrrp
