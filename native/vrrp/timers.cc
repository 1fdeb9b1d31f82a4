#include "vrrp/timers.h"

namespace fl::vrrp {

void Timer::set(int64_t at, int64_t early) {
  at_ = at;
  early_ = early;
  if (slot_ != nowhere && at >= key_) return;
  if (slot_ != nowhere) timers_.remove(this);
  if (at == never) return;
  timers_.insert(this);
}

void Timer::cancel() {
  at_ = never;
  if (slot_ != nowhere) timers_.remove(this);
}

void Timers::place(Timer* timer, size_t slot) {
  heap_[slot] = timer;
  timer->slot_ = slot;
}

void Timers::rise(size_t slot) {
  Timer* const timer = heap_[slot];
  for (; slot > 0; slot = (slot - 1) / 2) {
    Timer* const above = heap_[(slot - 1) / 2];
    if (above->key_ <= timer->key_) break;
    place(above, slot);
  }
  place(timer, slot);
}

void Timers::sink(size_t slot) {
  Timer* const timer = heap_[slot];
  for (;;) {
    size_t below = 2 * slot + 1;
    if (below >= heap_.size()) break;
    if (below + 1 < heap_.size() && heap_[below + 1]->key_ < heap_[below]->key_) below++;
    if (timer->key_ <= heap_[below]->key_) break;
    place(heap_[below], slot);
    slot = below;
  }
  place(timer, slot);
}

void Timers::insert(Timer* timer) {
  timer->key_ = timer->at_;
  heap_.push_back(timer);
  rise(heap_.size() - 1);
}

void Timers::remove(Timer* timer) {
  const size_t slot = timer->slot_;
  timer->slot_ = Timer::nowhere;
  Timer* const last = heap_.back();
  heap_.pop_back();
  if (last == timer) return;
  place(last, slot);
  rise(slot);
  sink(last->slot_);
}

void Timers::fire(int64_t now) {
  while (!heap_.empty()) {
    Timer* const timer = heap_.front();
    if (timer->key_ - timer->early_ > now) return;
    if (timer->at_ > timer->key_) {
      timer->key_ = timer->at_;
      sink(0);
      continue;
    }
    const int64_t due = timer->at_;
    timer->cancel();
    // A copy: the timer may be gone before its function returns.
    const Timer::Fire fire = timer->fire_;
    fire(due, now);
  }
}

}  // namespace fl::vrrp
