#include <memory>

#include "js/bindings.h"
#include "js/fields.h"
#include "js/vrrp_objects.h"

namespace fl::js {
namespace {

/** What the engine's thread calls: the function may be gone before that thread is. */
class Bell {
 public:
  void hang(napi_threadsafe_function function) {
    const std::lock_guard lock(mutex_);
    function_ = function;
  }
  void ring() {
    const std::lock_guard lock(mutex_);
    if (function_ != nullptr) napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
  }
  napi_threadsafe_function take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(function_, nullptr);
  }

 private:
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
};

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
    const Napi::String name = Napi::String::New(env_, "fairlead:vrrp");
    napi_threadsafe_function function = nullptr;
    // One waiting call is enough: each empties the queue.
    if (napi_create_threadsafe_function(env_, info[2], nullptr, name, 1, 1, nullptr, nullptr, this, deliver, &function) !=
        napi_ok) {
      type_error(env_, "an environment that can still start threads");
      return;
    }
    bell_.hang(function);
    // Added after the function's own hook and therefore run before it.
    napi_add_env_cleanup_hook(env_, teardown, this);
    engine_ = std::make_unique<vrrp::Engine>(std::move(options), [this] { bell_.ring(); });
    if (Failure failure = engine_->start()) {
      close();
      failure->operation = "vrrp";
      napi_throw(env_, kernel_error(env_, *failure));
      return;
    }
    Ref();
    referenced_ = true;
  }

  ~Vrrp() override { close(); }

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
    close();
    if (std::exchange(referenced_, false)) Unref();
    return env_.Undefined();
  }

  void close() {
    napi_threadsafe_function function = bell_.take();
    if (function == nullptr) return;
    engine_.reset();
    napi_remove_env_cleanup_hook(env_, teardown, this);
    napi_release_threadsafe_function(function, napi_tsfn_abort);
  }

  static void teardown(void* self) { static_cast<Vrrp*>(self)->close(); }

  static void deliver(napi_env raw, napi_value callback, void* context, void*) {
    if (raw == nullptr || callback == nullptr) return;
    const Napi::Env env(raw);
    auto* self = static_cast<Vrrp*>(context);
    if (!self->engine_) return;
    const auto events = self->engine_->take();
    if (events.empty()) return;
    Napi::Array array = Napi::Array::New(env, events.size());
    for (uint32_t i = 0; i < events.size(); i++) array.Set(i, engine_event_object(env, events[i]));
    Napi::Function(env, callback).Call({array});
  }

  Napi::Env env_;
  Bell bell_;
  bool referenced_ = false;
  std::unique_ptr<vrrp::Engine> engine_;
};

}  // namespace

Napi::Function define_vrrp(Napi::Env env) { return Vrrp::define(env); }

}  // namespace fl::js
