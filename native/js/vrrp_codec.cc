#include <sys/socket.h>

#include "js/bindings.h"
#include "js/vrrp_wire.h"

namespace fl::js {
namespace {

/** A packet as JavaScript gives it, with what its spans point into. */
struct Given {
  std::vector<uint8_t> bytes;
  int family = 0;
  vrrp::Received packet;
  int64_t wall_us = 0;
};

int64_t microseconds(Fields& fields) {
  const double ms = fields.real("at");
  if (!(ms >= 0 && ms < 1e15)) fields.fail("at");
  return fields.wrong() ? 0 : static_cast<int64_t>(ms * 1000);
}

using Wrong = std::optional<std::string>;

/** A NativePacket. */
Wrong read_packet(const Napi::Value& value, Given& given) {
  Fields fields(value);
  if (fields.wrong()) return fields.wrong();
  auto bytes = copy_in<uint8_t>(fields.get("message"));
  if (!bytes) return "message";
  given.bytes = std::move(*bytes);
  given.packet.message = given.bytes;
  given.family = read_family(fields);
  given.packet.source = read_address(fields, "source", given.family);
  given.packet.destination = read_address(fields, "destination", given.family);
  given.packet.ttl = fields.whole<uint8_t>("ttl", 255);
  given.packet.multicast = fields.flag("multicast");
  given.wall_us = microseconds(fields);
  return fields.wrong();
}

/** A WireSettings; its source is who we are. */
Wrong read_settings(const Napi::Value& value, vrrp::Wire& wire) {
  Fields fields(value);
  wire = read_wire(fields);
  if (!fields.is_null("source")) wire.own = read_address(fields, "source", wire.family);
  return fields.wrong();
}

Napi::Value wrong_member(Napi::Env env, const Wrong& name) {
  return type_error(env, ("another value for " + *name).c_str());
}

/** encode(settings, {priority, source, destination, at}): the message. */
Napi::Value encode(const Napi::CallbackInfo& info) {
  vrrp::Wire wire;
  if (const Wrong wrong = read_settings(info[0], wire)) return wrong_member(info.Env(), wrong);
  Fields fields(info[1]);
  const auto priority = fields.whole<uint8_t>("priority", 255);
  const vrrp::Address source = read_address(fields, "source", wire.family);
  const vrrp::Address destination = read_address(fields, "destination", wire.family);
  const int64_t wall_us = microseconds(fields);
  if (fields.wrong()) return wrong_member(info.Env(), fields.wrong());
  vrrp::HmacState state;
  return copy_out(info.Env(), vrrp::encode(wire, priority, source, destination, state, wall_us));
}

/** validate(settings, packet): {verdict, advert}, the advert null unless accepted. */
Napi::Value validate(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  vrrp::Wire wire;
  if (const Wrong wrong = read_settings(info[0], wire)) return wrong_member(env, wrong);
  Given given;
  if (const Wrong wrong = read_packet(info[1], given)) return wrong_member(env, wrong);
  if (given.family != wire.family) return wrong_member(env, {"family"});
  vrrp::HmacState state;
  vrrp::Advert advert;
  const vrrp::Verdict verdict = vrrp::validate(wire, given.packet, state, given.wall_us, advert);
  Napi::Object object = Napi::Object::New(env);
  object.Set("verdict", vrrp::verdict_name(verdict));
  object.Set("advert", env.Null());
  if (verdict != vrrp::Verdict::accepted) return object;
  Napi::Object told = Napi::Object::New(env);
  told.Set("version", advert.version);
  told.Set("vrid", advert.vrid);
  told.Set("priority", advert.priority);
  told.Set("intervalMs", advert.interval_ms);
  told.Set("count", advert.count);
  told.Set("messageChecksum", advert.message_checksum);
  told.Set("authenticated", advert.authenticated);
  object.Set("advert", told);
  return object;
}

/** describe(packet, settings?): a PacketDescription. */
Napi::Value describe(const Napi::CallbackInfo& info) {
  Given given;
  if (const Wrong wrong = read_packet(info[0], given)) return wrong_member(info.Env(), wrong);
  vrrp::Wire wire;
  const bool judged = info[1].IsObject();
  if (judged) {
    if (const Wrong wrong = read_settings(info[1], wire)) return wrong_member(info.Env(), wrong);
    if (given.family != wire.family) return wrong_member(info.Env(), {"family"});
  }
  const auto told = vrrp::describe(given.family, given.packet, judged ? &wire : nullptr, given.wall_us);
  return description_object(info.Env(), given.family, told);
}

}  // namespace

Napi::Object define_vrrp_codec(Napi::Env env) {
  Napi::Array verdicts = Napi::Array::New(env, vrrp::verdict_count);
  for (uint32_t i = 0; i < vrrp::verdict_count; i++) verdicts.Set(i, vrrp::verdict_name(static_cast<vrrp::Verdict>(i)));
  Napi::Object codec = Napi::Object::New(env);
  codec.Set("verdicts", verdicts);
  codec.Set("encode", Napi::Function::New<encode>(env, "encode"));
  codec.Set("validate", Napi::Function::New<validate>(env, "validate"));
  codec.Set("describe", Napi::Function::New<describe>(env, "describe"));
  return codec;
}

}  // namespace fl::js
