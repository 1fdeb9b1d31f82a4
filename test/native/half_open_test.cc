#include "probe/half_open.h"

#include <linux/if_ether.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "check.h"
#include "probe/answer_filter.h"
#include "probe/packet.h"

using namespace fl;
using namespace fl::probe;

namespace {

const std::vector<uint8_t> silent{10, 9, 9, 9};

/** Runs in a namespace where 10.9.9.9 is routed to where nobody answers. */
template <class Body>
void alone(Body body) {
  std::thread([&] {
    CHECK(::unshare(CLONE_NEWNET) == 0);
    CHECK(std::system("ip link set lo up && ip addr add 10.8.8.1/24 dev lo && ip route add 10.9.9.9/32 dev lo") == 0);
    body();
  }).join();
}

/** A SYN that left, as a packet socket saw it come back in. */
struct Seen {
  Fd fd{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP))};
  /** Its connection, seen from whom it was for, and its sequence number. */
  Connection next(uint32_t& sequence) {
    uint8_t buffer[256];
    for (;;) {
      const ssize_t count = ::recv(fd.get(), buffer, sizeof buffer, 0);
      CHECK(count > 0);
      const auto packet = open_packet(Bytes(buffer, static_cast<size_t>(count)), false);
      if (!packet || packet->protocol != IPPROTO_TCP || packet->payload[13] != 2) continue;
      Reader reader(packet->payload);
      Connection connection;
      std::copy(packet->source.begin(), packet->source.end(), connection.own.begin());
      std::copy(packet->destination.begin(), packet->destination.end(), connection.peer.begin());
      connection.own_port = ntohs(reader.value<uint16_t>());
      connection.peer_port = ntohs(reader.value<uint16_t>());
      sequence = ntohl(reader.value<uint32_t>());
      return connection;
    }
  }
};

/** Sends what a server would: `connection` is ours, `acknowledged` what it says it heard. */
void answer(const Connection& connection, uint32_t acknowledged, uint8_t flags) {
  const Fd raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  Connection theirs = connection;
  std::swap(theirs.own, theirs.peer);
  std::swap(theirs.own_port, theirs.peer_port);
  Writer writer;
  put_segment(writer, theirs, Flag::reset, 77, usual_hops);
  writer.patch(20 + 8, htonl(acknowledged));
  writer.patch(20 + 13, flags);
  const Endpoint to(connection.own_address(), 0);
  CHECK(::sendto(raw.get(), writer.bytes().data(), writer.size(), 0, to.name(), to.size()) > 0);
}

struct Asking {
  int fd = -1;
  HalfOpen half_open{[this](int watched, size_t) { return (fd = watched) >= 0; }};
  std::vector<std::pair<uint32_t, Finding>> told;
  /** Reads one packet that is sure to come. */
  void read() {
    pollfd waiting{fd, POLLIN, 0};
    CHECK(::poll(&waiting, 1, 30'000) == 1);
    half_open.read(0, [this](uint32_t id, const Finding& finding) { told.push_back({id, finding}); });
  }
};

Question question(uint16_t port) {
  Question asked;
  asked.kind = Kind::syn;
  asked.to = Endpoint(Bytes(silent), port);
  return asked;
}

}  // namespace

TEST(half_open_hostile, "only who knows the whole of a SYN answers it, and once; all others are counted and change nothing") {
  alone([] {
    Seen seen;
    Asking asking;
    const Question asked = question(80);
    uint32_t sequence = 0;
    CHECK(asking.half_open.send(asked, 5, sequence) == 0);
    uint32_t sent = 0;
    const Connection right = seen.next(sent);
    CHECK(sent == sequence && right.peer_port == 80);
    std::vector<Connection> wrong(4, right);
    wrong[0].peer_port = 81;
    wrong[1].peer[3] = 8;
    wrong[2].own[3] = 2;
    wrong[3].own_port = static_cast<uint16_t>(right.own_port ^ 1);
    uint64_t refused = 0;
    for (const Connection& one : wrong) {
      for (const uint8_t flags : {2 | 16, 4 | 16}) {
        answer(one, sequence + 1, flags);
        asking.read();
        CHECK(asking.told.empty() && asking.half_open.refused() == ++refused);
      }
    }
    for (const uint32_t acknowledged : {sequence, sequence + 2, uint32_t{0}}) {
      answer(right, acknowledged, 2 | 16);
      asking.read();
      CHECK(asking.told.empty() && asking.half_open.refused() == ++refused);
    }
    answer(right, sequence + 1, 2 | 16);
    asking.read();
    CHECK(asking.told.size() == 1 && asking.told[0].first == 5);
    CHECK((asking.told[0].second == Finding{Ending::connected, Phase::connect, 0}));
    answer(right, sequence + 1, 4 | 16);
    asking.read();
    CHECK(asking.told.size() == 1 && asking.half_open.refused() == refused + 1);
  });
}

TEST(half_open_ports, "its ports are held: nobody else can bind one, and what was forgotten is not told") {
  alone([] {
    Seen seen;
    Asking asking;
    const Question asked = question(80);
    uint32_t sequence = 0;
    std::vector<bool> used(port_block);
    for (uint32_t i = 0; i < 64; i++) {
      CHECK(asking.half_open.send(asked, i, sequence) == 0);
      uint32_t sent = 0;
      const Connection left = seen.next(sent);
      used[left.own_port % port_block] = true;
      const Fd other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const int on = 1;
      ::setsockopt(other.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      const Endpoint taken(false, left.own_port);
      CHECK(::bind(other.get(), taken.name(), taken.size()) < 0 && errno == EADDRINUSE);
      asking.half_open.forget(sequence);
      answer(left, sequence + 1, 2 | 16);
      asking.read();
    }
    CHECK(asking.told.empty() && asking.half_open.refused() == 64);
    CHECK(std::count(used.begin(), used.end(), true) > 4);
  });
}
