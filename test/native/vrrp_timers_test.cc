#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "check.h"
#include "vrrp/announcer.h"
#include "vrrp/timers.h"

using namespace fl;
using namespace fl::vrrp;

TEST(timers_order, "timers fire once, in order of their times, and say both times") {
  Timers timers;
  std::vector<int> fired;
  int64_t due = 0;
  int64_t now = 0;
  Timer late(timers, [&](int64_t, int64_t) { fired.push_back(3); });
  Timer early(timers, [&](int64_t at, int64_t when) {
    fired.push_back(1);
    due = at;
    now = when;
  });
  Timer middle(timers, [&](int64_t, int64_t) { fired.push_back(2); });
  late.set(300);
  early.set(100);
  middle.set(200);
  CHECK(timers.next() == 100);
  timers.fire(99);
  CHECK(fired.empty());
  timers.fire(250);
  CHECK((fired == std::vector<int>{1, 2}) && due == 100 && now == 250);
  CHECK(!early.armed() && late.armed());
  timers.fire(1000);
  timers.fire(2000);
  CHECK((fired == std::vector<int>{1, 2, 3}) && timers.next() == never);
}

TEST(timers_put_off, "a timer that is put off fires at its last time only, one that is brought forward at its first") {
  Timers timers;
  int fired = 0;
  Timer timer(timers, [&](int64_t, int64_t) { fired++; });
  timer.set(100);
  timer.set(200);
  timer.set(300);
  timers.fire(250);
  CHECK(fired == 0 && timers.next() <= 300 && timer.at() == 300);
  timer.set(260);
  timers.fire(260);
  CHECK(fired == 1);
  timer.set(400);
  timer.cancel();
  timers.fire(1000);
  CHECK(fired == 1 && timers.next() == never);
}

TEST(timers_early, "one that may be early goes along with others, and does not wake anybody by itself") {
  Timers timers;
  int fired = 0;
  Timer timer(timers, [&](int64_t, int64_t) { fired++; });
  timer.set(100, 10);
  CHECK(timers.next() == 100);
  timers.fire(89);
  CHECK(fired == 0);
  timers.fire(90);
  CHECK(fired == 1);
}

TEST(timers_change, "a timer may set, cancel and destroy others and itself while it fires") {
  Timers timers;
  int fired = 0;
  auto other = std::make_unique<Timer>(timers, [&](int64_t, int64_t) { fired += 100; });
  std::unique_ptr<Timer> self;
  Timer again(timers, [&](int64_t due, int64_t) {
    if (++fired < 3) again.set(due + 10);
  });
  self = std::make_unique<Timer>(timers, [&](int64_t, int64_t) {
    other.reset();
    self.reset();
  });
  other->set(50);
  self->set(40);
  again.set(10);
  timers.fire(100);
  CHECK(fired == 3 && !self && timers.next() == never);
}

TEST(timers_many, "a thousand timers that move at random fire at their times") {
  Timers timers;
  std::mt19937 random(7);
  std::vector<int64_t> wanted(1000, never);
  std::vector<std::unique_ptr<Timer>> all;
  int64_t now = 0;
  int wrong = 0;
  for (size_t i = 0; i < wanted.size(); i++) {
    all.push_back(std::make_unique<Timer>(timers, [&, i](int64_t due, int64_t) {
      if (due != wanted[i] || due > now) wrong++;
      wanted[i] = never;
    }));
  }
  for (int step = 0; step < 20000; step++) {
    const size_t i = random() % wanted.size();
    if (random() % 8 == 0) {
      all[i]->cancel();
      wanted[i] = never;
    } else {
      wanted[i] = now + 1 + random() % 500;
      all[i]->set(wanted[i]);
    }
    if (step % 10 == 0) timers.fire(++now);
    if (step % 1000 == 0) {
      for (const int64_t at : wanted) wrong += at <= now ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
}

namespace {

/** Takes frames and notes when; full after `room` of them until it is emptied. */
struct Notes : FrameSink {
  std::vector<std::pair<uint32_t, uint8_t>> sent;
  size_t room = SIZE_MAX;
  bool broken = false;
  Sent send(uint32_t index, const std::vector<uint8_t>& frame) override {
    if (broken) return Sent::no;
    if (room == 0) return Sent::full;
    room--;
    sent.emplace_back(index, frame.at(0));
    return Sent::yes;
  }
};

std::vector<std::vector<uint8_t>> frames(uint8_t count) {
  std::vector<std::vector<uint8_t>> made;
  for (uint8_t i = 0; i < count; i++) made.push_back({i});
  return made;
}

constexpr int64_t ms = 1'000'000;

}  // namespace

TEST(announcer_gap, "frames of one interface leave their gap apart, all addresses before any of them again") {
  Timers timers;
  Notes notes;
  Announcer announcer(timers, notes);
  InstanceCounters one, two;
  announcer.announce(one, 7, frames(2), 2, 10 * ms, 0);
  announcer.announce(two, 7, frames(1), 1, 10 * ms, 0);
  announcer.announce(two, 8, frames(1), 1, 10 * ms, 0);
  std::vector<size_t> counts;
  for (int64_t now = 0; now <= 50 * ms; now += 10 * ms + 1) {
    timers.fire(now);
    counts.push_back(notes.sent.size());
  }
  // The other interface does not wait for this one.
  CHECK((counts == std::vector<size_t>{2, 3, 4, 5, 6}));
  std::erase_if(notes.sent, [](const auto& frame) { return frame.first == 8; });
  const std::vector<std::pair<uint32_t, uint8_t>> order{{7, 0}, {7, 1}, {7, 0}, {7, 0}, {7, 1}};
  CHECK(notes.sent == order);
  CHECK(one.announced == 4 && two.announced == 2);
}

TEST(announcer_burst, "250 addresses five times lose no frame to a full queue, and leave time between bursts") {
  Timers timers;
  Notes notes;
  Announcer announcer(timers, notes);
  InstanceCounters owner;
  announcer.announce(owner, 7, frames(250), 5, 0, 0);
  int64_t now = 0;
  size_t most = 0;
  for (int go = 0; go < 1000 && timers.next() != never; go++) {
    const size_t before = notes.sent.size();
    notes.room = go % 3 == 0 ? 5 : SIZE_MAX;
    now = std::max(now, timers.next());
    timers.fire(now);
    most = std::max(most, notes.sent.size() - before);
  }
  CHECK(notes.sent.size() == 1250 && owner.announced == 1250 && most <= 32);
}

TEST(announcer_forget, "what an instance queued goes with it, and what cannot leave is dropped") {
  Timers timers;
  Notes notes;
  Announcer announcer(timers, notes);
  InstanceCounters one, two;
  announcer.announce(one, 7, frames(3), 5, 10 * ms, 0);
  announcer.announce(two, 7, frames(1), 1, 10 * ms, 0);
  timers.fire(0);
  announcer.forget(one);
  timers.fire(100 * ms);
  CHECK(one.announced == 1 && two.announced == 1 && timers.next() == never);
  notes.broken = true;
  announcer.announce(one, 7, frames(3), 5, 0, 200 * ms);
  timers.fire(300 * ms);
  CHECK(one.announced == 1 && timers.next() == never);
}
