#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>

#include "base/fd.h"
#include "check.h"
#include "netlink/attr.h"
#include "netlink/exchange.h"
#include "netlink/message.h"

using namespace fl;
using namespace fl::netlink;

namespace {

Bytes bytes_of(const std::vector<uint8_t>& bytes) { return bytes; }

std::vector<uint8_t> error_message(int32_t number, uint16_t flags, const std::vector<uint8_t>& after, uint32_t request_length = 16) {
  Writer writer;
  nlmsghdr header{};
  header.nlmsg_type = NLMSG_ERROR;
  header.nlmsg_flags = flags;
  writer.value(header);
  writer.value(number);
  nlmsghdr request{};
  request.nlmsg_len = request_length;
  writer.value(request);
  writer.put(after);
  end_message(writer, 0);
  return {writer.bytes().begin(), writer.bytes().end()};
}

std::optional<Verdict> parse(const std::vector<uint8_t>& bytes) {
  MessageReader reader(bytes);
  const auto message = reader.next();
  return message ? parse_error(*message) : std::nullopt;
}

std::vector<uint8_t> text_attribute(const char* text) {
  Writer writer;
  put_attr(writer, NLMSGERR_ATTR_MSG, {reinterpret_cast<const uint8_t*>(text), std::strlen(text) + 1});
  return {writer.bytes().begin(), writer.bytes().end()};
}

}  // namespace

TEST(reader_bounds, "a reader that ran past the end stays failed and gives zeros") {
  const std::vector<uint8_t> three{1, 2, 3};
  Reader reader(three);
  CHECK(reader.value<uint16_t>() == 0x0201);
  CHECK(reader.value<uint16_t>() == 0 && reader.failed());
  CHECK(reader.value<uint8_t>() == 0 && reader.left() == 0);
  CHECK(Reader(three).take(4).empty());
}

TEST(attr_lengths, "attribute lengths that lie end the walk") {
  for (const std::vector<uint8_t>& bytes : {
           std::vector<uint8_t>{0, 0, 1, 0},                  // shorter than its header
           std::vector<uint8_t>{3, 0, 1, 0},                  // still
           std::vector<uint8_t>{5, 0, 1, 0},                  // one byte is missing
           std::vector<uint8_t>{255, 255, 1, 0, 9},           // nearly all is missing
           std::vector<uint8_t>{4, 0, 1},                     // half a header
           std::vector<uint8_t>{4, 0, 1, 0, 5, 0, 1, 0},      // good, then bad
       }) {
    AttrReader reader(bytes);
    while (reader.next()) {
    }
    CHECK(reader.failed());
  }
}

TEST(attr_edges, "an empty attribute, missing padding and flag bits are fine") {
  const std::vector<uint8_t> bytes{4, 0, 7, 0x80, 5, 0, 8, 0x40, 42};
  AttrReader reader(bytes);
  const auto empty = reader.next();
  CHECK(empty && empty->type == 7 && empty->payload.empty());
  const auto one = reader.next();
  CHECK(one && one->type == 8 && one->payload.size() == 1 && one->payload[0] == 42);
  CHECK(!reader.next() && !reader.failed());
  CHECK(!AttrReader({}).next());
}

TEST(attr_limit, "a payload over 65531 bytes fails the writer, and rewind makes it usable again") {
  Writer writer;
  put_attr(writer, 1, bytes_of(std::vector<uint8_t>(65531)));
  CHECK(!writer.failed());
  const size_t good = writer.size();
  put_attr(writer, 1, bytes_of(std::vector<uint8_t>(65532)));
  CHECK(writer.failed());
  writer.rewind(good);
  CHECK(!writer.failed() && writer.size() == good);
  const size_t nest = begin_nest(writer, 2);
  put_attr(writer, 1, bytes_of(std::vector<uint8_t>(40000)));
  put_attr(writer, 1, bytes_of(std::vector<uint8_t>(40000)));
  end_nest(writer, nest);
  CHECK(writer.failed());
}

TEST(message_lengths, "message lengths that lie end the walk") {
  for (const uint32_t length : {0u, 15u, 21u, 0xffffffffu}) {
    std::vector<uint8_t> bytes(20);
    std::memcpy(bytes.data(), &length, sizeof length);
    MessageReader reader(bytes);
    while (reader.next()) {
    }
    CHECK(reader.failed());
  }
  MessageReader reader(bytes_of(std::vector<uint8_t>(15)));
  CHECK(!reader.next() && reader.failed());
}

TEST(errors, "errors give errno and the kernel's words") {
  CHECK(parse(error_message(0, NLM_F_CAPPED, {}))->number == 0);
  CHECK(parse(error_message(-EEXIST, NLM_F_CAPPED, {}))->number == EEXIST);
  CHECK(parse(error_message(-EINVAL, NLM_F_CAPPED | NLM_F_ACK_TLVS, text_attribute("no such thing")))->text == "no such thing");
  // Without the flag, what follows is the rest of the request.
  CHECK(parse(error_message(-EINVAL, NLM_F_CAPPED, text_attribute("no")))->text.empty());
  std::vector<uint8_t> uncapped(8);
  const auto text = text_attribute("behind the request");
  uncapped.insert(uncapped.end(), text.begin(), text.end());
  CHECK(parse(error_message(-EINVAL, NLM_F_ACK_TLVS, uncapped, 24))->text == "behind the request");
}

TEST(error_edges, "errors that are too short or absurd do no harm") {
  std::vector<uint8_t> cut = error_message(-EINVAL, 0, {});
  cut.resize(20);
  const uint32_t length = 20;
  std::memcpy(cut.data(), &length, sizeof length);
  CHECK(!parse(cut));
  CHECK(parse(error_message(INT_MIN, 0, {}))->number == 0);
  CHECK(parse(error_message(5, 0, {}))->number == 0);
  CHECK(parse(error_message(-EINVAL, NLM_F_ACK_TLVS, {1, 2}, 0xffffffff))->text.empty());
}

// The kernel's own rtnetlink: asking for a link that is not there is an error and changes nothing.
TEST(batch_errors, "a batch gives each message its own answer, whichever fail") {
  auto socket = Socket::open(NETLINK_ROUTE, "");
  CHECK(static_cast<bool>(socket));
  if (!socket) return;
  Random random(7);
  for (int round = 0; round < 20; round++) {
    Batch batch(*socket);
    std::vector<bool> fails;
    while (!batch.full(1) && fails.size() < 1 + random.below(1500)) {
      const bool fail = random.below(2) == 0;
      batch.begin(RTM_GETLINK, 0);
      ifinfomsg header{};
      header.ifi_index = fail ? INT_MAX : 1;
      batch.writer().value(header);
      batch.end();
      fails.push_back(fail);
    }
    const auto answers = batch.run(Deadline::after_ms(2000));
    CHECK(answers.size() == fails.size());
    for (size_t i = 0; i < answers.size(); i++) {
      CHECK(answers[i].known && answers[i].number == (fails[i] ? ENODEV : 0));
    }
    CHECK(batch.count() == 0);
  }
}

TEST(batch_capacity, "a full batch of failures fits the receive buffer") {
  auto socket = Socket::open(NETLINK_ROUTE, "");
  CHECK(static_cast<bool>(socket));
  if (!socket) return;
  Batch batch(*socket);
  while (!batch.full(1)) {
    batch.begin(RTM_GETLINK, 0);
    ifinfomsg header{};
    header.ifi_index = INT_MAX;
    batch.writer().value(header);
    batch.end();
  }
  for (const Answer& answer : batch.run(Deadline::after_ms(2000))) CHECK(answer.known && answer.number == ENODEV);
}

TEST(overrun, "answers lost to a full receive buffer are told apart from success") {
  auto socket = Socket::open(NETLINK_ROUTE, "");
  CHECK(static_cast<bool>(socket));
  if (!socket) return;
  Batch batch(*socket);
  for (int i = 0; i < 200; i++) {
    batch.begin(RTM_GETLINK, 0);
    ifinfomsg header{};
    header.ifi_index = INT_MAX;
    batch.writer().value(header);
    batch.end();
  }
  // The kernel's minimum: a handful of answers.
  const int tiny = 1;
  setsockopt(socket->fd(), SOL_SOCKET, SO_RCVBUF, &tiny, sizeof tiny);
  size_t told = 0;
  for (const Answer& answer : batch.run(Deadline::after_ms(2000))) {
    CHECK(answer.number != 0);
    CHECK(answer.known ? answer.number == ENODEV : answer.number == ENOBUFS);
    told += answer.known;
  }
  CHECK(told > 0 && told < 200);
}

TEST(fd_count, "descriptors are counted through moves") {
  const int before = Fd::open_count();
  {
    auto one = Socket::open(NETLINK_ROUTE, "");
    CHECK(Fd::open_count() == before + 1);
    Socket two = std::move(*one);
    CHECK(Fd::open_count() == before + 1);
    CHECK(!Socket::open(NETLINK_ROUTE, "/run/netns/fl-test-nosuch"));
  }
  CHECK(Fd::open_count() == before);
}
