#include "probe/source.h"

#include "js/bindings.h"
#include "js/probe_objects.h"

namespace fl::js {

std::optional<probe::Source> probe_source(Fields& from) {
  probe::Source source;
  const std::string address = from.text("address");
  if (!address.empty()) {
    const auto bytes = address_bytes(address);
    if (bytes) source.address = *bytes;
    else from.fail("address");
  }
  source.port = from.whole<uint16_t>("port", 65535);
  source.interface = from.text("interface");
  source.mark = from.whole<uint32_t>("mark", UINT32_MAX);
  if (from.wrong()) return std::nullopt;
  return source;
}

Napi::Value open_probe_socket(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString()) return type_error(env, "a namespace path or ''");
  Fields from(info[1]);
  const auto transport = static_cast<probe::Transport>(from.word("transport", transports));
  const bool ipv6 = from.flag("ipv6");
  const auto source = probe_source(from);
  if (!source) return type_error(env, from.wrong()->c_str());
  Outcome<Fd> socket = probe::open_from(info[0].As<Napi::String>(), transport, ipv6, *source);
  if (socket) return Napi::Number::New(env, socket->release());
  socket.error().operation = "open a socket for a probe";
  napi_throw(env, kernel_error(env, socket.error()));
  return env.Undefined();
}

}  // namespace fl::js
