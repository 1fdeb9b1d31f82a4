// What servers answer to probes: echo replies, packets that answer a SYN, and heads of HTTP responses however they are cut into pieces.
#include <algorithm>
#include <cstdlib>

#include "probe/icmp.h"
#include "probe/response.h"
#include "probe/segment.h"

using namespace fl;
using probe::ResponseHead;

namespace {

constexpr probe::Cookie cookie{1, 2, 3, 4, 5, 6, 7, 8};

ResponseHead::State feed(ResponseHead& head, Bytes bytes, size_t piece) {
  ResponseHead::State state = ResponseHead::State::unfinished;
  while (!bytes.empty() && state == ResponseHead::State::unfinished) {
    const Bytes part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    state = head.feed(part);
  }
  return state;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t how = data[0];
  const Bytes bytes = Bytes(data, size).subspan(1);
  if (how < 4) {
    static_cast<void>(probe::decode_reply(bytes, (how & 1) != 0, (how & 2) != 0, cookie));
    return 0;
  }
  if (how >= 254) {
    const auto heard = probe::decode_heard(bytes, how == 255);
    if (!heard) return 0;
    if (heard->connection.ipv6 != (how == 255)) std::abort();
    if ((heard->what == probe::Heard::What::error) != (heard->number != 0)) std::abort();
    return 0;
  }
  ResponseHead whole;
  ResponseHead pieces;
  const auto state = feed(whole, bytes, bytes.size());
  if (state != feed(pieces, bytes, how - 3U)) std::abort();
  if (state != ResponseHead::State::complete) return 0;
  if (whole.status() != pieces.status() || whole.status() < 101 || whole.status() > 999) std::abort();
  if (whole.status() < 200 && whole.status() != 101) std::abort();
  return 0;
}
