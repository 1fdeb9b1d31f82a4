#include "route/client.h"

#include <sys/socket.h>

#include "js/bindings.h"
#include "js/job.h"
#include "js/route_objects.h"
#include "js/routing_objects.h"
#include "route/fields.h"

namespace fl::js {
namespace {

/** class Route: one route::Client. */
class Route : public Napi::ObjectWrap<Route> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Route",
                       {InstanceMethod<&Route::Links>("links"), InstanceMethod<&Route::Addresses>("addresses"),
                        InstanceMethod<&Route::Routes>("routes"), InstanceMethod<&Route::Rules>("rules"),
                        InstanceMethod<&Route::Apply>("apply"), InstanceMethod<&Route::ApplyRouting>("applyRouting"),
                        InstanceMethod<&Route::Close>("close")});
  }

  /** new Route(netns, deadlineMs) */
  explicit Route(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Route>(info) {
    if (!info[0].IsString() || !info[1].IsNumber()) {
      type_error(info.Env(), "a namespace path or '' and a deadline in milliseconds");
      return;
    }
    client_ = std::make_shared<route::Client>(route::Client::Options{
        info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Int64Value()});
  }

 private:
  Napi::Value Links(const Napi::CallbackInfo& info) {
    return lane_->read<std::vector<route::Link>>(
        info.Env(), "list links", [client = client_] { return client->links(); },
        [](Napi::Env env, const std::vector<route::Link>& links) {
          Napi::Array array = Napi::Array::New(env, links.size());
          for (uint32_t i = 0; i < links.size(); i++) array.Set(i, link_object(env, links[i]));
          return array;
        });
  }

  Napi::Value Addresses(const Napi::CallbackInfo& info) {
    return lane_->read<std::vector<route::Address>>(
        info.Env(), "list addresses", [client = client_] { return client->addresses(); },
        [](Napi::Env env, const std::vector<route::Address>& addresses) {
          Napi::Array array = Napi::Array::New(env, addresses.size());
          for (uint32_t i = 0; i < addresses.size(); i++) array.Set(i, address_object(env, addresses[i]));
          return array;
        });
  }

  /** apply(ops: {add, interface, prefix, peer, address, label, flags, owner}[]): the refused ones. */
  Napi::Value Apply(const Napi::CallbackInfo& info) {
    if (!info[0].IsArray()) return type_error(info.Env(), "an array of address ops");
    const auto array = info[0].As<Napi::Array>();
    std::vector<route::Op> ops;
    for (uint32_t i = 0; i < array.Length(); i++) {
      const Napi::Value item = array.Get(i);
      route::Op op{};
      if (!item.IsObject() || !read_address_op(item.As<Napi::Object>(), op)) {
        return type_error(info.Env(), "another value in an address op");
      }
      ops.push_back(op);
    }
    return lane_->read<std::vector<route::Refusal>>(
        info.Env(), "apply", [client = client_, ops = std::move(ops)] { return client->apply(ops); },
        refusal_array<route::Refusal>);
  }

  /** routes(protocol) */
  Napi::Value Routes(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) return type_error(info.Env(), "a protocol number");
    const auto protocol = static_cast<uint8_t>(info[0].As<Napi::Number>().Uint32Value());
    return lane_->read<std::vector<route::Path>>(
        info.Env(), "list routes", [client = client_, protocol] { return client->routes(protocol); },
        [](Napi::Env env, const std::vector<route::Path>& paths) {
          Napi::Array array = Napi::Array::New(env, paths.size());
          for (uint32_t i = 0; i < paths.size(); i++) array.Set(i, path_object(env, paths[i]));
          return array;
        });
  }

  /** rules(protocol) */
  Napi::Value Rules(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) return type_error(info.Env(), "a protocol number");
    const auto protocol = static_cast<uint8_t>(info[0].As<Napi::Number>().Uint32Value());
    return lane_->read<std::vector<route::Rule>>(
        info.Env(), "list rules", [client = client_, protocol] { return client->rules(protocol); },
        [](Napi::Env env, const std::vector<route::Rule>& rules) {
          Napi::Array array = Napi::Array::New(env, rules.size());
          for (uint32_t i = 0; i < rules.size(); i++) array.Set(i, rule_object(env, rules[i]));
          return array;
        });
  }

  /** applyRouting(ops: {kind, ...}[]): the refused ones. */
  Napi::Value ApplyRouting(const Napi::CallbackInfo& info) {
    if (!info[0].IsArray()) return type_error(info.Env(), "an array of routing ops");
    const auto array = info[0].As<Napi::Array>();
    std::vector<route::RoutingOp> ops;
    for (uint32_t i = 0; i < array.Length(); i++) {
      const Napi::Value item = array.Get(i);
      route::RoutingOp op{};
      if (!item.IsObject() || !read_routing_op(item.As<Napi::Object>(), op)) {
        return type_error(info.Env(), "another value in a routing op");
      }
      ops.push_back(op);
    }
    return lane_->read<std::vector<route::Refusal>>(
        info.Env(), "apply", [client = client_, ops = std::move(ops)] { return client->apply(ops); },
        refusal_array<route::Refusal>);
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    lane_->close(info.Env());
    client_.reset();
    return info.Env().Undefined();
  }

  std::shared_ptr<Lane> lane_ = std::make_shared<Lane>();
  std::shared_ptr<route::Client> client_;
};

}  // namespace

Napi::Function define_route(Napi::Env env) { return Route::define(env); }

}  // namespace fl::js
