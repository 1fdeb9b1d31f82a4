#include "js/route_objects.h"

#include <sys/socket.h>

#include "route/fields.h"

namespace fl::js {

Napi::Object address_object(Napi::Env env, const route::Address& address) {
  Napi::Object object = to_object(env, route::address_table, record_bytes(address));
  object.Set("family", address.family == AF_INET6 ? "inet6" : "inet");
  object.Set("index", address.index);
  object.Set("prefix", address.prefix);
  object.Set("interface", std::string(address.interface));
  return object;
}

Napi::Object link_object(Napi::Env env, const route::Link& link) {
  Napi::Object object = to_object(env, route::link_table, record_bytes(link));
  object.Set("index", link.index);
  object.Set("flags", link.flags);
  return object;
}

Napi::Object event_object(Napi::Env env, const route::Event& event) {
  Napi::Object object = Napi::Object::New(env);
  switch (event.kind) {
    case route::Event::Kind::link:
      object.Set("kind", "link");
      object.Set("gone", event.gone);
      object.Set("link", link_object(env, event.link));
      break;
    case route::Event::Kind::address:
      object.Set("kind", "address");
      object.Set("gone", event.gone);
      object.Set("address", address_object(env, event.address));
      break;
    case route::Event::Kind::resync: object.Set("kind", "resync"); break;
  }
  return object;
}

bool read_address_op(const Napi::Object& object, route::Op& op) {
  const Napi::Value add = object.Get("add");
  const Napi::Value interface = object.Get("interface");
  const Napi::Value prefix = object.Get("prefix");
  const Napi::Value text = object.Get("address");
  if (!add.IsBoolean() || !interface.IsString() || !prefix.IsNumber() || !text.IsString()) return false;

  const auto bytes = address_bytes(text.As<Napi::String>().Utf8Value());
  const std::string name = interface.As<Napi::String>().Utf8Value();
  const double bits = prefix.As<Napi::Number>().DoubleValue();
  if (!bytes || name.find('\0') != std::string::npos) return false;
  if (!(bits >= 0 && bits <= static_cast<double>(bytes->size() * 8))) return false;

  op.kind = add.As<Napi::Boolean>() ? route::OpKind::add_address : route::OpKind::delete_address;
  op.address.family = bytes->size() == 16 ? AF_INET6 : AF_INET;
  op.address.prefix = static_cast<uint32_t>(bits);
  // A name too long for the kernel names no link: leave it empty, and the client says so.
  if (name.size() < sizeof op.address.interface) std::memcpy(op.address.interface, name.data(), name.size());
  return !from_object(object, route::address_table, record_bytes(op.address));
}

}  // namespace fl::js
