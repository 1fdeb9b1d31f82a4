#include "vrrp/hmac.h"

#include <sys/socket.h>

#include <algorithm>

namespace fl::vrrp {
namespace {

constexpr uint8_t hmac_sha256_128 = 1;
constexpr size_t head_size = 12;
constexpr size_t checksum_at = 6;
constexpr std::array<uint8_t, trailer_size - head_size> no_digest{};

/** The sequence that a moment stands for. */
uint64_t sequence_of(int64_t wall_us) {
  const auto us = static_cast<uint64_t>(wall_us);
  return us / 1'000'000 << 32 | (us % 1'000'000 << 16) / 1'000'000 << 16;
}

/** How far `a` is after `b`, negative when before. */
int64_t after(uint64_t a, uint64_t b) { return static_cast<int64_t>(a - b); }

/** Whether a sequence and the clock are at most the window apart. */
bool fresh(const Wire& wire, uint64_t sequence, uint64_t now) {
  const auto window = static_cast<int64_t>((uint64_t{wire.hmac_window_ms} << 32) / 1000);
  const int64_t age = after(now, sequence);
  return age <= window && age >= -window;
}

const HmacKey* find_key(const Wire& wire, uint8_t id) {
  const auto key = std::find_if(wire.keys.begin(), wire.keys.end(), [id](const HmacKey& one) { return one.id == id; });
  return key == wire.keys.end() ? nullptr : &*key;
}

Digest digest_of(const Wire& wire, Bytes secret, Bytes message, Bytes trailer, const Address& source) {
  std::array<uint8_t, 20> pseudo{static_cast<uint8_t>(wire.family == AF_INET6 ? 6 : 4), wire.version, wire.vrid, 0};
  std::copy_n(source.begin(), wire.family == AF_INET6 ? 16 : 4, pseudo.begin() + 4);
  return hmac_sha256(secret, {pseudo, message.first(checksum_at), Bytes(no_digest).first(2), message.subspan(checksum_at + 2),
                              trailer.first(head_size), no_digest});
}

void remember(const Wire& wire, HmacState& state, const Address& source, uint64_t sequence, uint64_t now) {
  // A mark outside of the window guards nothing: freshness refuses what it would.
  std::erase_if(state.heard, [&](const auto& mark) { return !fresh(wire, mark.second, now); });
  if (state.heard.size() >= most_senders && !state.heard.contains(source)) {
    state.heard.erase(std::min_element(state.heard.begin(), state.heard.end(),
                                       [](const auto& a, const auto& b) { return after(a.second, b.second) < 0; }));
  }
  state.heard[source] = sequence;
}

}  // namespace

Digest hmac_sha256(Bytes key, std::initializer_list<Bytes> parts) {
  std::array<uint8_t, 64> inner{};
  Digest digest;
  if (key.size() > inner.size()) {
    Sha256 hash;
    hash.update(key);
    digest = hash.finish();
    key = digest;
  }
  std::copy(key.begin(), key.end(), inner.begin());
  std::array<uint8_t, 64> outer = inner;
  for (uint8_t& byte : inner) byte ^= 0x36;
  for (uint8_t& byte : outer) byte ^= 0x5c;
  Sha256 first;
  first.update(inner);
  for (const Bytes part : parts) first.update(part);
  Sha256 second;
  second.update(outer);
  second.update(first.finish());
  return second.finish();
}

bool equal_in_constant_time(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.size(); i++) difference = static_cast<uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

std::array<uint8_t, trailer_size> sign(const Wire& wire, Bytes message, const Address& source, HmacState& state,
                                       int64_t wall_us) {
  uint64_t sequence = sequence_of(wall_us);
  // A clock that was put back beyond the window is followed: with the old count nobody would believe us any more.
  if (state.sent && after(sequence, *state.sent) <= 0 && fresh(wire, *state.sent, sequence)) sequence = *state.sent + 1;
  state.sent = sequence;
  std::array<uint8_t, trailer_size> trailer{hmac_sha256_128, wire.active_key, 0, 0};
  for (size_t i = 0; i < 8; i++) trailer[4 + i] = static_cast<uint8_t>(sequence >> (56 - 8 * i));
  if (const HmacKey* key = find_key(wire, wire.active_key)) {
    const Digest digest = digest_of(wire, key->secret, message, trailer, source);
    std::copy_n(digest.begin(), no_digest.size(), trailer.begin() + head_size);
  }
  return trailer;
}

Verdict verify(const Wire& wire, Bytes message, Bytes trailer, const Address& source, HmacState& state, int64_t wall_us) {
  const HmacKey* key = find_key(wire, trailer[1]);
  if (trailer[0] != hmac_sha256_128 || trailer[2] != 0 || trailer[3] != 0 || key == nullptr) return Verdict::hmac_key;
  uint64_t sequence = 0;
  for (const uint8_t byte : trailer.subspan(4, 8)) sequence = sequence << 8 | byte;
  const uint64_t now = sequence_of(wall_us);
  if (!fresh(wire, sequence, now)) return Verdict::hmac_stale;
  const Digest digest = digest_of(wire, key->secret, message, trailer, source);
  if (!equal_in_constant_time(Bytes(digest).first(no_digest.size()), trailer.subspan(head_size))) {
    return Verdict::hmac_digest;
  }
  const auto mark = state.heard.find(source);
  const bool marked = mark != state.heard.end() && fresh(wire, mark->second, now);
  if (marked && after(sequence, mark->second) <= 0) return Verdict::hmac_replay;
  remember(wire, state, source, sequence, now);
  return Verdict::accepted;
}

}  // namespace fl::vrrp
