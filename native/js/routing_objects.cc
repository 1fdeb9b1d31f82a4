#include "js/routing_objects.h"

#include <sys/socket.h>

namespace fl::js {

namespace {

constexpr const char* kinds[] = {"add-route", "replace-route", "delete-route", "add-rule", "delete-rule"};

const char* family_name(uint32_t family) { return family == AF_INET6 ? "inet6" : "inet"; }

bool read_family(const Napi::Object& object, uint32_t& family) {
  const Napi::Value value = object.Get("family");
  if (!value.IsString()) return false;
  family = value.As<Napi::String>().Utf8Value() == "inet6" ? AF_INET6 : AF_INET;
  return true;
}

/** A whole number that the member can hold and is no larger than `most`. */
bool read_number(const Napi::Object& object, const char* name, uint32_t most, uint32_t& number) {
  const Napi::Value value = object.Get(name);
  if (!value.IsNumber()) return false;
  const double wanted = value.As<Napi::Number>().DoubleValue();
  if (!(wanted >= 0 && wanted <= most)) return false;
  number = static_cast<uint32_t>(wanted);
  return static_cast<double>(number) == wanted;
}

uint32_t longest(uint32_t family) { return family == AF_INET6 ? 128 : 32; }

/** Addresses of the other family have no place in the record. */
bool of_family(const Napi::Object& object, uint32_t family, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const Napi::Value value = object.Get(name);
    if (!value.IsString()) return false;
    const std::string text = value.As<Napi::String>().Utf8Value();
    if (!text.empty() && (text.find(':') != std::string::npos) != (family == AF_INET6)) return false;
  }
  return true;
}

bool read_path(const Napi::Object& object, route::Path& path) {
  const Napi::Value interface = object.Get("interface");
  if (!read_family(object, path.family) || !interface.IsString()) return false;
  if (!of_family(object, path.family, {"to", "via", "source"})) return false;
  if (!read_number(object, "prefix", longest(path.family), path.prefix)) return false;
  if (!read_number(object, "protocol", 255, path.protocol)) return false;
  const std::string name = interface.As<Napi::String>().Utf8Value();
  if (name.size() >= sizeof path.interface || name.find('\0') != std::string::npos) return false;
  std::memcpy(path.interface, name.data(), name.size());
  return !from_object(object, route::path_table, record_bytes(path));
}

bool read_rule(const Napi::Object& object, route::Rule& rule) {
  if (!read_family(object, rule.family) || !of_family(object, rule.family, {"from", "to"})) return false;
  if (!read_number(object, "fromPrefix", longest(rule.family), rule.from_prefix)) return false;
  if (!read_number(object, "toPrefix", longest(rule.family), rule.to_prefix)) return false;
  return !from_object(object, route::rule_table, record_bytes(rule));
}

}  // namespace

Napi::Object path_object(Napi::Env env, const route::Path& path) {
  Napi::Object object = to_object(env, route::path_table, record_bytes(path));
  object.Set("family", family_name(path.family));
  object.Set("prefix", path.prefix);
  object.Set("protocol", path.protocol);
  object.Set("interface", std::string(path.interface));
  return object;
}

Napi::Object rule_object(Napi::Env env, const route::Rule& rule) {
  Napi::Object object = to_object(env, route::rule_table, record_bytes(rule));
  object.Set("family", family_name(rule.family));
  object.Set("fromPrefix", rule.from_prefix);
  object.Set("toPrefix", rule.to_prefix);
  return object;
}

bool read_routing_op(const Napi::Object& object, route::RoutingOp& op) {
  const Napi::Value kind = object.Get("kind");
  if (!kind.IsString()) return false;
  const std::string name = kind.As<Napi::String>().Utf8Value();
  for (uint8_t i = 0; i < std::size(kinds); i++) {
    if (name != kinds[i]) continue;
    op.kind = static_cast<route::RoutingKind>(i);
    return route::is_rule(op.kind) ? read_rule(object, op.rule) : read_path(object, op.path);
  }
  return false;
}

}  // namespace fl::js
