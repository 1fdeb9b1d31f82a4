#include "probe/source.h"

#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "check.h"
#include "probe/half_open.h"
#include "probe/pinger.h"

using namespace fl;
using namespace fl::probe;

namespace {

/** IPv4 and IPv6: an address of ours on v0, and one of a server there, which is nowhere. */
struct Row {
  std::vector<uint8_t> own;
  const char* shown;
  Endpoint server;
};

std::vector<uint8_t> six(uint8_t last) { return {0xfd, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}; }

const Row rows[] = {
    {{10, 7, 7, 1}, "10.7.7.1/24", Endpoint(Bytes(std::vector<uint8_t>{10, 7, 7, 2}), 80)},
    {six(1), "fd07::1/64", Endpoint(Bytes(six(2)), 80)},
};

void ip(const std::string& words) { CHECK(std::system(("ip " + words).c_str()) == 0); }
void add_address(const Row& row) { ip(std::string("addr add ") + row.shown + " dev v0" + (row.own.size() == 16 ? " nodad" : "")); }
void add_link() {
  ip("link add v0 type veth peer name v1");
  ip("link set v1 up");
  ip("link set v0 up");
  for (const Row& row : rows) add_address(row);
}

/** Runs in a namespace with v0, where ICMP sockets are for this group, or for nobody: then they are raw. */
template <class Body>
void alone(const char* groups, Body body) {
  std::thread([&] {
    CHECK(::unshare(CLONE_NEWNET) == 0);
    CHECK(std::system((std::string("echo '") + groups + "' > /proc/sys/net/ipv4/ping_group_range").c_str()) == 0);
    add_link();
    body();
  }).join();
}

/** Sends a ping, and a SYN, from there: 0 or an errno, the same of both. */
struct Sender {
  Pinger pinger{[](int, size_t) { return true; }};
  HalfOpen half_open{[](int, size_t) { return true; }};
  int send(const Row& row, const Source& from) {
    Question asked;
    asked.to = row.server;
    asked.from = from;
    const int pinged = pinger.send(asked, 1);
    asked.kind = Kind::syn;
    uint32_t sequence = 0;
    const int synned = half_open.send(asked, 1, sequence);
    if (synned == 0) half_open.forget(sequence);
    CHECK(pinged == synned);
    return pinged;
  }
};

}  // namespace

TEST(source_interface, "an interface that is deleted and made again under its name is sent from again") {
  for (const char* groups : {"0 2147483647", "1 0"}) {
    alone(groups, [] {
      Sender sender;
      const Source plain{{}, 0, "v0", 0};
      for (int i = 0; i < 2; i++) {
        for (const Row& row : rows) {
          const Source addressed{row.own, 0, "v0", 0};
          for (const Source& from : {plain, addressed}) CHECK(sender.send(row, from) == 0);
        }
        ip("link delete v0");
        for (const Row& row : rows) {
          const Source addressed{row.own, 0, "v0", 0};
          for (const Source& from : {plain, addressed}) CHECK(sender.send(row, from) == ENODEV);
        }
        add_link();
      }
      for (const Row& row : rows) CHECK(sender.send(row, plain) == 0);
    });
  }
}

TEST(source_address, "an address that is none of ours is not sent from, and one that came back is") {
  for (const char* groups : {"0 2147483647", "1 0"}) {
    alone(groups, [] {
      Sender sender;
      for (const Row& row : rows) {
        const Source from{row.own, 0, "", 0};
        CHECK(sender.send(row, from) == 0);
        ip(std::string("addr delete ") + row.shown + " dev v0");
        // Another way out, so that the route is not what is missing.
        ip("addr add 10.7.7.9/24 dev v0");
        ip("addr add fd07::9/64 dev v0 nodad");
        CHECK(sender.send(row, from) == EADDRNOTAVAIL);
        add_address(row);
        CHECK(sender.send(row, from) == 0);
        ip("addr delete 10.7.7.9/24 dev v0");
        ip("addr delete fd07::9/64 dev v0");
      }
    });
  }
}
