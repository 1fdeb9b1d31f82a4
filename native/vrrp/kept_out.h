#pragma once
#include "vrrp/holder.h"
#include "vrrp/timers.h"

namespace fl::vrrp {

/** What packets are to be kept out for, asked of the kernel until it obeys. */
class KeptOut {
 public:
  /** `refused` hears why the kernel does not, once for each reason. */
  KeptOut(Holder& holder, Timers& timers, std::function<void(int64_t now, std::string text)> refused)
      : holder_(holder), refused_(std::move(refused)), again_(timers, [this](int64_t, int64_t) { ask(); }) {}

  void set(ClosedSet closed);
  /** These too, until set() says what stays. */
  void widen(const ClosedSet& more);
  bool any() const { return !closed_.empty(); }

 private:
  void ask();
  void answer(const Failure& failure, int64_t now);

  Holder& holder_;
  std::function<void(int64_t, std::string)> refused_;
  Timer again_;
  ClosedSet closed_;
  std::string told_;
};

}  // namespace fl::vrrp
