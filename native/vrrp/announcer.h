#pragma once
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "vrrp/timers.h"
#include "vrrp/told.h"

namespace fl::vrrp {

/** Where whole Ethernet frames leave. */
struct FrameSink {
  enum class Sent : uint8_t {
    yes,
    /** The interface's queue is full: try again a little later. */
    full,
    /** It will not leave, now or later. */
    no,
  };
  virtual ~FrameSink() = default;
  virtual Sent send(uint32_t index, const std::vector<uint8_t>& frame) = 0;
};

/** One packet socket for all interfaces; it hears nothing. */
class PacketSocket : public FrameSink {
 public:
  Failure open();
  Sent send(uint32_t index, const std::vector<uint8_t>& frame) override;

 private:
  Fd fd_;
};

/** Paces announcements: the frames of one interface leave at least their gap apart, those of several interfaces side by side,
 *  and a full queue is waited for, so that none is dropped however many there are. */
class Announcer {
 public:
  Announcer(Timers& timers, FrameSink& sink) : timers_(timers), sink_(sink) {}

  /** Queues `frames` to be sent `count` times each, all of them once before any of them again. */
  void announce(InstanceCounters& owner, uint32_t index, std::vector<std::vector<uint8_t>> frames, uint32_t count,
                int64_t gap, int64_t now);
  /** Drops what `owner` has queued. */
  void forget(const InstanceCounters& owner);

 private:
  struct Item {
    InstanceCounters* owner;
    std::vector<uint8_t> frame;
    uint32_t left;
    int64_t gap;
  };
  struct Lane {
    std::deque<Item> items;
    std::unique_ptr<Timer> timer;
    /** When the next one may leave. */
    int64_t free = 0;
  };
  void run(uint32_t index, Lane& lane, int64_t now);

  Timers& timers_;
  FrameSink& sink_;
  std::map<uint32_t, Lane> lanes_;
};

}  // namespace fl::vrrp
