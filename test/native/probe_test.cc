#include "probe/icmp.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "base/exits.h"
#include "check.h"

using namespace fl;

namespace {

constexpr probe::Cookie ours{1, 2, 3, 4, 5, 6, 7, 8};
constexpr probe::Cookie theirs{1, 2, 3, 4, 5, 6, 7, 9};

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
    CHECK(probe::decode_reply(packet, false, header != 0, ours) == 0xdeadbeef00000002);
    CHECK(!probe::decode_reply(packet, false, header != 0, theirs));
    CHECK(!probe::decode_reply(packet, false, header == 0, ours));
    for (size_t length = 0; length < packet.size(); length++) {
      CHECK(!probe::decode_reply(Bytes(packet).first(length), false, header != 0, ours));
    }
  }
  CHECK(probe::decode_reply(reply(true, 0), true, false, ours) == 0xdeadbeef00000002);
  Writer request;
  probe::encode_request(request, true, 77, ours, 1, 0);
  CHECK(!probe::decode_reply(request.bytes(), true, false, ours));
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
