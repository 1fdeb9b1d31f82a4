#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace fl::vrrp {

inline constexpr int64_t never = INT64_MAX;

class Timers;

/** Something that happens once, at a time in nanoseconds of the monotonic clock. Stays where it is made. */
class Timer {
 public:
  /** Gets the time it was set for and the time it is. */
  using Fire = std::function<void(int64_t due, int64_t now)>;

  /** `early`: it may fire so much before its time when the thread is awake anyway. */
  explicit Timer(Timers& timers, Fire fire) : timers_(timers), fire_(std::move(fire)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  void set(int64_t at, int64_t early = 0);
  void cancel();
  bool armed() const { return at_ != never; }
  int64_t at() const { return at_; }

 private:
  friend class Timers;
  static constexpr size_t nowhere = SIZE_MAX;

  Timers& timers_;
  Fire fire_;
  int64_t at_ = never;
  int64_t early_ = 0;
  /** The time it stands under in the heap; may be before `at_`: a timer that is put off over and over moves only when its
   *  old time comes, which makes an advert heard cost no heap operation. */
  int64_t key_ = never;
  size_t slot_ = nowhere;
};

/** A binary heap of timers. Not for several threads. */
class Timers {
 public:
  Timers() = default;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /** When to look again: never later than the first timer's time, at times before it. */
  int64_t next() const { return heap_.empty() ? never : heap_.front()->key_; }
  /** Fires what is due, in order of time. A timer may set, cancel and destroy timers, itself included. */
  void fire(int64_t now);

 private:
  friend class Timer;
  void place(Timer* timer, size_t slot);
  void rise(size_t slot);
  void sink(size_t slot);
  void insert(Timer* timer);
  void remove(Timer* timer);

  std::vector<Timer*> heap_;
};

}  // namespace fl::vrrp
