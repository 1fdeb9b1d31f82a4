#include "vrrp/packet.h"

#include <algorithm>
#include <bitset>
#include <cstring>

#include "vrrp/address_set.h"
#include "vrrp/message.h"

namespace fl::vrrp {
namespace {

constexpr uint8_t advertisement = 1;
constexpr uint8_t owner_priority = 255;
constexpr uint8_t simple_text = 1;
constexpr size_t checksum_at = 6;

constexpr const char* names[verdict_count] = {
    "accepted", "ttl",            "short",    "version", "type",      "length",       "checksum",
    "vrid",     "owner",          "authentication",      "interval",  "count",        "addresses",
    "source",   "hmac-missing",   "hmac-key", "hmac-stale",           "hmac-digest",  "hmac-replay"};

/** What the checks look at. */
struct Case {
  const Wire& wire;
  const Received& packet;
  const Message message;
  Checksums checksums{};
};

bool same(int family, Bytes theirs, const Address& ours) {
  return std::memcmp(theirs.data(), ours.data(), family == AF_INET6 ? 16 : 4) == 0;
}

const Peer* find_peer(const Wire& wire, const Address& source) {
  const auto peer = std::find_if(wire.peers.begin(), wire.peers.end(),
                                 [&](const Peer& one) { return same(wire.family, one.address, source); });
  return peer == wire.peers.end() ? nullptr : &*peer;
}

bool good_ttl(Case& it) {
  const Peer* peer = it.packet.multicast ? nullptr : find_peer(it.wire, it.packet.source);
  if (peer != nullptr) return it.packet.ttl >= peer->min_ttl && it.packet.ttl <= peer->max_ttl;
  // A stranger with another TTL is refused as a stranger.
  return it.packet.ttl == 255 || (!it.packet.multicast && !it.wire.peers.empty());
}

bool good_length(Case& it) {
  return it.message.whole && (it.message.trailer.empty() || it.wire.hmac != HmacMode::off);
}

bool good_checksum(Case& it) {
  it.checksums = right_checksums(it.wire.family, it.packet, it.message);
  const bool choice = it.message.version == 3 && it.wire.family != AF_INET6;
  if (!choice || it.wire.checksum == ChecksumForm::automatic) return it.checksums.pseudo || it.checksums.message;
  return it.wire.checksum == ChecksumForm::pseudo ? it.checksums.pseudo : it.checksums.message;
}

std::array<uint8_t, authentication_size> password_bytes(const std::string& password) {
  std::array<uint8_t, authentication_size> bytes{};
  std::copy_n(password.begin(), std::min(password.size(), bytes.size()), bytes.begin());
  return bytes;
}

bool good_authentication(Case& it) {
  if (it.message.version != 2) return true;
  if (it.wire.password.empty()) return it.message.authentication_type == 0;
  return it.message.authentication_type == simple_text &&
         equal_in_constant_time(it.message.authentication, password_bytes(it.wire.password));
}

uint8_t whole_seconds(const Wire& wire) {
  return static_cast<uint8_t>(std::clamp<uint32_t>(wire.interval_ms / 1000, 1, 255));
}

bool good_interval(Case& it) {
  const uint32_t interval = it.message.interval_ms;
  if (it.message.version == 2) return interval == whole_seconds(it.wire) * 1000u;
  return interval != 0 && interval >= it.wire.min_interval_ms && interval <= it.wire.max_interval_ms;
}

/** Whether the packet's list shares an address with ours, or is the same set of the same size. */
bool matches(const Case& it, AddressCheck check) {
  const size_t size = address_size(it.wire.family);
  const AddressSet ours(it.wire.advertised, size);
  std::bitset<AddressSet::capacity> met;
  for (size_t i = 0; i < it.message.count; i++) {
    const auto found = ours.find(it.message.addresses.subspan(i * size, size));
    if (found) met.set(*found);
    if (found && check == AddressCheck::overlap) return true;
    if (!found && check == AddressCheck::exact) return false;
  }
  return check == AddressCheck::exact && it.message.count == it.wire.advertised.size() && met.count() == ours.size();
}

bool good_addresses(Case& it) {
  if (it.message.version == 2 && it.message.priority == owner_priority) return true;
  return it.wire.address_check == AddressCheck::none || matches(it, it.wire.address_check);
}

bool good_source(Case& it) {
  if (it.wire.own != Address{} && same(it.wire.family, it.packet.source, it.wire.own)) return false;
  return it.wire.peers.empty() || find_peer(it.wire, it.packet.source) != nullptr;
}

struct Check {
  Verdict otherwise;
  bool (*passes)(Case&);
};
/** In the order of Verdict. Each may rely on those before it. */
constexpr Check checks[] = {
    {Verdict::ttl, good_ttl},
    {Verdict::too_short, [](Case& it) { return it.message.has_header; }},
    {Verdict::version, [](Case& it) { return it.message.version == it.wire.version; }},
    {Verdict::type, [](Case& it) { return it.message.type == advertisement; }},
    {Verdict::length, good_length},
    {Verdict::checksum, good_checksum},
    {Verdict::vrid, [](Case& it) { return it.message.vrid == it.wire.vrid; }},
    {Verdict::owner, [](Case& it) { return !it.wire.owner; }},
    {Verdict::authentication, good_authentication},
    {Verdict::interval, good_interval},
    {Verdict::count, [](Case& it) { return it.message.count != 0; }},
    {Verdict::addresses, good_addresses},
    {Verdict::source, good_source},
};

Verdict judge_hmac(const Case& it, HmacState& hmac, int64_t wall_us) {
  const Message& message = it.message;
  if (message.trailer.empty()) return it.wire.hmac == HmacMode::enforce ? Verdict::hmac_missing : Verdict::accepted;
  return verify(it.wire, message.body, message.trailer, it.packet.source, hmac, wall_us);
}

}  // namespace

std::optional<Head> peek(Bytes message) {
  if (message.size() < 2) return std::nullopt;
  return Head{static_cast<uint8_t>(message[0] >> 4), static_cast<uint8_t>(message[0] & 15), message[1]};
}

Verdict validate(const Wire& wire, const Received& packet, HmacState& hmac, int64_t wall_us, Advert& advert) {
  Case it{wire, packet, take_apart(wire.family, packet.message)};
  for (const Check& check : checks) {
    if (!check.passes(it)) return check.otherwise;
  }
  // Last, because it remembers what it accepts.
  const Verdict verdict = judge_hmac(it, hmac, wall_us);
  if (verdict != Verdict::accepted) return verdict;
  const Message& message = it.message;
  advert = {message.version,     message.vrid,
            message.priority,    message.interval_ms,
            message.count,       message.version == 3 && !it.checksums.pseudo,
            !message.trailer.empty()};
  return Verdict::accepted;
}

std::vector<uint8_t> encode(const Wire& wire, uint8_t priority, const Address& source, const Address& destination,
                            HmacState& hmac, int64_t wall_us) {
  const size_t count = std::min<size_t>(wire.advertised.size(), 255);
  const size_t size = address_size(wire.family);
  const bool v2 = wire.version == 2;
  std::vector<uint8_t> message(header_size);
  message.reserve(header_size + count * size + authentication_size + trailer_size);
  message[0] = static_cast<uint8_t>(wire.version << 4 | advertisement);
  message[1] = wire.vrid;
  message[2] = priority;
  message[3] = static_cast<uint8_t>(count);
  const uint32_t centiseconds = std::clamp<uint32_t>(wire.interval_ms / 10, 1, 4095);
  message[4] = static_cast<uint8_t>(v2 ? (wire.password.empty() ? 0 : simple_text) : centiseconds >> 8);
  message[5] = static_cast<uint8_t>(v2 ? whole_seconds(wire) : centiseconds & 255);
  for (size_t i = 0; i < count; i++) {
    message.insert(message.end(), wire.advertised[i].begin(), wire.advertised[i].begin() + static_cast<ptrdiff_t>(size));
  }
  if (v2) {
    const auto password = password_bytes(wire.password);
    message.insert(message.end(), password.begin(), password.end());
  }
  const size_t body = message.size();
  if (wire.hmac == HmacMode::permissive || wire.hmac == HmacMode::enforce) {
    const auto trailer = sign(wire, message, source, hmac, wall_us);
    message.insert(message.end(), trailer.begin(), trailer.end());
  }
  const bool with_pseudo = !v2 && (wire.family == AF_INET6 || wire.checksum != ChecksumForm::message);
  const uint16_t checksum = checksum_of(wire.family, source, destination, Bytes(message).first(body),
                                        Bytes(message).subspan(body), with_pseudo);
  message[checksum_at] = static_cast<uint8_t>(checksum >> 8);
  message[checksum_at + 1] = static_cast<uint8_t>(checksum);
  return message;
}

const char* verdict_name(Verdict verdict) { return names[static_cast<size_t>(verdict)]; }

Mac virtual_mac(int family, uint8_t vrid) {
  return {0x00, 0x00, 0x5e, 0x00, static_cast<uint8_t>(family == AF_INET6 ? 2 : 1), vrid};
}

}  // namespace fl::vrrp
