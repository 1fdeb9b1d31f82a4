#include "js/convert.h"

#include <arpa/inet.h>

#include <algorithm>

namespace fl::js {

using netlink::Kind;
using netlink::Row;
using netlink::Table;

namespace {

bool is_ipv6(const Table& table, Bytes record) { return netlink::load_integer(record.subspan(table.family, 4)) == AF_INET6; }

std::string hardware_text(Bytes member) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : member.subspan(1, std::min<size_t>(member[0], member.size() - 1))) {
    if (!text.empty()) text += ':';
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

std::string fixed_address(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; }) ? "" : address_text(bytes);
}

Napi::Value to_value(Napi::Env env, const Row& row, Bytes member, bool ipv6) {
  switch (row.kind) {
    case Kind::text: {
      const auto end = std::find(member.begin(), member.end(), 0);
      return Napi::String::New(env, std::string(member.begin(), end));
    }
    case Kind::address: return Napi::String::New(env, address_text(member.first(ipv6 ? 16 : 4)));
    case Kind::ipv4:
    case Kind::ipv6: return Napi::String::New(env, fixed_address(member));
    case Kind::blob: return Napi::String::New(env, hardware_text(member));
    case Kind::nested: return to_object(env, *row.nested, member);
    case Kind::pair32: return copy_out(env, member);
    default: return Napi::Number::New(env, static_cast<double>(netlink::load_integer(member)));
  }
}

bool fill(std::span<uint8_t> member, Bytes bytes) {
  if (bytes.size() > member.size()) return false;
  std::fill(std::copy(bytes.begin(), bytes.end(), member.begin()), member.end(), uint8_t{0});
  return true;
}

bool from_text(const Row& row, const std::string& text, std::span<uint8_t> member) {
  if (row.kind == Kind::text) {
    return text.size() < member.size() && text.find('\0') == std::string::npos &&
           fill(member, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  if (text.empty()) return fill(member, {});
  const auto bytes = address_bytes(text);
  const bool fits = bytes && (row.kind == Kind::address || bytes->size() == member.size());
  return fits && fill(member, *bytes);
}

bool from_number(double number, std::span<uint8_t> member) {
  const double limit = member.size() >= 4 ? 4294967296.0 : member.size() == 2 ? 65536.0 : 256.0;
  if (!(number >= 0 && number < limit) || number != static_cast<double>(static_cast<uint32_t>(number))) return false;
  netlink::store_integer(member, static_cast<uint32_t>(number));
  return true;
}

}  // namespace

Napi::Object to_object(Napi::Env env, const Table& table, Bytes record) {
  const bool ipv6 = is_ipv6(table, record);
  Napi::Object object = Napi::Object::New(env);
  for (const Row& row : table.rows) {
    object.Set(row.name, to_value(env, row, record.subspan(row.offset, row.size), ipv6));
  }
  return object;
}

std::optional<std::string> from_object(const Napi::Object& object, const Table& table, std::span<uint8_t> record) {
  for (const Row& row : table.rows) {
    if ((row.when & (netlink::when_id | netlink::when_set)) == 0) continue;
    const Napi::Value value = object.Get(row.name);
    const std::span<uint8_t> member = record.subspan(row.offset, row.size);
    const bool number = netlink::wire_size(row.kind) != 0;
    const bool good = number ? value.IsNumber() && from_number(value.As<Napi::Number>().DoubleValue(), member)
                             : value.IsString() && from_text(row, value.As<Napi::String>().Utf8Value(), member);
    if (!good) return row.name;
  }
  return std::nullopt;
}

Napi::Object layout(Napi::Env env, const Table& table, size_t size) {
  Napi::Object fields = Napi::Object::New(env);
  for (const Row& row : table.rows) fields.Set(row.name, static_cast<double>(row.offset));
  Napi::Object object = Napi::Object::New(env);
  object.Set("size", static_cast<double>(size));
  object.Set("fields", fields);
  return object;
}

std::string address_text(Bytes bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(bytes.size() == 16 ? AF_INET6 : AF_INET, bytes.data(), text, sizeof text);
  return text;
}

std::optional<std::vector<uint8_t>> address_bytes(const std::string& text) {
  const bool ipv6 = text.find(':') != std::string::npos;
  std::vector<uint8_t> bytes(ipv6 ? 16 : 4);
  if (inet_pton(ipv6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

Napi::Value copy_out(Napi::Env env, Bytes bytes) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

}  // namespace fl::js
