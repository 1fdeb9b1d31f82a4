#include "js/vrrp_wire.h"

#include <sys/socket.h>

#include <algorithm>

namespace fl::js {
namespace {

constexpr std::array families{"inet", "inet6"};
constexpr std::array checks{"overlap", "exact", "none"};
constexpr std::array checksums{"auto", "pseudo", "message"};
constexpr std::array hmac_modes{"receive-only", "permissive", "enforce"};

constexpr double most_ms = 1e9;
constexpr size_t longest_password = 8;
constexpr size_t most_addresses = 255;

/** Text as it is, or the bytes that `hex:` and digits stand for. */
std::optional<std::vector<uint8_t>> secret_bytes(const std::string& text) {
  if (!text.starts_with("hex:")) return std::vector<uint8_t>(text.begin(), text.end());
  std::vector<uint8_t> bytes;
  for (size_t at = 4; at < text.size(); at += 2) {
    const std::string pair = text.substr(at, 2);
    if (pair.size() != 2 || pair.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return std::nullopt;
    bytes.push_back(static_cast<uint8_t>(std::stoul(pair, nullptr, 16)));
  }
  return bytes;
}

void read_key(const Napi::Value& value, Fields& outer, std::vector<vrrp::HmacKey>& keys) {
  Fields fields(value);
  const uint8_t id = fields.whole<uint8_t>("id", 255);
  auto secret = secret_bytes(fields.text("secret"));
  if (!secret || secret->size() < 32 || secret->size() > 64) fields.fail("secret");
  outer.adopt(fields);
  if (!fields.wrong()) keys.push_back({id, std::move(*secret)});
}

void read_hmac(Fields& outer, vrrp::Wire& wire) {
  if (outer.is_null("hmac")) return;
  Fields fields(outer.get("hmac"));
  wire.hmac = static_cast<vrrp::HmacMode>(fields.word("mode", hmac_modes) + 1);
  wire.active_key = fields.whole<uint8_t>("active", 255);
  wire.hmac_window_ms = fields.whole<uint32_t>("windowMs", most_ms);
  fields.each("keys", [&](const Napi::Value& value) { read_key(value, fields, wire.keys); });
  outer.adopt(fields);
}

const char* checksum_text(const vrrp::Description& description) {
  if (!description.message.whole) return "unknown";
  if (description.checksums.pseudo) return "pseudo";
  return description.checksums.message ? "message" : "wrong";
}

}  // namespace

vrrp::Address read_address(Fields& fields, const char* name, const Napi::Value& value, int* family) {
  const auto bytes = value.IsString() ? address_bytes(value.As<Napi::String>().Utf8Value()) : std::nullopt;
  vrrp::Address address{};
  if (!bytes) {
    fields.fail(name);
    return address;
  }
  if (family != nullptr) *family = bytes->size() == 16 ? AF_INET6 : AF_INET;
  std::copy(bytes->begin(), bytes->end(), address.begin());
  return address;
}

vrrp::Address read_address(Fields& fields, const char* name, int family) {
  int found = family;
  const vrrp::Address address = fields.wrong() ? vrrp::Address{} : read_address(fields, name, fields.get(name), &found);
  if (found != family) fields.fail(name);
  return address;
}

int read_family(Fields& fields) { return fields.word("family", families) == 1 ? AF_INET6 : AF_INET; }

vrrp::Wire read_wire(Fields& fields) {
  vrrp::Wire wire;
  wire.version = fields.whole<uint8_t>("version", 3);
  if (wire.version < 2) fields.fail("version");
  wire.family = read_family(fields);
  wire.vrid = fields.whole<uint8_t>("vrid", 255);
  wire.interval_ms = fields.whole<uint32_t>("intervalMs", most_ms);
  wire.min_interval_ms = fields.whole<uint32_t>("minIntervalMs", most_ms);
  wire.max_interval_ms = fields.whole<uint32_t>("maxIntervalMs", most_ms);
  wire.group = read_address(fields, "group", wire.family);
  wire.ttl = fields.whole<uint8_t>("ttl", 255);
  wire.address_check = static_cast<vrrp::AddressCheck>(fields.word("addressCheck", checks));
  wire.checksum = static_cast<vrrp::ChecksumForm>(fields.word("checksum", checksums));
  wire.owner = fields.flag("owner");
  wire.password = fields.text("password");
  if (wire.password.size() > longest_password) fields.fail("password");
  fields.each("peers", [&](const Napi::Value& value) {
    Fields peer(value);
    const vrrp::Address address = read_address(peer, "address", wire.family);
    const uint8_t least = peer.whole<uint8_t>("minTtl", 255);
    wire.peers.push_back({address, least, peer.whole<uint8_t>("maxTtl", 255)});
    fields.adopt(peer);
  });
  fields.each("advertised", [&](const Napi::Value& value) {
    int family = 0;
    wire.advertised.push_back(read_address(fields, "advertised", value, &family));
    if (family != wire.family || wire.advertised.size() > most_addresses) fields.fail("advertised");
  });
  read_hmac(fields, wire);
  return wire;
}

std::string address_text(int family, const vrrp::Address& address) {
  return address_text(Bytes(address).first(vrrp::address_size(family)));
}

Napi::Object description_object(Napi::Env env, int family, const vrrp::Description& description) {
  const vrrp::Message& message = description.message;
  const size_t size = vrrp::address_size(family);
  Napi::Array addresses = Napi::Array::New(env);
  for (uint32_t i = 0; (i + 1) * size <= message.addresses.size(); i++) {
    addresses.Set(i, address_text(message.addresses.subspan(i * size, size)));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("version", message.version);
  object.Set("type", message.type);
  object.Set("vrid", message.vrid);
  object.Set("priority", message.priority);
  object.Set("intervalMs", message.interval_ms);
  object.Set("addresses", addresses);
  object.Set("authentication", message.authentication_type);
  object.Set("checksum", checksum_text(description));
  object.Set("hmacKey", message.trailer.empty() ? env.Null() : Napi::Number::New(env, message.trailer[1]));
  object.Set("verdict", vrrp::verdict_name(description.verdict));
  return object;
}

}  // namespace fl::js
