#include "ipvs/codec.h"

#include "base/fd.h"
#include "ipvs/fields.h"
#include "js/bindings.h"
#include "netlink/exchange.h"

namespace fl::js {
namespace {

constexpr const char* op_kind_names[ipvs::op_kinds] = {"skip",
                                                       "add-service",
                                                       "set-service",
                                                       "delete-service",
                                                       "add-destination",
                                                       "set-destination",
                                                       "move-destination",
                                                       "delete-destination"};

/** Where members lie in the records that travel packed. */
Napi::Object layouts(Napi::Env env) {
  Napi::Object service = layout(env, ipvs::service_table, sizeof(ipvs::ObservedService));
  service.Get("fields").As<Napi::Object>().Set(
      "destinations", static_cast<double>(offsetof(ipvs::ObservedService, destinations)));
  Napi::Object op = Napi::Object::New(env);
  op.Set("size", static_cast<double>(sizeof(ipvs::Op)));
  op.Set("service", static_cast<double>(offsetof(ipvs::Op, service)));
  op.Set("destination", static_cast<double>(offsetof(ipvs::Op, destination)));
  Napi::Object kinds = Napi::Object::New(env);
  for (uint32_t i = 0; i < ipvs::op_kinds; i++) kinds.Set(op_kind_names[i], i);
  op.Set("kinds", kinds);

  Napi::Object all = Napi::Object::New(env);
  all.Set("op", op);
  all.Set("service", service);
  all.Set("destination", layout(env, ipvs::destination_table, sizeof(ipvs::ObservedDestination)));
  all.Set("counters", layout(env, ipvs::stats64_table, sizeof(ipvs::Counters)));
  return all;
}

void encode_message(Writer& writer, ipvs::Command command, const ipvs::Op& op, uint16_t family, uint32_t sequence) {
  const size_t start = netlink::begin_message(writer, family, 0, sequence);
  if (ipvs::is_service_op(op.kind)) {
    ipvs::encode_service(writer, command, op.service);
  } else {
    ipvs::encode_destination(writer, command, op.service, op.destination);
  }
  netlink::end_message(writer, start);
}

/** encode(ops: Uint8Array, family: number): the messages apply() would send, numbered from 1, none acknowledged. */
Napi::Value encode(const Napi::CallbackInfo& info) {
  const auto ops = ops_argument(info[0]);
  if (!ops || !info[1].IsNumber()) return type_error(info.Env(), "whole op records and a family number");
  const auto family = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
  Writer writer;
  uint32_t sequence = 1;
  for (const ipvs::Op& op : *ops) {
    const Error unfit{Code::invalid, 0, {}, "the op cannot be expressed"};
    Failure objection = op.kind == ipvs::OpKind::skip ? unfit : ipvs::objection(op);
    if (!objection) {
      if (op.kind == ipvs::OpKind::move_destination) {
        encode_message(writer, ipvs::Command::delete_destination, op, family, sequence++);
      }
      encode_message(writer, ipvs::command_of(op.kind), op, family, sequence++);
      if (writer.failed()) objection = Error{Code::invalid, 0, {}, "a value is too large for the kernel"};
    }
    if (objection) {
      objection->operation = "encode";
      const Napi::Value error = kernel_error(info.Env(), *objection);
      napi_throw(info.Env(), error);
      return info.Env().Undefined();
    }
  }
  return copy_out(info.Env(), writer.bytes());
}

/** decode(messages: Uint8Array, counters: boolean): what dump() gives for these replies; a destination belongs to the service
 *  before it. */
Napi::Value decode(const Napi::CallbackInfo& info) {
  const auto bytes = copy_in<uint8_t>(info[0]);
  if (!bytes) return type_error(info.Env(), "a Uint8Array of messages");
  const bool counters = info[1].ToBoolean();
  ipvs::Snapshot snapshot;
  bool good = true;
  netlink::MessageReader reader(*bytes);
  while (const auto message = reader.next()) {
    const auto generic = netlink::parse_generic(message->payload);
    if (generic && generic->command == static_cast<uint8_t>(ipvs::Command::new_service)) {
      good &= ipvs::decode_service(generic->attributes, snapshot.services.emplace_back(), counters);
    } else if (generic && generic->command == static_cast<uint8_t>(ipvs::Command::new_destination)) {
      const uint32_t family = snapshot.services.empty() ? 0 : snapshot.services.back().service.family;
      good &= ipvs::decode_destination(generic->attributes, family, snapshot.destinations.emplace_back(), counters);
      if (!snapshot.services.empty()) snapshot.services.back().destinations++;
    }
  }
  if (!good || reader.failed()) {
    napi_throw(info.Env(), kernel_error(info.Env(), {Code::kernel, 0, "decode", "the messages are malformed"}));
    return info.Env().Undefined();
  }
  return snapshot_object(info.Env(), snapshot);
}

}  // namespace

std::optional<std::vector<ipvs::Op>> ops_argument(const Napi::Value& value) {
  auto ops = copy_in<ipvs::Op>(value);
  if (!ops) return std::nullopt;
  for (const ipvs::Op& op : *ops) {
    if (static_cast<uint32_t>(op.kind) >= ipvs::op_kinds) return std::nullopt;
  }
  return ops;
}

Napi::Value snapshot_object(Napi::Env env, const ipvs::Snapshot& snapshot) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("services", copy_out(env, bytes_of(snapshot.services)));
  object.Set("destinations", copy_out(env, bytes_of(snapshot.destinations)));
  return object;
}

bool read_record(const Napi::CallbackInfo& info, const netlink::Table& table, std::span<uint8_t> record) {
  if (!info[0].IsObject()) {
    type_error(info.Env(), "an object");
    return false;
  }
  const auto wrong = from_object(info[0].As<Napi::Object>(), table, record);
  if (wrong) type_error(info.Env(), ("another value for " + *wrong).c_str());
  return !wrong;
}

Napi::Object define_codec(Napi::Env env) {
  Napi::Object codec = Napi::Object::New(env);
  codec.Set("layout", layouts(env));
  codec.Set("encode", Napi::Function::New<encode>(env, "encode"));
  codec.Set("decode", Napi::Function::New<decode>(env, "decode"));
  codec.Set("vrrp", define_vrrp_codec(env));
  return codec;
}

Napi::Value open_fds(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), Fd::open_count()); }

}  // namespace fl::js
