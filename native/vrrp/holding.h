#pragma once
#include <vector>

#include "vrrp/lookout.h"

namespace fl::vrrp {

/** The addresses of one instance: taken, announced, renewed, put back and let go. */
class Holding {
 public:
  Holding(Parts& parts, InstanceCounters& counters);

  /** Goes by these settings from now on. What is held changes by the difference, and what is new is announced. */
  void configure(const Settings& settings, int64_t now);

  /** Removes what an earlier life of ours left: nobody holds it now. */
  void sweep() { parts_.holder.sweep(places(held_)); }

  void hold(int64_t now);
  /** Lets go after `after` nanoseconds. */
  void release(int64_t after, int64_t now);
  void announce(int64_t now);
  bool holding() const { return holding_; }

  /** One of our addresses was removed by somebody else, perhaps. True: it was ours and is to be there. */
  bool gone(const route::Address& address, int64_t now);
  /** An interface came or changed: what is missing is added again, and all is announced. */
  void restore();
  /** Addresses of it that are there. */
  uint32_t present() const;
  /** Those of ours that are held now. */
  std::vector<Place> ours() const;

  /** Called when the last address is let go. */
  std::function<void(int64_t now)> released;

 private:
  std::optional<Place> place(const Held& held) const;
  std::vector<Place> places(const std::vector<Held>& held) const;
  /** `then` runs when they are there, unless they were let go meanwhile. */
  void add(const std::vector<Held>& held, std::function<void(int64_t now)> then);
  void announce(const std::vector<Held>& held, int64_t now);
  void refused(const Holder::Refused& refused, int64_t now);
  void let_go(int64_t now);
  void abandon();
  void put_back(int64_t now);
  void arm_refresh(int64_t now);

  Parts& parts_;
  InstanceCounters& counters_;
  /** The instance's; set by configure(), which comes first. */
  const Settings* settings_ = nullptr;
  /** As configured last; the settings may be newer already. */
  std::vector<Held> held_;
  std::string interface_;
  std::string macvlan_;
  bool holding_ = false;
  /** Addresses that somebody else removed and that are not back yet. */
  std::vector<Held> missing_;
  int64_t put_back_at_ = 0;
  /** Renewed with every change of mind: what was begun before it has nobody to come back to. */
  std::shared_ptr<int> era_ = std::make_shared<int>(0);

  Lookout lookout_;
  Timer renew_;
  Timer repeat_;
  Timer refresh_;
  Timer release_;
  Timer put_back_timer_;
};

}  // namespace fl::vrrp
