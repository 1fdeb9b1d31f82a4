#include <atomic>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "check.h"
#include "ipvs/client.h"
#include "route/client.h"
#include "route/monitor.h"

using namespace fl;

// What several threads touch. Under the thread sanitizer (a build of its own) every race here is a failure; without IPVS in
// the kernel the requests fail, on the same path to the socket and back.

TEST(client_threads, "one IPVS client serves several threads, and others beside it") {
  const int64_t before = Fd::open_count();
  {
    ipvs::Client shared(ipvs::Client::Options{.netns = {}, .deadline_ms = 500});
    std::atomic<int> answered = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) {
      threads.emplace_back([&] {
        ipvs::Client own(ipvs::Client::Options{.netns = {}, .deadline_ms = 500});
        for (int round = 0; round < 20; round++) {
          for (ipvs::Client* client : {&shared, &own}) {
            const auto info = client->info();
            ipvs::Progress progress;
            const ipvs::Op nothing{};
            const Failure failure = client->apply({&nothing, 1}, progress);
            ipvs::Reading reading;
            ipvs::Snapshot portion;
            const Failure unread = client->dump(reading, 10, portion);
            // All or none: the kernel has IPVS or it has not.
            if (info ? !failure && !unread : failure && unread) answered++;
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(answered == 4 * 20 * 2);
  }
  CHECK(Fd::open_count() == before);
}

TEST(monitor_threads, "a monitor begins and ends while links are being read") {
  const int64_t before = Fd::open_count();
  std::atomic<bool> more = true;
  std::thread reader([&] {
    route::Client client(route::Client::Options{});
    while (more) static_cast<void>(client.links());
  });
  for (int round = 0; round < 50; round++) {
    std::vector<route::Event> heard;
    route::Monitor monitor;
    CHECK(!monitor.start({}, [&](std::vector<route::Event>&& events) {
      heard.insert(heard.end(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
    }));
    monitor.stop();
    // Nobody writes to it any more: the sanitizer would see.
    heard.clear();
  }
  more = false;
  reader.join();
  CHECK(Fd::open_count() == before);
}
