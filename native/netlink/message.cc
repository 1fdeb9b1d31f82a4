#include "netlink/message.h"

#include <linux/genetlink.h>

#include <algorithm>
#include <climits>

#include "netlink/attr.h"

namespace fl::netlink {
namespace {

// The kernel's errno is 0 to -4095; whatever else comes is not worth an overflow.
int positive(int32_t number) { return number >= 0 || number == INT_MIN ? 0 : -number; }

}  // namespace

std::optional<Message> MessageReader::next() {
  if (reader_.failed() || reader_.left() == 0) return std::nullopt;
  Message message;
  message.header = reader_.value<nlmsghdr>();
  const uint32_t length = message.header.nlmsg_len;
  if (length < NLMSG_HDRLEN) reader_.fail();
  message.payload = reader_.take(length - NLMSG_HDRLEN);
  if (reader_.failed()) return std::nullopt;
  reader_.skip_padding((NLMSG_ALIGNTO - length % NLMSG_ALIGNTO) % NLMSG_ALIGNTO);
  return message;
}

std::optional<Verdict> parse_error(const Message& message) {
  Reader reader(message.payload);
  Verdict verdict{positive(reader.value<int32_t>()), {}};
  const auto request = reader.value<nlmsghdr>();
  if (reader.failed()) return std::nullopt;
  if ((message.header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return verdict;
  if ((message.header.nlmsg_flags & NLM_F_CAPPED) == 0 && request.nlmsg_len > NLMSG_HDRLEN) {
    reader.take(std::min<size_t>(reader.left(), NLMSG_ALIGN(size_t{request.nlmsg_len}) - NLMSG_HDRLEN));
  }
  if (const auto text = find_attr(reader.take(reader.left()), NLMSGERR_ATTR_MSG)) {
    verdict.text.assign(text->begin(), std::find(text->begin(), text->end(), 0));
  }
  return verdict;
}

Verdict parse_done(const Message& message) {
  Reader reader(message.payload);
  return {reader.left() >= sizeof(int32_t) ? positive(reader.value<int32_t>()) : 0, {}};
}

size_t begin_message(Writer& writer, uint16_t type, uint16_t flags, uint32_t sequence) {
  const size_t start = writer.size();
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<uint16_t>(flags | NLM_F_REQUEST);
  header.nlmsg_seq = sequence;
  writer.value(header);
  return start;
}

void end_message(Writer& writer, size_t start) {
  writer.patch(start, static_cast<uint32_t>(writer.size() - start));
  writer.align(NLMSG_ALIGNTO);
}

void put_generic_header(Writer& writer, uint8_t command, uint8_t version) {
  writer.value(genlmsghdr{command, version, 0});
}

std::optional<Generic> parse_generic(Bytes payload) {
  Reader reader(payload);
  const auto header = reader.value<genlmsghdr>();
  if (reader.failed()) return std::nullopt;
  return Generic{header.cmd, reader.take(reader.left())};
}

}  // namespace fl::netlink
