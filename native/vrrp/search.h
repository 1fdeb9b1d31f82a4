#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "vrrp/announcer.h"
#include "vrrp/holder.h"

namespace fl::vrrp {

/** Asks who else has addresses that we hold, as one asks who wants to take them: ARP probes (RFC 5227 2.1.1) and neighbour
 *  solicitations from nobody (RFC 4862 5.4.2), which change nobody's tables. It listens for as long as it asks, looks now and
 *  then, and takes a bounded portion each time: a flood costs it answers, and the engine little. */
class Search {
 public:
  /** Who else answered, one for each address. */
  using Others = std::vector<std::pair<Place, Mac>>;
  using Done = std::function<void(const Others& others, int64_t now)>;

  Search(Timers& timers, const Links& links, Announcer& announcer);

  /** `done` hears of it when there was time to answer, unless `owner` is forgotten or asks again before. */
  void begin(const void* owner, const std::vector<Place>& places, int64_t gap, Done done, int64_t now);
  void forget(const void* owner) { rounds_.erase(owner); }

 private:
  /** What is listened with on one interface. */
  struct Ear {
    Fd arp;
    Fd advertisements;
  };
  using Key = std::tuple<uint32_t, int, Address>;
  struct Round {
    std::vector<Place> places;
    std::map<Key, Mac> heard;
    std::vector<std::shared_ptr<Ear>> ears;
    int64_t until = 0;
    Done done;
  };

  std::shared_ptr<Ear> ear_of(uint32_t index);
  void look(int64_t now);
  void take(uint32_t index, const Fd& from);
  void hear(uint32_t index, Bytes frame);

  const Links& links_;
  Announcer& announcer_;
  std::map<const void*, Round> rounds_;
  std::map<uint32_t, std::weak_ptr<Ear>> ears_;
  Timer look_;
  /** The announcer wants to count on somebody. */
  InstanceCounters nobody_;
};

}  // namespace fl::vrrp
