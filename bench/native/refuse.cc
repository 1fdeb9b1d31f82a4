// What a refused VRRP packet costs, by reason: prints a JSON object of nanoseconds per packet. Each packet passes every check
// before the one that refuses it. `addresses-long` is the longest list there can be, against a long one of ours.
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "vrrp/message.h"

using namespace fl;
using namespace fl::vrrp;

namespace {

constexpr int64_t now = 1'800'000'000'000'000;
constexpr int packets = 200'000;

struct Sample {
  std::string name;
  Verdict expected;
  Wire wire;
  std::vector<uint8_t> message;
  uint8_t ttl = 255;
  HmacState state;
};

Address numbered(uint8_t third, uint8_t last) { return Address{10, 0, third, last}; }

Wire ours() {
  Wire wire;
  wire.family = AF_INET;
  wire.vrid = 51;
  wire.interval_ms = 100;
  wire.checksum = ChecksumForm::automatic;
  wire.advertised = {numbered(0, 100), numbered(0, 101)};
  return wire;
}

std::vector<uint8_t> advert(const Wire& wire, int64_t at = now) {
  HmacState state;
  return encode(wire, 150, numbered(0, 1), wire.group, state, at);
}

Wire with_hmac() {
  Wire wire = ours();
  wire.hmac = HmacMode::enforce;
  wire.keys = {{1, std::vector<uint8_t>(32, 0x11)}};
  wire.active_key = 1;
  return wire;
}

Wire many(uint8_t third, size_t count) {
  Wire wire = ours();
  wire.advertised.clear();
  for (size_t i = 0; i < count; i++) wire.advertised.push_back(numbered(third, static_cast<uint8_t>(i)));
  return wire;
}

std::vector<Sample> samples() {
  std::vector<Sample> all;
  const auto add = [&](const char* name, Verdict expected, Wire wire, std::vector<uint8_t> message) -> Sample& {
    return all.emplace_back(Sample{name, expected, std::move(wire), std::move(message), 255, {}});
  };
  const auto sent_by = [](auto change) {
    Wire wire = ours();
    change(wire);
    return advert(wire);
  };
  Wire v2 = ours();
  v2.version = 2;
  v2.interval_ms = 1000;
  Wire secret = v2;
  secret.password = "secret";
  Wire owner = ours();
  owner.owner = true;
  Wire peers = ours();
  peers.peers.assign(16, {numbered(0, 9), 0, 255});
  Wire impatient = ours();
  impatient.max_interval_ms = 50;

  add("accepted", Verdict::accepted, ours(), advert(ours()));
  add("ttl", Verdict::ttl, ours(), advert(ours())).ttl = 64;
  add("short", Verdict::too_short, ours(), {0x31, 51});
  add("version", Verdict::version, ours(), advert(v2));
  add("type", Verdict::type, ours(), {0x37, 51, 150, 0, 0, 10, 0, 0});
  add("length", Verdict::length, ours(), {0x31, 51, 150, 9, 0, 10, 0, 0});
  auto broken = advert(ours());
  broken.back() ^= 1;
  add("checksum", Verdict::checksum, ours(), broken);
  add("vrid", Verdict::vrid, ours(), sent_by([](Wire& wire) { wire.vrid = 7; }));
  add("owner", Verdict::owner, owner, advert(ours()));
  add("authentication", Verdict::authentication, secret, advert(v2));
  add("interval", Verdict::interval, impatient, advert(ours()));
  add("count", Verdict::count, ours(), sent_by([](Wire& wire) { wire.advertised.clear(); }));
  add("addresses", Verdict::addresses, ours(), sent_by([](Wire& wire) { wire.advertised = {numbered(0, 7)}; }));
  add("addresses-long", Verdict::addresses, many(1, 20), advert(many(2, 255)));
  add("addresses-longest", Verdict::addresses, many(1, 255), advert(many(2, 255)));
  add("source", Verdict::source, peers, advert(ours()));
  add("hmac-missing", Verdict::hmac_missing, with_hmac(), advert(ours()));
  Wire other = with_hmac();
  other.keys[0].id = other.active_key = 2;
  add("hmac-key", Verdict::hmac_key, with_hmac(), advert(other));
  add("hmac-stale", Verdict::hmac_stale, with_hmac(), advert(with_hmac(), now - 60'000'000));
  Wire forger = with_hmac();
  forger.keys[0].secret[0] ^= 1;
  add("hmac-digest", Verdict::hmac_digest, with_hmac(), advert(forger));
  // The mark is set by a first packet that is taken in.
  add("hmac-replay", Verdict::hmac_replay, with_hmac(), advert(with_hmac()));
  return all;
}

Verdict judge(Sample& sample) {
  Advert told;
  return validate(sample.wire, {sample.message, numbered(0, 1), {}, sample.ttl, true}, sample.state, now, told);
}

/** Of this process: what others do meanwhile does not count. */
double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double nanoseconds(Sample& sample) {
  if (sample.expected == Verdict::hmac_replay) judge(sample);
  if (judge(sample) != sample.expected) {
    std::fprintf(stderr, "%s: another verdict\n", sample.name.c_str());
    std::exit(1);
  }
  const double start = cpu_ns();
  int wrong = 0;
  for (int i = 0; i < packets; i++) wrong += judge(sample) != sample.expected ? 1 : 0;
  const double took = cpu_ns() - start;
  if (wrong != 0) std::exit(1);
  return took / packets;
}

}  // namespace

int main() {
  const char* between = "{";
  double most = 0;
  for (Sample& sample : samples()) {
    const double ns = nanoseconds(sample);
    if (sample.expected != Verdict::accepted) most = std::max(most, ns);
    std::printf("%s\"%s-ns\": %.1f", between, sample.name.c_str(), ns);
    between = ", ";
  }
  std::printf(", \"most-ns\": %.1f}\n", most);
  return 0;
}
