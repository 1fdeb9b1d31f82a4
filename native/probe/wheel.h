#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <list>

namespace fl::probe {

/** Timers of very many targets: to set one, to move one and to take one away costs the same however many there are. They fire
 *  up to a tick late, those of a tick together. */
class Wheel {
  struct Entry;
  using List = std::list<Entry>;

 public:
  static constexpr int64_t tick_ns = 4'000'000;

  /** One timer; it must stay in its place in memory, and be cancelled before it ends. */
  class Timer {
    friend class Wheel;
    List* list_ = nullptr;
    List::iterator entry_;
  };

  explicit Wheel(int64_t now_ns) : last_(now_ns / tick_ns) {}

  /** Sets or moves a timer. */
  void arm(Timer& timer, uint32_t id, int64_t at_ns) {
    const int64_t tick = std::max((at_ns + tick_ns - 1) / tick_ns, last_ + 1);
    List& list = slots_[place(tick)];
    if (timer.list_ == nullptr) {
      if (spare_.empty()) spare_.emplace_back();
      timer.list_ = &spare_;
      timer.entry_ = spare_.begin();
    }
    *timer.entry_ = {&timer, id, tick};
    move(timer, list);
  }

  void cancel(Timer& timer) {
    if (timer.list_ == nullptr) return;
    move(timer, spare_);
    timer.list_ = nullptr;
  }

  /** Calls `fired(id)` for every timer whose time has come; it may set and cancel any. */
  template <class Fired>
  void fire(int64_t now_ns, Fired fired) {
    const int64_t now = now_ns / tick_ns;
    for (int64_t tick = std::max(last_ + 1, now - slot_count + 1); tick <= now; tick++) {
      List& list = slots_[place(tick)];
      for (auto entry = list.begin(); entry != list.end();) {
        Timer& timer = *(entry++)->owner;
        if (timer.entry_->tick <= now) move(timer, due_);
      }
    }
    last_ = std::max(last_, now);
    while (!due_.empty()) {
      const Entry entry = due_.front();
      cancel(*entry.owner);
      fired(entry.id);
    }
  }

  /** When there may be something to fire, -1 when there is nothing: no later than the next timer, and perhaps earlier. */
  int64_t next_ns() const {
    for (int64_t tick = last_ + 1; tick <= last_ + slot_count; tick++) {
      if (!slots_[place(tick)].empty()) return tick * tick_ns;
    }
    return -1;
  }

 private:
  struct Entry {
    Timer* owner = nullptr;
    uint32_t id = 0;
    int64_t tick = 0;
  };
  /** Four seconds. What is due later stays in its slot for as many rounds. */
  static constexpr int64_t slot_count = 1024;

  static size_t place(int64_t tick) { return static_cast<size_t>(tick % slot_count); }
  static void move(Timer& timer, List& to) {
    to.splice(to.end(), *timer.list_, timer.entry_);
    timer.list_ = &to;
  }

  std::array<List, slot_count> slots_;
  List due_;
  /** Entries of timers that are not set. */
  List spare_;
  /** The last tick that was fired. */
  int64_t last_;
};

}  // namespace fl::probe
