#include "js/vrrp_objects.h"

#include <sys/socket.h>

#include <algorithm>

#include "js/vrrp_wire.h"

namespace fl::js {
namespace {

constexpr std::array order_kinds{"advertise", "send", "quiet", "listen", "deaf", "wake", "hold", "release", "announce"};
constexpr std::array order_origins{"now", "last"};

constexpr double most_ms = 1e9;
constexpr size_t longest_interface = 15;

std::string read_interface(Fields& fields, const char* name) {
  std::string text = fields.text(name);
  if (text.empty() || text.size() > longest_interface || text.find('\0') != std::string::npos) fields.fail(name);
  return text;
}

vrrp::Held read_held(const Napi::Value& value, Fields& outer) {
  Fields fields(value);
  vrrp::Held held;
  held.interface = read_interface(fields, "interface");
  held.address = fields.wrong() ? vrrp::Address{} : read_address(fields, "address", fields.get("address"), &held.family);
  held.prefix = fields.whole<uint8_t>("prefix", held.family == AF_INET6 ? 128 : 32);
  held.label = fields.text("label");
  if (held.label.size() > longest_interface) fields.fail("label");
  held.scope = fields.whole<uint8_t>("scope", 255);
  outer.adopt(fields);
  return held;
}

vrrp::Cadence read_cadence(const Napi::Value& value, Fields& outer) {
  Fields fields(value);
  vrrp::Cadence cadence;
  cadence.count = fields.whole<uint32_t>("count", 1000);
  cadence.repeat_after_ms = fields.whole<uint32_t>("repeatAfterMs", most_ms);
  cadence.refresh_ms = fields.whole<uint32_t>("refreshMs", most_ms);
  cadence.gap_ms = fields.whole<uint32_t>("gapMs", most_ms);
  cadence.look_ms = fields.whole<uint32_t>("lookMs", most_ms);
  fields.each("interfaces", [&](const Napi::Value& one) {
    if (!one.IsString()) return fields.fail("interfaces");
    cadence.interfaces.push_back(one.As<Napi::String>().Utf8Value());
  });
  outer.adopt(fields);
  return cadence;
}

int64_t read_ns(Fields& fields, const char* name) {
  const double ms = fields.real(name);
  if (!(ms >= 0 && ms <= most_ms)) fields.fail(name);
  return fields.wrong() ? 0 : static_cast<int64_t>(ms * 1e6);
}

}  // namespace

std::optional<std::string> read_instance(const Napi::Object& object, vrrp::Settings& settings) {
  Fields fields(object);
  settings.name = fields.text("name");
  if (fields.wrong()) return fields.wrong();
  Fields wire(fields.get("wire"));
  settings.wire = read_wire(wire);
  settings.interface = read_interface(wire, "interface");
  if (!wire.is_null("source")) settings.source = read_address(wire, "source", settings.wire.family);
  fields.adopt(wire);
  fields.each("held", [&](const Napi::Value& value) { settings.held.push_back(read_held(value, fields)); });
  if (fields.wrong()) return fields.wrong();
  settings.cadence = read_cadence(fields.get("announce"), fields);
  if (!fields.is_null("virtualMac")) {
    Fields mac(fields.get("virtualMac"));
    const std::string interface = read_interface(mac, "interface");
    settings.virtual_mac = vrrp::VirtualMac{interface, mac.text("adverts") == "virtual"};
    fields.adopt(mac);
  }
  settings.accept = fields.flag("accept");
  return fields.wrong();
}

std::optional<std::string> read_order(const Napi::Object& object, vrrp::Order& order) {
  using Kind = vrrp::Order::Kind;
  Fields fields(object);
  order.kind = static_cast<Kind>(fields.word("kind", order_kinds));
  if (fields.wrong()) return fields.wrong();
  if (order.kind == Kind::advertise || order.kind == Kind::send) order.priority = fields.whole<uint8_t>("priority", 255);
  if (order.kind == Kind::advertise) order.time = std::max<int64_t>(read_ns(fields, "everyMs"), 1'000'000);
  if (order.kind == Kind::release) order.time = read_ns(fields, "afterMs");
  if (order.kind == Kind::wake || order.kind == Kind::listen) order.serial = fields.whole<uint32_t>("serial", 4294967295.0);
  if (order.kind == Kind::wake) order.time = fields.is_null("afterMs") ? -1 : read_ns(fields, "afterMs");
  if (order.kind == Kind::listen) {
    order.time = read_ns(fields, "forMs");
    order.from_last = fields.word("from", order_origins) == 1;
    if (!fields.is_null("same")) {
      Fields same(fields.get("same"));
      vrrp::Heard heard;
      heard.source = same.wrong() ? vrrp::Address{} : read_address(same, "source", same.get("source"));
      heard.priority = same.whole<uint8_t>("priority", 255);
      heard.interval_ms = same.whole<uint32_t>("intervalMs", most_ms);
      order.same = heard;
      fields.adopt(same);
    }
  }
  return fields.wrong();
}

}  // namespace fl::js
