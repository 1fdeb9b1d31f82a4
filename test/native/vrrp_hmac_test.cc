// The trailer of draft-cassen-vrrp-auth-hmac-00 and what it stands on. The wire images are those of the draft's appendix.
#include <sys/socket.h>

#include <string>

#include "check.h"
#include "vrrp/packet.h"
#include "vrrp_help.h"

using namespace fl;
using namespace fl::vrrp;

namespace {

Bytes text(const std::string& words) { return {reinterpret_cast<const uint8_t*>(words.data()), words.size()}; }

std::string hash(const std::string& words) {
  Sha256 sha;
  sha.update(text(words));
  return hex(sha.finish());
}

/** Sequence 0x68000000'8000'0000 of the draft's images, in microseconds. */
constexpr int64_t then = 0x68000000LL * 1'000'000 + 500'000;

Wire draft_wire(int family) {
  Wire wire = v3_wire(family);
  wire.vrid = 51;
  wire.checksum = ChecksumForm::message;
  wire.advertised = {address(family == AF_INET6 ? "fe80::100" : "192.0.2.100")};
  wire.hmac = HmacMode::enforce;
  wire.keys = {{1, bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")}};
  wire.active_key = 1;
  return wire;
}

struct Image {
  int family;
  const char* source;
  const char* destination;
  const char* message;
};
constexpr Image images[] = {
    {AF_INET, "198.51.100.10", "224.0.0.18",
     "3133c80100644402c0000264010100006800000080000000"
     "1b84bc4e8e43892dc6d98448f8ee2265"},
    {AF_INET6, "fe80::10", "fe80::20",
     "3133c8010064a2e9fe800000000000000000000000000100010100006800000080000000"
     "c8c56146ebfd66ee10ec4d8186461b78"},
};

/** Judges one image after `change` was made to it. */
Verdict judge(const Image& image, HmacState& state, int64_t now, size_t flip = 0, uint8_t with = 0) {
  std::vector<uint8_t> message = bytes(image.message);
  message[flip] ^= with;
  // The checksum is not what is tried here; it stays out of the HMAC.
  if (with != 0 && flip != 6) fix_checksum(image.family, message, address(image.source), address(image.destination));
  Advert advert;
  Received packet{message, address(image.source), address(image.destination), 255, true};
  return validate(draft_wire(image.family), packet, state, now, advert);
}

}  // namespace

TEST(sha256_vectors, "SHA-256 gives the digests of FIPS 180-4's examples, however the bytes come") {
  CHECK(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hash(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  for (size_t length = 0; length < 200; length++) {
    const std::string words(length, 'x');
    Sha256 pieces;
    for (size_t at = 0; at < length; at += 7) pieces.update(text(words.substr(at, 7)));
    CHECK(hex(pieces.finish()) == hash(words));
  }
}

TEST(hmac_vectors, "HMAC-SHA256 gives the codes of RFC 4231") {
  struct Row {
    const char* key;
    std::string data;
    const char* code;
  };
  const std::string ones(131 * 2, 'a');
  const Row rows[] = {
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"4a656665", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"0102030405060708090a0b0c0d0e0f10111213141516171819", std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {ones.c_str(), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {ones.c_str(),
       "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed "
       "before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Row& row : rows) {
    CHECK(hex(hmac_sha256(bytes(row.key), {text(row.data)})) == row.code);
    CHECK(hex(hmac_sha256(bytes(row.key), {text(row.data.substr(0, 3)), text(row.data.substr(3))})) == row.code);
  }
}

TEST(hmac_constant, "bytes are compared in full") {
  const auto a = bytes("00112233");
  CHECK(equal_in_constant_time(a, bytes("00112233")));
  CHECK(!equal_in_constant_time(a, bytes("00112234")));
  CHECK(!equal_in_constant_time(a, bytes("80112233")));
  CHECK(!equal_in_constant_time(a, bytes("001122")));
  CHECK(equal_in_constant_time({}, {}));
}

TEST(hmac_frozen, "the draft's wire images come out byte for byte, and are accepted") {
  for (const Image& image : images) {
    HmacState sender;
    const auto message =
        encode(draft_wire(image.family), 200, address(image.source), address(image.destination), sender, then);
    CHECK(hex(message) == image.message);
    HmacState receiver;
    CHECK(judge(image, receiver, then) == Verdict::accepted);
    CHECK(receiver.heard.size() == 1);
  }
}

TEST(hmac_frozen_v2, "a v2 advert carries the trailer after its authentication data") {
  Wire wire = draft_wire(AF_INET);
  wire.version = 2;
  HmacState sender;
  const auto message = encode(wire, 100, address("198.51.100.10"), address("224.0.0.18"), sender, then);
  CHECK(hex(message) == "213364010001b865c00002640000000000000000"
                       "010100006800000080000000f8ba2b41e0f981886da3c503418151c5");
}

TEST(hmac_covers, "every byte but the checksum is covered, and the sender") {
  for (const Image& image : images) {
    const size_t size = std::string(image.message).size() / 2;
    for (size_t at = size - trailer_size; at < size; at++) {
      HmacState state;
      const Verdict verdict = judge(image, state, then, at, 0x01);
      const size_t field = at - (size - trailer_size);
      const Verdict expected = field < 4 ? Verdict::hmac_key : field < 8 && field != 7 ? Verdict::hmac_stale : Verdict::hmac_digest;
      CHECK(verdict == expected);
      CHECK(state.heard.empty());
    }
    HmacState state;
    CHECK(judge(image, state, then, 2, 0x01) == Verdict::hmac_digest);
    CHECK(judge(image, state, then, 5, 0x01) == Verdict::hmac_digest);
    Image other = image;
    other.source = image.family == AF_INET6 ? "fe80::11" : "198.51.100.11";
    CHECK(judge(other, state, then, 0, 0) == (image.family == AF_INET6 ? Verdict::checksum : Verdict::hmac_digest));
    CHECK(state.heard.empty());
  }
}

TEST(hmac_window, "a trailer is believed within the window only, before and after") {
  const int64_t window = 5'000'000;
  for (const int64_t off : {int64_t{0}, window, -window}) {
    HmacState state;
    CHECK(judge(images[0], state, then + off) == Verdict::accepted);
  }
  for (const int64_t off : {window + 20, -window - 20, int64_t{86'400'000'000}, -int64_t{86'400'000'000}, -then}) {
    HmacState state;
    CHECK(judge(images[0], state, then + off) == Verdict::hmac_stale);
    CHECK(state.heard.empty());
  }
}

TEST(hmac_replay, "what is not later than the sender's last is a replay, until the window has gone by") {
  HmacState state;
  CHECK(judge(images[0], state, then) == Verdict::accepted);
  CHECK(judge(images[0], state, then + 1000) == Verdict::hmac_replay);
  // A mark that a clock put back has left far ahead holds nobody up.
  state.heard[address(images[0].source)] += uint64_t{3600} << 32;
  CHECK(judge(images[0], state, then) == Verdict::accepted);
}

TEST(hmac_sequence, "a sender's sequence grows with the clock, at one instant and when the clock is put back a little") {
  const Wire wire = draft_wire(AF_INET);
  HmacState sender, receiver;
  int64_t last = -1;
  for (const int64_t now : {then, then, then + 1, then - 4'000'000, then, then + 1'000'000}) {
    const auto message = encode(wire, 200, address("198.51.100.10"), address("224.0.0.18"), sender, now);
    const Received packet{message, address("198.51.100.10"), address("224.0.0.18"), 255, true};
    Advert advert;
    CHECK(validate(wire, packet, receiver, now, advert) == Verdict::accepted);
    CHECK(advert.authenticated);
    CHECK(static_cast<int64_t>(*sender.sent) > last);
    last = static_cast<int64_t>(*sender.sent);
  }
  // Further back than the window it starts again: receivers would call it stale otherwise.
  encode(wire, 200, address("198.51.100.10"), address("224.0.0.18"), sender, then - 60'000'000);
  CHECK(static_cast<int64_t>(*sender.sent) < last);
}

TEST(hmac_wrap, "the seconds' wrap in 2106 goes unnoticed") {
  const Wire wire = draft_wire(AF_INET);
  HmacState sender, receiver;
  for (const int64_t ms : {-1500, -500, 0, 500, 1500}) {
    const int64_t now = (int64_t{1} << 32) * 1'000'000 + ms * 1000;
    const auto message = encode(wire, 200, address("198.51.100.10"), address("224.0.0.18"), sender, now);
    const Received packet{message, address("198.51.100.10"), address("224.0.0.18"), 255, true};
    Advert advert;
    CHECK(validate(wire, packet, receiver, now, advert) == Verdict::accepted);
    CHECK(validate(wire, packet, receiver, now, advert) == Verdict::hmac_replay);
  }
}

TEST(hmac_modes, "off refuses a trailer by length, enforce its absence; the others take both and judge what is there") {
  const Address source = address("198.51.100.10"), group = address("224.0.0.18");
  struct Row {
    HmacMode mode;
    bool sends;
    Verdict bare, authenticated, forged;
  };
  const Row rows[] = {
      {HmacMode::off, false, Verdict::accepted, Verdict::length, Verdict::length},
      {HmacMode::receive_only, false, Verdict::accepted, Verdict::accepted, Verdict::hmac_digest},
      {HmacMode::permissive, true, Verdict::accepted, Verdict::accepted, Verdict::hmac_digest},
      {HmacMode::enforce, true, Verdict::hmac_missing, Verdict::accepted, Verdict::hmac_digest},
  };
  for (const Row& row : rows) {
    Wire sending = draft_wire(AF_INET);
    HmacState state;
    const auto with = encode(sending, 200, source, group, state, then);
    auto forged = with;
    forged.back() ^= 1;
    sending.hmac = HmacMode::off;
    const auto without = encode(sending, 200, source, group, state, then);
    Wire wire = draft_wire(AF_INET);
    wire.hmac = row.mode;
    CHECK(encode(wire, 200, source, group, state, then).size() == without.size() + (row.sends ? trailer_size : 0));
    const auto judged = [&](const std::vector<uint8_t>& message) {
      HmacState receiver;
      Advert advert;
      return validate(wire, {message, source, group, 255, true}, receiver, then, advert);
    };
    CHECK(judged(without) == row.bare);
    CHECK(judged(with) == row.authenticated);
    CHECK(judged(forged) == row.forged);
  }
}

TEST(hmac_keys, "any configured key is believed, the active one signs; without it nobody believes") {
  const Address source = address("198.51.100.10"), group = address("224.0.0.18");
  Wire wire = draft_wire(AF_INET);
  wire.keys.push_back({2, std::vector<uint8_t>(64, 0x55)});
  wire.active_key = 2;
  HmacState sender, receiver;
  Advert advert;
  const auto message = encode(wire, 200, source, group, sender, then);
  CHECK(message[13] == 2);
  CHECK(validate(wire, {message, source, group, 255, true}, receiver, then, advert) == Verdict::accepted);
  CHECK(validate(draft_wire(AF_INET), {message, source, group, 255, true}, receiver, then, advert) == Verdict::hmac_key);
  wire.active_key = 1;
  wire.keys.erase(wire.keys.begin());
  const auto zeros = encode(wire, 200, source, group, sender, then);
  CHECK(validate(draft_wire(AF_INET), {zeros, source, group, 255, true}, receiver, then, advert) == Verdict::hmac_digest);
}

TEST(hmac_bounded, "marks are kept of 16 senders, the oldest goes") {
  const Wire wire = draft_wire(AF_INET);
  const Address group = address("224.0.0.18");
  HmacState receiver;
  Advert advert;
  for (uint8_t i = 1; i <= 40; i++) {
    Address source = address("198.51.100.0");
    source[3] = i;
    HmacState sender;
    const auto message = encode(wire, 200, source, group, sender, then + i * 1000);
    CHECK(validate(wire, {message, source, group, 255, true}, receiver, then + i * 1000, advert) == Verdict::accepted);
    CHECK(receiver.heard.size() == std::min<size_t>(i, most_senders));
    CHECK(receiver.heard.contains(source));
  }
  Address source = address("198.51.100.200");
  HmacState sender;
  const auto message = encode(wire, 200, source, group, sender, then + 60'000'000);
  CHECK(validate(wire, {message, source, group, 255, true}, receiver, then + 60'000'000, advert) == Verdict::accepted);
  CHECK(receiver.heard.size() == 1);
}
