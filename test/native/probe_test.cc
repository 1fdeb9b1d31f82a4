#include "probe/icmp.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "base/exits.h"
#include "check.h"
#include "probe/loss.h"
#include "probe/packet.h"

using namespace fl;

namespace {

constexpr probe::Cookie ours{1, 2, 3, 4, 5, 6, 7, 8};
constexpr probe::Cookie theirs{1, 2, 3, 4, 5, 6, 7, 9};
constexpr probe::Echo answered{0xdeadbeef00000002, 0};

std::vector<uint8_t> reply(bool ipv6, size_t header) {
  Writer writer;
  if (header != 0) {
    writer.value(static_cast<uint8_t>(0x40 | header / 4));
    writer.zeros(header - 1);
  }
  const size_t start = writer.size();
  probe::encode_request(writer, ipv6, 77, ours, 0xdeadbeef00000002, 0);
  writer.patch(start, static_cast<uint8_t>(ipv6 ? 129 : 0));
  const Bytes bytes = writer.bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST(echo_packets, "an echo reply carries its token back; any other packet gives none") {
  for (const size_t header : {0, 20, 24, 60}) {
    const auto packet = reply(false, header);
    CHECK(probe::decode_reply(packet, false, header != 0, ours) == answered);
    CHECK(!probe::decode_reply(packet, false, header != 0, theirs));
    CHECK(!probe::decode_reply(packet, false, header == 0, ours));
    for (size_t length = 0; length < packet.size(); length++) {
      CHECK(!probe::decode_reply(Bytes(packet).first(length), false, header != 0, ours));
    }
  }
  CHECK(probe::decode_reply(reply(true, 0), true, false, ours) == answered);
  Writer request;
  probe::encode_request(request, true, 77, ours, 1, 0);
  CHECK(!probe::decode_reply(request.bytes(), true, false, ours));
}

TEST(echo_errors, "an ICMP error that quotes our echo request tells of it; one that quotes less, or another's, does not") {
  for (const bool ipv6 : {false, true}) {
    const std::vector<uint8_t> own(ipv6 ? 16 : 4, 10);
    const std::vector<uint8_t> far(ipv6 ? 16 : 4, 20);
    const uint8_t protocol = ipv6 ? uint8_t{IPPROTO_ICMPV6} : uint8_t{IPPROTO_ICMP};
    Writer request;
    probe::encode_request(request, ipv6, 77, ours, 42, 0);
    Writer packet;
    // On raw sockets a header comes first, for IPv4.
    if (!ipv6) probe::put_ip_header(packet, far, own, protocol, 8 + 20 + request.size(), probe::usual_hops);
    packet.value(ipv6 ? uint8_t{1} : uint8_t{3});
    packet.value(ipv6 ? uint8_t{3} : uint8_t{1});
    packet.zeros(6);
    probe::put_ip_header(packet, own, far, protocol, request.size(), probe::usual_hops);
    packet.put(request.bytes());
    const probe::Echo lost{42, EHOSTUNREACH};
    CHECK(probe::decode_reply(packet.bytes(), ipv6, !ipv6, ours) == lost);
    CHECK(!probe::decode_reply(packet.bytes(), ipv6, !ipv6, theirs));
    for (size_t length = 0; length < packet.size(); length++) {
      CHECK(!probe::decode_reply(packet.bytes().first(length), ipv6, !ipv6, ours));
    }
    CHECK(probe::decode_request(request.bytes(), ipv6, ours) == uint64_t{42});
    CHECK(!probe::decode_request(request.bytes(), !ipv6, ours));
  }
}

TEST(loss_window, "of a window the latest count, and of a young one those that there are") {
  probe::Loss loss;
  const bool lost[] = {true, false, false, true, true, false, false, false};
  const size_t expected[] = {1, 1, 1, 1, 2, 2, 1, 0};
  for (size_t i = 0; i < 8; i++) {
    loss.add(lost[i], 3);
    CHECK(loss.seen() == std::min<size_t>(i + 1, 3));
    if (i >= 3) CHECK(loss.lost() == expected[i]);
  }
}

TEST(echo_checksum, "an IPv4 request sums up to all ones (RFC 1071), whatever its size") {
  for (const size_t size : {0, 16, 17, 56, 1400}) {
    Writer writer;
    probe::encode_request(writer, false, 0xabcd, ours, 0x12345678, size);
    CHECK(writer.size() == 8 + std::max<size_t>(size, 16));
    if (writer.size() % 2 == 1) writer.zeros(1);
    uint32_t sum = 0;
    Reader reader(writer.bytes());
    while (reader.left() > 0) sum += reader.value<uint16_t>();
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    CHECK(sum == 0xffff);
  }
}

TEST(exits, "the end of a process is told once, and no end of one that was taken away") {
  const int64_t before = Fd::open_count();
  const auto child = [](int fd) {
    // What is buffered would come out twice.
    std::fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
      char byte = 0;
      static_cast<void>(!read(fd, &byte, 1));
      _exit(0);
    }
    return pid;
  };
  {
    int first[2];
    int second[2];
    CHECK(pipe2(first, O_CLOEXEC) == 0 && pipe2(second, O_CLOEXEC) == 0);
    const pid_t ignored = child(first[0]);
    const pid_t awaited = child(second[0]);
    std::promise<uint32_t> told;
    Exits exits;
    CHECK(!exits.start([&](uint32_t pid) { told.set_value(pid); }));
    CHECK(*exits.add(static_cast<uint32_t>(ignored)) == Exits::Added::yes);
    CHECK(*exits.add(static_cast<uint32_t>(awaited)) == Exits::Added::yes);
    exits.remove(static_cast<uint32_t>(ignored));
    CHECK(write(first[1], "x", 1) == 1);
    CHECK(waitpid(ignored, nullptr, 0) == ignored);
    CHECK(*exits.add(static_cast<uint32_t>(ignored)) == Exits::Added::gone);
    CHECK(write(second[1], "x", 1) == 1);
    CHECK(told.get_future().get() == static_cast<uint32_t>(awaited));
    CHECK(waitpid(awaited, nullptr, 0) == awaited);
    for (const int fd : {first[0], first[1], second[0], second[1]}) close(fd);
  }
  CHECK(Fd::open_count() == before);
}
