#include <sys/socket.h>

#include <array>
#include <cstdio>

#include "js/convert.h"
#include "js/vrrp_objects.h"
#include "vrrp/packet.h"

namespace fl::js {
namespace {

using vrrp::Event;

std::string text_of(const vrrp::Address& address, int family) {
  return address_text(Bytes(address).first(family == AF_INET6 ? 16 : 4));
}

std::string mac_text(const vrrp::Mac& mac) {
  std::array<char, 18> text{};
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return text.data();
}

/** {accepted: 3, checksum: 1}: those that occurred. */
Napi::Object verdicts_object(Napi::Env env, const vrrp::Verdicts& verdicts) {
  Napi::Object object = Napi::Object::New(env);
  for (size_t i = 0; i < verdicts.size(); i++) {
    if (verdicts[i] == 0) continue;
    object.Set(vrrp::verdict_name(static_cast<vrrp::Verdict>(i)), static_cast<double>(verdicts[i]));
  }
  return object;
}

Napi::Object advert_object(Napi::Env env, const Event& event) {
  Napi::Object advert = Napi::Object::New(env);
  advert.Set("source", text_of(event.heard.source, event.family));
  advert.Set("priority", event.heard.priority);
  advert.Set("intervalMs", event.heard.interval_ms);
  advert.Set("order", event.order);
  return advert;
}

}  // namespace

Napi::Object engine_event_object(Napi::Env env, const Event& event) {
  static constexpr const char* kinds[] = {"advert",  "silence", "wake",     "disturbed", "duplicate",
                                          "link",    "refused", "trouble",  "overflow",  "lease-lost"};
  Napi::Object object = Napi::Object::New(env);
  object.Set("kind", kinds[static_cast<size_t>(event.kind)]);
  object.Set("at", static_cast<double>(event.at) / 1e6);
  const auto instance = [&] { object.Set("instance", event.instance); };
  switch (event.kind) {
    case Event::Kind::advert:
      instance();
      object.Set("advert", advert_object(env, event));
      break;
    case Event::Kind::silence:
    case Event::Kind::wake:
      instance();
      object.Set("serial", event.serial);
      break;
    case Event::Kind::disturbed:
      instance();
      object.Set("address", text_of(event.heard.source, event.family));
      object.Set("interface", event.interface);
      object.Set("count", static_cast<double>(event.count));
      break;
    case Event::Kind::duplicate:
      instance();
      object.Set("address", text_of(event.heard.source, event.family));
      object.Set("interface", event.interface);
      object.Set("mac", event.present ? Napi::Value(Napi::String::New(env, mac_text(event.mac))) : env.Null());
      break;
    case Event::Kind::link:
      object.Set("interface", event.interface);
      object.Set("present", event.present);
      object.Set("up", event.up);
      object.Set("carrier", event.carrier);
      break;
    case Event::Kind::refused:
      object.Set("instance", event.instance.empty() ? env.Null() : Napi::String::New(env, event.instance));
      object.Set("interface", event.interface);
      object.Set("verdict", vrrp::verdict_name(event.verdict));
      object.Set("source", text_of(event.heard.source, event.family));
      object.Set("count", static_cast<double>(event.count));
      break;
    case Event::Kind::trouble:
      if (event.instance.empty()) {
        object.Set("instance", env.Null());
      } else {
        instance();
      }
      object.Set("interface", event.interface);
      object.Set("text", event.text);
      break;
    case Event::Kind::overflow: object.Set("count", static_cast<double>(event.count)); break;
    case Event::Kind::lease_lost: break;
  }
  return object;
}

Napi::Object engine_counters_object(Napi::Env env, const vrrp::Counters& counters) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  Napi::Object object = Napi::Object::New(env);
  Napi::Array instances = Napi::Array::New(env, counters.instances.size());
  for (uint32_t i = 0; i < counters.instances.size(); i++) {
    const vrrp::InstanceCounters& from = counters.instances[i];
    Napi::Object one = Napi::Object::New(env);
    one.Set("name", from.name);
    one.Set("received", verdicts_object(env, from.received));
    one.Set("told", number(from.told));
    one.Set("expected", number(from.expected));
    one.Set("repeated", number(from.repeated));
    one.Set("sent", number(from.sent));
    one.Set("failed", number(from.failed));
    one.Set("late", number(from.late));
    one.Set("longestGapMs", number(from.longest_gap) / 1e6);
    one.Set("announced", number(from.announced));
    one.Set("disturbed", number(from.disturbed));
    one.Set("holding", from.holding);
    one.Set("present", from.present);
    instances.Set(i, one);
  }
  Napi::Array ports = Napi::Array::New(env, counters.ports.size());
  for (uint32_t i = 0; i < counters.ports.size(); i++) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("interface", counters.ports[i].interface);
    one.Set("family", counters.ports[i].family == AF_INET6 ? "inet6" : "inet");
    one.Set("received", verdicts_object(env, counters.ports[i].received));
    ports.Set(i, one);
  }
  Napi::Array bounds = Napi::Array::New(env, vrrp::lateness_bounds.size());
  for (uint32_t i = 0; i < bounds.Length(); i++) bounds.Set(i, number(vrrp::lateness_bounds[i]));
  Napi::Array counts = Napi::Array::New(env, counters.lateness.size());
  for (uint32_t i = 0; i < counts.Length(); i++) counts.Set(i, number(counters.lateness[i]));
  Napi::Object lateness = Napi::Object::New(env);
  lateness.Set("boundsNs", bounds);
  lateness.Set("counts", counts);
  object.Set("instances", instances);
  object.Set("strangers", ports);
  object.Set("lateness", lateness);
  return object;
}

}  // namespace fl::js
