#include <memory>

#include "js/bell.h"
#include "js/bindings.h"
#include "js/fields.h"
#include "js/vrrp_objects.h"

namespace fl::js {
namespace {

/** class Vrrp: one vrrp::Engine. It keeps itself and the event loop alive until close(). */
class Vrrp : public Napi::ObjectWrap<Vrrp> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Vrrp",
                       {InstanceMethod<&Vrrp::Configure>("configure"), InstanceMethod<&Vrrp::Order>("order"),
                        InstanceMethod<&Vrrp::Lease>("lease"), InstanceMethod<&Vrrp::Counters>("counters"),
                        InstanceMethod<&Vrrp::Close>("close")});
  }

  /** new Vrrp(netns, {realtime, lifeS, warden}, callback): callback gets arrays of events. Throws a KernelError. */
  explicit Vrrp(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Vrrp>(info), env_(info.Env()) {
    Fields fields(info[1]);
    vrrp::Options options;
    options.realtime = fields.flag("realtime");
    options.lifetime_s = fields.whole<uint32_t>("lifeS", 4294967295.0);
    options.warden = fields.text("warden");
    if (!info[0].IsString() || fields.wrong() || !info[2].IsFunction()) {
      type_error(env_, "a namespace path or '', options and a function");
      return;
    }
    options.netns = info[0].As<Napi::String>().Utf8Value();
    const auto deliver = [this](Napi::Env env, const Napi::Function& callback) {
      const auto events = engine_->take();
      if (events.empty()) return;
      Napi::Array array = Napi::Array::New(env, events.size());
      for (uint32_t i = 0; i < events.size(); i++) array.Set(i, engine_event_object(env, events[i]));
      callback.Call({array});
    };
    if (!bell_.hang(env_, info[2], "fairlead:vrrp", deliver, [this] { engine_.reset(); })) return;
    engine_ = std::make_unique<vrrp::Engine>(std::move(options), bell_.rope());
    if (Failure failure = engine_->start()) {
      bell_.close();
      failure->operation = "vrrp";
      napi_throw(env_, kernel_error(env_, *failure));
      return;
    }
    Ref();
    referenced_ = true;
  }

 private:
  /** configure(instances: EngineInstance[]) */
  Napi::Value Configure(const Napi::CallbackInfo& info) {
    if (!engine_ || !info[0].IsArray()) return type_error(env_, "an open engine and an array of instances");
    const auto array = info[0].As<Napi::Array>();
    std::vector<vrrp::Settings> settings;
    for (uint32_t i = 0; i < array.Length(); i++) {
      const Napi::Value value = array.Get(i);
      vrrp::Settings one;
      const auto wrong = value.IsObject() ? read_instance(value.As<Napi::Object>(), one) : "instances";
      if (wrong) return type_error(env_, ("another " + *wrong + " in instance " + one.name).c_str());
      settings.push_back(std::move(one));
    }
    engine_->configure(std::move(settings));
    return env_.Undefined();
  }

  /** order([name, orders][]) */
  Napi::Value Order(const Napi::CallbackInfo& info) {
    if (!engine_ || !info[0].IsArray()) return type_error(env_, "an open engine and an array of orders");
    const auto array = info[0].As<Napi::Array>();
    vrrp::Engine::Orders orders;
    for (uint32_t i = 0; i < array.Length(); i++) {
      const Napi::Value pair = array.Get(i);
      if (!pair.IsArray()) return type_error(env_, "pairs of a name and orders");
      const Napi::Value name = pair.As<Napi::Array>().Get(0u);
      const Napi::Value list = pair.As<Napi::Array>().Get(1u);
      if (!name.IsString() || !list.IsArray()) return type_error(env_, "pairs of a name and orders");
      auto& [instance, read] = orders.emplace_back(name.As<Napi::String>().Utf8Value(), std::vector<vrrp::Order>{});
      const auto given = list.As<Napi::Array>();
      for (uint32_t j = 0; j < given.Length(); j++) {
        const Napi::Value one = given.Get(j);
        vrrp::Order order;
        const auto wrong = one.IsObject() ? read_order(one.As<Napi::Object>(), order) : "orders";
        if (wrong) return type_error(env_, ("another " + *wrong + " in an order for " + instance).c_str());
        read.push_back(order);
      }
    }
    engine_->order(std::move(orders));
    return env_.Undefined();
  }

  /** lease(ms): 0 is without limit. */
  Napi::Value Lease(const Napi::CallbackInfo& info) {
    if (!engine_ || !info[0].IsNumber()) return type_error(env_, "an open engine and milliseconds");
    engine_->lease(static_cast<int64_t>(info[0].As<Napi::Number>().DoubleValue() * 1e6));
    return env_.Undefined();
  }

  Napi::Value Counters(const Napi::CallbackInfo&) {
    if (!engine_) return type_error(env_, "an open engine");
    return engine_counters_object(env_, engine_->counters());
  }

  Napi::Value Close(const Napi::CallbackInfo&) {
    bell_.close();
    if (std::exchange(referenced_, false)) Unref();
    return env_.Undefined();
  }

  Napi::Env env_;
  bool referenced_ = false;
  std::unique_ptr<vrrp::Engine> engine_;
  Bell bell_;
};

}  // namespace

Napi::Function define_vrrp(Napi::Env env) { return Vrrp::define(env); }

}  // namespace fl::js
