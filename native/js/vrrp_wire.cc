#include "js/vrrp_wire.h"

#include <sys/socket.h>

#include <algorithm>

namespace fl::js {

using vrrp::Address;
using vrrp::Wire;

namespace {

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

bool read_key(const Napi::Value& value, std::vector<vrrp::HmacKey>& keys) {
  Members members(value);
  const uint8_t id = members.byte("id");
  auto secret = secret_bytes(members.text("secret"));
  if (!members.good() || !secret || secret->size() < 32 || secret->size() > 64) return false;
  keys.push_back({id, std::move(*secret)});
  return true;
}

bool read_hmac(const Napi::Value& value, Wire& wire) {
  Members members(value);
  members.list("keys", [&](const Napi::Value& key) { return read_key(key, wire.keys); });
  wire.active_key = members.byte("active");
  wire.hmac = static_cast<vrrp::HmacMode>(1 + members.choice("mode", {"receive-only", "permissive", "enforce"}));
  wire.hmac_window_ms = members.number("windowMs");
  return members.good();
}

bool read_peer(const Napi::Value& value, Wire& wire) {
  Members members(value);
  vrrp::Peer peer;
  peer.min_ttl = members.byte("minTtl");
  peer.max_ttl = members.byte("maxTtl");
  if (!members.good() || !read_address(members.value("address"), wire.family, peer.address)) return false;
  wire.peers.push_back(peer);
  return true;
}

const char* checksum_text(const vrrp::Description& description) {
  if (!description.message.whole) return "unknown";
  if (description.checksums.pseudo) return "pseudo";
  return description.checksums.message ? "message" : "wrong";
}

}  // namespace

bool read_address(const Napi::Value& value, int family, Address& address) {
  if (!value.IsString()) return false;
  const auto bytes = address_bytes(value.As<Napi::String>());
  if (!bytes || bytes->size() != vrrp::address_size(family)) return false;
  std::copy(bytes->begin(), bytes->end(), address.begin());
  return true;
}

int read_family(Members& members) { return members.choice("family", {"inet", "inet6"}) == 0 ? AF_INET : AF_INET6; }

std::string read_wire(const Napi::Value& value, Wire& wire) {
  Members members(value);
  wire.version = members.byte("version");
  if (wire.version != 2 && wire.version != 3) members.mark("version");
  wire.family = read_family(members);
  wire.vrid = members.byte("vrid");
  wire.interval_ms = members.number("intervalMs");
  wire.min_interval_ms = members.number("minIntervalMs");
  wire.max_interval_ms = members.number("maxIntervalMs");
  if (members.has("source") && !read_address(members.value("source"), wire.family, wire.own)) members.mark("source");
  if (members.good() && !read_address(members.value("group"), wire.family, wire.group)) members.mark("group");
  members.list("peers", [&](const Napi::Value& peer) { return read_peer(peer, wire); });
  wire.ttl = members.byte("ttl");
  members.list("advertised", [&](const Napi::Value& text) {
    return wire.advertised.size() < most_addresses && read_address(text, wire.family, wire.advertised.emplace_back());
  });
  wire.address_check = static_cast<vrrp::AddressCheck>(members.choice("addressCheck", {"overlap", "exact", "none"}));
  wire.checksum = static_cast<vrrp::ChecksumForm>(members.choice("checksum", {"auto", "pseudo", "message"}));
  wire.owner = members.flag("owner");
  wire.password = members.text("password");
  if (members.has("hmac") && !read_hmac(members.value("hmac"), wire)) members.mark("hmac");
  return members.wrong();
}

std::string address_text(int family, const Address& address) {
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
