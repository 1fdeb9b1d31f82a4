#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "check.h"
#include "probe/engine.h"
#include "probe/response.h"
#include "probe/wheel.h"

using namespace fl;
using namespace fl::probe;

namespace {

constexpr int64_t ms = 1'000'000;
const std::vector<uint8_t> loopback{127, 0, 0, 1};

/** A listener on loopback. */
struct Listener {
  Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  uint16_t port = 0;
  Listener() {
    const Endpoint any(Bytes(loopback), 0);
    CHECK(::bind(fd.get(), any.name(), any.size()) == 0 && ::listen(fd.get(), 512) == 0);
    sockaddr_in name{};
    socklen_t size = sizeof name;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &size);
    port = ntohs(name.sin_port);
  }
};

/** An engine, and what it told. */
struct Told {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<uint32_t, Finding> last;
  std::map<uint32_t, int> counts;
  size_t total = 0;
  /** Ends before what it writes to. */
  Engine engine;

  explicit Told(Engine::Options options = {}) {
    CHECK(!engine.start(options, [this](std::span<const Answer> answers) {
      const std::lock_guard lock(mutex);
      for (const Answer& one : answers) {
        last[one.id] = one.finding;
        counts[one.id]++;
        total++;
      }
      changed.notify_all();
    }));
  }
  uint32_t ask(Question question) {
    if (question.timeout_ns == 0) question.timeout_ns = 30'000 * ms;
    const uint32_t id = engine.add(std::move(question));
    again(id);
    return id;
  }
  void again(uint32_t id) {
    const Engine::Ask one{id, 0};
    engine.ask({&one, 1});
  }
  /** Waits until so many answers came in all. */
  void await(size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return total >= count; });
  }
};

Question question(Kind kind, uint16_t port) {
  Question asked;
  asked.kind = kind;
  asked.to = Endpoint(Bytes(loopback), port);
  return asked;
}

ResponseHead::State feed(ResponseHead& head, const std::string& text) {
  return head.feed(Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

}  // namespace

TEST(wheel, "timers fire in their tick and not before, whatever was moved and taken away") {
  Wheel wheel(0);
  Wheel::Timer timers[4];
  std::vector<uint32_t> fired;
  const auto until = [&](int64_t now) { wheel.fire(now, [&](uint32_t id) { fired.push_back(id); }); };
  CHECK(wheel.next_ns() == -1);
  wheel.arm(timers[0], 0, 10 * ms);
  wheel.arm(timers[1], 1, 10'000 * ms);
  wheel.arm(timers[2], 2, 5 * ms);
  wheel.arm(timers[3], 3, 20 * ms);
  wheel.arm(timers[2], 2, 30 * ms);
  wheel.cancel(timers[3]);
  CHECK(wheel.next_ns() >= 10 * ms && wheel.next_ns() < 10 * ms + Wheel::tick_ns);
  until(9 * ms);
  CHECK(fired.empty());
  until(12 * ms);
  CHECK(fired == std::vector<uint32_t>{0});
  until(32 * ms);
  CHECK((fired == std::vector<uint32_t>{0, 2}));
  // More than a round later.
  until(9'999 * ms);
  CHECK(fired.size() == 2);
  until(10'004 * ms);
  CHECK(fired.back() == 1 && fired.size() == 3 && wheel.next_ns() == -1);
}

TEST(wheel_firing, "a timer may set and cancel others while it fires") {
  Wheel wheel(0);
  Wheel::Timer timers[3];
  std::vector<uint32_t> fired;
  for (uint32_t id = 0; id < 3; id++) wheel.arm(timers[id], id, ms);
  wheel.fire(8 * ms, [&](uint32_t id) {
    fired.push_back(id);
    if (id == 0) {
      wheel.cancel(timers[1]);
      wheel.arm(timers[0], 0, 9 * ms);
    }
  });
  CHECK((fired == std::vector<uint32_t>{0, 2}));
  wheel.fire(12 * ms, [&](uint32_t id) { fired.push_back(id); });
  CHECK(fired.back() == 0 && fired.size() == 3);
}

TEST(response_heads, "the status of a response, and nothing of what is none") {
  using State = ResponseHead::State;
  const struct {
    const char* text;
    State state;
    uint16_t status;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", State::complete, 200},
      {"HTTP/1.0 503\r\n\r\nbody", State::complete, 503},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\n\r\n", State::complete, 204},
      {"HTTP/1.1 101 Switching\r\n\r\n", State::complete, 101},
      {"HTTP/1.1 200 OK\r\nA: b\r\n", State::unfinished, 200},
      {"HTTP/1.1 20", State::unfinished, 0},
      {"HTTP/1.1 2x", State::not_http, 0},
      {"HTTP/1.1 2000 OK\r\n", State::not_http, 0},
      {"HTTP/2.0 200 OK\r\n", State::not_http, 0},
      {"220 ", State::not_http, 0},
      {"HTTP/1.1 200 OK\r\nno colon\r\n", State::not_http, 200},
      {"HTTP/1.1 200 OK\r\n: empty\r\n", State::not_http, 200},
  };
  for (const auto& one : cases) {
    ResponseHead head;
    CHECK(feed(head, one.text) == one.state);
    if (one.state == State::complete) CHECK(head.status() == one.status);
  }
  ResponseHead endless;
  CHECK(feed(endless, "HTTP/1.1 200 OK\r\n") == State::unfinished);
  State state = State::unfinished;
  size_t fed = 0;
  for (; state == State::unfinished; fed++) state = feed(endless, "A: b\r\n");
  CHECK(state == State::too_long && fed <= ResponseHead::most_bytes / 6 + 1);
}

TEST(engine_tcp, "an open port connects, a closed one is refused, again and again") {
  const int64_t before = Fd::open_count();
  {
    Listener listener;
    uint16_t closed = 0;
    {
      Listener gone;
      closed = gone.port;
    }
    Told told;
    const uint32_t up = told.ask(question(Kind::tcp, listener.port));
    const uint32_t down = told.ask(question(Kind::tcp, closed));
    for (size_t round = 1; round <= 50; round++) {
      told.await(2 * round);
      CHECK((told.last[up] == Finding{Ending::connected, Phase::connect, 0}));
      CHECK((told.last[down] == Finding{Ending::failed, Phase::connect, ECONNREFUSED}));
      if (round < 50) {
        told.again(up);
        told.again(down);
      }
    }
    CHECK(told.counts[up] == 50 && told.counts[down] == 50);
  }
  CHECK(Fd::open_count() == before);
}

TEST(engine_http, "a request is sent and the status heard; a server that is silent runs out of time in its phase") {
  Listener listener;
  std::thread server([&] {
    for (int i = 0; i < 2; i++) {
      const Fd peer(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char buffer[256];
      const ssize_t count = ::recv(peer.get(), buffer, sizeof buffer, 0);
      CHECK(count > 0 && std::string(buffer, static_cast<size_t>(count)) == "GET /\r\n\r\n");
      const std::string answer = "HTTP/1.1 418 teapot\r\n\r\n";
      if (i == 0) CHECK(::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL) > 0);
      // Until it is reset.
      while (::recv(peer.get(), buffer, sizeof buffer, 0) > 0) continue;
    }
  });
  Told told;
  Question asked = question(Kind::http, listener.port);
  for (const char c : std::string("GET /\r\n\r\n")) asked.send.push_back(static_cast<uint8_t>(c));
  asked.response_ns = 50 * ms;
  asked.connect_ns = 10'000 * ms;
  const uint32_t id = told.ask(asked);
  told.await(1);
  CHECK((told.last[id] == Finding{Ending::status, Phase::response, 418}));
  told.again(id);
  told.await(2);
  CHECK(told.last[id].phase == Phase::response &&
        (told.last[id].ending == Ending::timeout || told.last[id].ending == Ending::stalled));
  server.join();
}

TEST(engine_slow, "targets that hang do not keep others waiting, and a removed one is not told of") {
  Listener listener;
  Told told({.netns = {}, .most = 8, .most_slow = 4, .bounds_ns = {}});
  std::vector<uint32_t> hung;
  Question silent = question(Kind::http, listener.port);
  silent.send = {'x'};
  silent.timeout_ns = 300 * ms;
  for (int i = 0; i < 12; i++) hung.push_back(told.ask(silent));
  told.await(12);
  silent.timeout_ns = 600'000 * ms;
  for (const uint32_t id : hung) told.again(id);
  const uint32_t quick = told.ask(question(Kind::tcp, listener.port));
  told.await(13);
  CHECK(told.counts[quick] == 1);
  for (const uint32_t id : hung) told.engine.remove(id);
}

TEST(engine_again, "a target that waits for its time is asked at once when somebody wants to know") {
  Listener listener;
  Told told;
  Question asked = question(Kind::tcp, listener.port);
  asked.timeout_ns = 30'000 * ms;
  const uint32_t id = told.engine.add(asked);
  const Engine::Ask later{id, monotonic_ns() + 3'600'000 * ms};
  told.engine.ask({&later, 1});
  told.again(id);
  told.await(1);
  CHECK(told.counts[id] == 1);
}

TEST(engine_repeat, "an answer like the one told last is counted, another is told, and so is the next after tell_next") {
  std::optional<Listener> listener(std::in_place);
  Told told({.netns = {}, .most = 64, .most_slow = 32, .bounds_ns = {30'000 * ms}});
  Question asked = question(Kind::tcp, listener->port);
  asked.jitter = 0.5;
  const uint32_t id = told.ask(asked);
  told.await(1);
  const auto repeat = [&] {
    const Engine::Ask one{id, 0, 2 * ms};
    told.engine.ask({&one, 1});
  };
  const auto await_tally = [&] {
    Tally all;
    while (all.count < 3) {
      for (const auto& [of, tally] : told.engine.take_tallies()) {
        CHECK(of == id && tally.count > 0 && tally.at_ns > all.at_ns && tally.took_ns >= 0);
        CHECK(tally.sum_ns >= tally.took_ns && tally.buckets[0] == tally.count && tally.buckets[1] == 0);
        all.count += tally.count;
        all.at_ns = tally.at_ns;
      }
      std::this_thread::yield();
    }
  };
  repeat();
  await_tally();
  CHECK(told.counts[id] == 1 && told.engine.buckets() == 2);
  told.engine.tell_next(id);
  told.await(2);
  CHECK((told.last[id] == Finding{Ending::connected, Phase::connect, 0}));
  repeat();
  listener.reset();
  told.await(3);
  CHECK((told.last[id] == Finding{Ending::failed, Phase::connect, ECONNREFUSED}));
  told.engine.take_tallies();
  repeat();
  await_tally();
  told.engine.stop();
  CHECK(told.counts[id] == 3);
}

TEST(engine_syn, "a SYN is answered by an open port and refused by a closed one, many at once; what was given up is forgotten") {
  const int64_t before = Fd::open_count();
  {
    Listener listener;
    uint16_t closed = 0;
    {
      Listener gone;
      closed = gone.port;
    }
    Told told;
    std::vector<uint32_t> up;
    std::vector<uint32_t> down;
    for (int i = 0; i < 100; i++) {
      up.push_back(told.ask(question(Kind::syn, listener.port)));
      down.push_back(told.ask(question(Kind::syn, closed)));
    }
    told.await(200);
    for (const uint32_t id : up) CHECK((told.last[id] == Finding{Ending::connected, Phase::connect, 0}));
    for (const uint32_t id : down) CHECK((told.last[id] == Finding{Ending::failed, Phase::connect, ECONNREFUSED}));
    // Nobody accepts: the connections were never made.
    const int flags = ::fcntl(listener.fd.get(), F_GETFL);
    CHECK(::fcntl(listener.fd.get(), F_SETFL, flags | O_NONBLOCK) == 0);
    CHECK(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC) < 0 && errno == EAGAIN);
    for (const uint32_t id : up) {
      told.again(id);
      told.engine.remove(id);
    }
  }
  CHECK(Fd::open_count() == before);
}

TEST(engine_stop, "an engine ends in the middle of everything") {
  const int64_t before = Fd::open_count();
  for (int round = 0; round < 10; round++) {
    Listener listener;
    Told told;
    for (int i = 0; i < 50; i++) told.ask(question(i % 2 == 0 ? Kind::tcp : Kind::http, listener.port));
    if (round % 2 == 0) told.await(1);
    told.engine.stop();
  }
  CHECK(Fd::open_count() == before);
}

TEST(engine_sockets, "sockets that are used again connect, are refused and run out of time like new ones") {
  const int64_t before = Fd::open_count();
  {
    Listener listener;
    uint16_t closed = 0;
    {
      Listener gone;
      closed = gone.port;
    }
    // One socket at a time, for all.
    Told told({.netns = {}, .most = 1, .most_slow = 1, .bounds_ns = {}});
    Question silent = question(Kind::http, listener.port);
    silent.send = {'x'};
    silent.timeout_ns = 20 * ms;
    std::vector<uint32_t> ids;
    ids.push_back(told.ask(question(Kind::tcp, listener.port)));
    ids.push_back(told.ask(question(Kind::tcp, closed)));
    ids.push_back(told.ask(silent));
    for (size_t round = 1; round <= 20; round++) {
      told.await(3 * round);
      CHECK((told.last[ids[0]] == Finding{Ending::connected, Phase::connect, 0}));
      CHECK((told.last[ids[1]] == Finding{Ending::failed, Phase::connect, ECONNREFUSED}));
      CHECK(told.last[ids[2]].phase == Phase::response);
      CHECK(told.last[ids[2]].ending == Ending::timeout || told.last[ids[2]].ending == Ending::stalled);
      if (round < 20) for (const uint32_t id : ids) told.again(id);
    }
  }
  CHECK(Fd::open_count() == before);
}

TEST(engine_very_many, "very many that are due at once are all asked, though not all begun at once") {
  Listener listener;
  Told told;
  Question asked = question(Kind::tcp, listener.port);
  for (int i = 0; i < 400; i++) told.ask(asked);
  told.await(400);
  for (const auto& [id, finding] : told.last) CHECK(finding.ending == Ending::connected);
}
