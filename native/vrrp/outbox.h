#pragma once
#include <vector>

#include "vrrp/port.h"

namespace fl::vrrp {


/** Adverts that are due together, sent with as few calls as possible. */
class Outbox {
 public:
  struct Packet {
    int fd = -1;
    uint32_t index = 0;
    int family = 0;
    Address source{};
    Address destination{};
    uint8_t ttl = 255;
    std::vector<uint8_t> message;
    /** Counts what became of it; has to outlive the next flush(). */
    InstanceCounters* counters = nullptr;
    /** When a standing order wanted it to leave; 0: not one of those. */
    int64_t due = 0;
  };

  void add(Packet&& packet) { packets_.push_back(std::move(packet)); }
  bool empty() const { return packets_.empty(); }
  /** Sends all. Gives the first errno of what could not leave, 0 without any. */
  int flush();
  const Lateness& lateness() const { return lateness_; }

 private:
  size_t send_run(size_t first, size_t count, int& number);

  std::vector<Packet> packets_;
  Lateness lateness_{};
};

}  // namespace fl::vrrp
