// VRRP packets under every kind of settings. The first bytes pick the settings and what is put right before judging, or no
// input would get past checksum and digest; the rest is the packet.
#include <algorithm>
#include <cstdlib>

#include "vrrp/describe.h"

using namespace fl;
using namespace fl::vrrp;

namespace {

constexpr int64_t now = 1'750'000'000'000'000;

void require(bool holds) {
  if (!holds) std::abort();
}

Address numbered(uint8_t last) { return Address{10, 0, 0, last}; }

struct Setup {
  Wire wire;
  Received packet;
  bool fix_digest = false;
  bool fix_checksum = false;
};

Setup setup(Reader& reader) {
  Setup out;
  Wire& wire = out.wire;
  const auto shape = reader.value<uint8_t>();
  wire.version = (shape & 1) != 0 ? 2 : 3;
  wire.family = (shape & 2) != 0 ? AF_INET6 : AF_INET;
  wire.hmac = static_cast<HmacMode>(shape >> 2 & 3);
  wire.address_check = static_cast<AddressCheck>((shape >> 4 & 3) % 3);
  wire.checksum = static_cast<ChecksumForm>((shape >> 6 & 3) % 3);
  const auto more = reader.value<uint8_t>();
  wire.owner = (more & 7) == 7;
  if ((more & 8) != 0) wire.password = "secret";
  out.packet.multicast = (more & 16) != 0;
  out.fix_digest = (more & 32) != 0;
  out.fix_checksum = (more & 64) != 0;
  if ((more & 128) != 0) wire.peers = {{numbered(1), 64, 255}, {numbered(2), 0, 63}};
  out.packet.source = numbered(reader.value<uint8_t>() % 4);
  out.packet.destination = numbered(9);
  out.packet.ttl = reader.value<uint8_t>() | ((more & 16) != 0 ? 0xf0 : 0);
  wire.own = numbered(3);
  wire.vrid = 51;
  wire.min_interval_ms = 20;
  wire.interval_ms = 1000;
  wire.keys = {{1, std::vector<uint8_t>(32, 0x11)}, {2, std::vector<uint8_t>(64, 0x22)}};
  wire.active_key = 2;
  wire.advertised = {numbered(100), numbered(101), numbered(102)};
  return out;
}

/** Makes checksum and HMAC right where the input asks for it, as their sender would. */
void put_right(const Setup& it, std::vector<uint8_t>& bytes) {
  const int family = it.wire.family;
  const Message message = take_apart(family, bytes);
  if (!message.whole) return;
  const size_t body = message.body.size();
  if (it.fix_digest && !message.trailer.empty()) {
    HmacState state;
    const auto trailer = sign(it.wire, message.body, it.packet.source, state, now);
    std::copy(trailer.begin(), trailer.end(), bytes.begin() + static_cast<ptrdiff_t>(body));
  }
  if (!it.fix_checksum) return;
  bytes[6] = bytes[7] = 0;
  const bool pseudo = message.version != 2 && (family == AF_INET6 || it.wire.checksum != ChecksumForm::message);
  const uint16_t sum = checksum_of(family, it.packet.source, it.packet.destination, Bytes(bytes).first(body),
                                   message.trailer, pseudo);
  bytes[6] = static_cast<uint8_t>(sum >> 8);
  bytes[7] = static_cast<uint8_t>(sum);
}

/** What was accepted is sent on by a router with those fields and accepted again. */
void again(const Setup& it, const Advert& advert) {
  const Message message = take_apart(it.wire.family, it.packet.message);
  const size_t size = address_size(it.wire.family);
  Wire wire = it.wire;
  wire.interval_ms = advert.interval_ms;
  wire.advertised.clear();
  for (size_t i = 0; i < advert.count; i++) {
    const Bytes bytes = message.addresses.subspan(i * size, size);
    std::copy(bytes.begin(), bytes.end(), wire.advertised.emplace_back().begin());
  }
  HmacState sender, receiver;
  const auto sent = encode(wire, advert.priority, it.packet.source, it.packet.destination, sender, now);
  Received packet = it.packet;
  packet.message = sent;
  Advert repeated;
  require(validate(it.wire, packet, receiver, now, repeated) == Verdict::accepted);
  require(repeated.version == advert.version && repeated.vrid == advert.vrid && repeated.priority == advert.priority);
  require(repeated.interval_ms == advert.interval_ms && repeated.count == advert.count);
}

bool same(const Advert& a, const Advert& b) {
  return a.version == b.version && a.vrid == b.vrid && a.priority == b.priority && a.interval_ms == b.interval_ms &&
         a.count == b.count && a.message_checksum == b.message_checksum && a.authenticated == b.authenticated;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(Bytes(data, size));
  Setup it = setup(reader);
  const Bytes rest = reader.take(reader.left());
  std::vector<uint8_t> bytes(rest.begin(), rest.end());
  put_right(it, bytes);
  // Its exact size, so that a read past the end is one the sanitizer sees.
  bytes.shrink_to_fit();
  it.packet.message = bytes;

  HmacState state;
  state.heard[numbered(200)] = 5;
  const auto heard = state.heard;
  const Advert untouched{9, 9, 9, 9, 9, true, true};
  Advert advert = untouched;
  const Verdict verdict = validate(it.wire, it.packet, state, now, advert);
  require(!state.sent);
  if (verdict == Verdict::accepted) {
    require(advert.count != 0 && advert.interval_ms != 0 && advert.vrid == it.wire.vrid);
    require(advert.authenticated ? state.heard.contains(it.packet.source) : state.heard == heard);
    require(it.wire.hmac != HmacMode::enforce || advert.authenticated);
    Advert second;
    const Verdict repeated = validate(it.wire, it.packet, state, now, second);
    require(repeated == (advert.authenticated ? Verdict::hmac_replay : Verdict::accepted));
    again(it, advert);
  } else {
    require(state.heard == heard && same(advert, untouched));
  }

  const Description told = describe(it.wire.family, it.packet, nullptr, now);
  require(static_cast<size_t>(told.verdict) < verdict_count && *verdict_name(told.verdict) != 0);
  require(!told.message.whole || told.message.addresses.size() == told.message.count * address_size(it.wire.family));
  require(describe(it.wire.family, it.packet, &it.wire, now).verdict == verdict);
  return 0;
}
