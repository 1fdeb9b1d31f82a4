#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "base/fd.h"
#include "check.h"
#include "vrrp/engine.h"

using namespace fl;
using namespace fl::vrrp;

namespace {

Settings instance(uint8_t vrid) {
  Settings settings;
  settings.name = "i" + std::to_string(vrid);
  settings.interface = "lo";
  settings.wire.family = AF_INET;
  settings.wire.vrid = vrid;
  settings.wire.group = {224, 0, 0, 18};
  settings.source = Address{127, 0, 0, 1};
  settings.held.push_back({"lo", AF_INET, {127, 0, 1, vrid}, 32, {}, 0});
  return settings;
}

Order order(Order::Kind kind, int64_t time = 0) {
  Order made;
  made.kind = kind;
  made.priority = 100;
  made.time = time;
  return made;
}

}  // namespace

// Under the thread sanitizer every race here is a failure. Where raw sockets are not permitted, an engine says so.
TEST(engine_threads, "an engine takes orders, tells and ends, whatever the other threads are at") {
  const int64_t before = Fd::open_count();
  std::atomic<int> rings = 0;
  // In a namespace of its own, where that is permitted, so that nothing of it is seen outside.
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) return;
    for (int round = 0; round < 5; round++) {
      Engine engine({.netns = {}, .realtime = false, .lifetime_s = 1, .warden = {}}, [&] { rings++; });
      if (engine.start()) return;
      std::vector<Settings> list;
      for (uint8_t vrid = 1; vrid <= 20; vrid++) list.push_back(instance(vrid));
      engine.configure(list);
      std::thread other([&] {
        for (int i = 0; i < 50; i++) {
          engine.lease(1'000'000'000);
          engine.order({{"i1", {order(Order::Kind::advertise, 1'000'000), order(Order::Kind::hold)}},
                        {"i2", {order(Order::Kind::wake, 1'000), order(Order::Kind::listen, 1'000)}},
                        {"i3", {order(Order::Kind::hold), order(Order::Kind::release)}}});
        }
      });
      for (int i = 0; i < 20; i++) {
        static_cast<void>(engine.take());
        CHECK(engine.counters().instances.size() >= 10);
        list.resize(i % 2 == 0 ? 10 : 20, instance(20));
        for (uint8_t vrid = 10; vrid < list.size(); vrid++) list[vrid] = instance(static_cast<uint8_t>(vrid + 1));
        engine.configure(list);
      }
      other.join();
      engine.stop();
      CHECK(rings > 0);
    }
  }).join();
  CHECK(Fd::open_count() == before);
}
