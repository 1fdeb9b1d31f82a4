#include <deque>
#include <memory>
#include <mutex>

#include "js/bindings.h"
#include "js/route_objects.h"
#include "route/monitor.h"

namespace fl::js {
namespace {

constexpr size_t queue_limit = 1024;

/** Events on their way from the monitor's thread to JavaScript. When JavaScript falls behind they make way for one resync. */
class Queue {
 public:
  /** Monitor's thread. */
  void push(std::vector<route::Event>&& events) {
    const std::lock_guard lock(mutex_);
    if (events_.size() + events.size() > queue_limit) {
      events_.assign(1, route::Event{});
      return;
    }
    events_.insert(events_.end(), events.begin(), events.end());
  }

  /** Main thread. */
  std::deque<route::Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::deque<route::Event> events_;
};

/** class Watch: one route::Monitor. It keeps itself and the event loop alive until stop(). */
class Watch : public Napi::ObjectWrap<Watch> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Watch", {InstanceMethod<&Watch::Stop>("stop")});
  }

  /** new Watch(netns, callback): callback gets arrays of events. Throws a KernelError when it cannot listen. */
  explicit Watch(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Watch>(info), env_(info.Env()) {
    if (!info[0].IsString() || !info[1].IsFunction()) {
      type_error(env_, "a namespace path or '' and a function");
      return;
    }
    // One waiting call is enough: each empties the queue.
    auto* context = new std::shared_ptr<Queue>(queue_);
    const Napi::String name = Napi::String::New(env_, "fairlead:watch");
    if (napi_create_threadsafe_function(env_, info[1], nullptr, name, 1, 1, context, forget, context, deliver, &wake_) !=
        napi_ok) {
      delete context;
      type_error(env_, "an environment that can still start threads");
      return;
    }
    // Added after the function's own hook and therefore run before it.
    napi_add_env_cleanup_hook(env_, teardown, this);
    Failure failure = monitor_.start(info[0].As<Napi::String>().Utf8Value(),
                                     [queue = queue_, wake = wake_](std::vector<route::Event>&& events) {
                                       queue->push(std::move(events));
                                       napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking);
                                     });
    if (failure) {
      stop();
      failure->operation = "watch";
      napi_throw(env_, kernel_error(env_, *failure));
      return;
    }
    Ref();
    referenced_ = true;
  }

  ~Watch() override { stop(); }

 private:
  Napi::Value Stop(const Napi::CallbackInfo& info) {
    stop();
    if (std::exchange(referenced_, false)) Unref();
    return info.Env().Undefined();
  }

  void stop() {
    if (wake_ == nullptr) return;
    monitor_.stop();
    napi_remove_env_cleanup_hook(env_, teardown, this);
    napi_release_threadsafe_function(std::exchange(wake_, nullptr), napi_tsfn_abort);
  }

  static void teardown(void* self) { static_cast<Watch*>(self)->stop(); }

  static void forget(napi_env, void* context, void*) { delete static_cast<std::shared_ptr<Queue>*>(context); }

  static void deliver(napi_env raw, napi_value callback, void* context, void*) {
    if (raw == nullptr || callback == nullptr) return;
    const Napi::Env env(raw);
    const std::deque<route::Event> events = (*static_cast<std::shared_ptr<Queue>*>(context))->take();
    if (events.empty()) return;
    Napi::Array array = Napi::Array::New(env, events.size());
    for (uint32_t i = 0; i < events.size(); i++) array.Set(i, event_object(env, events[i]));
    Napi::Function(env, callback).Call({array});
  }

  Napi::Env env_;
  std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
  napi_threadsafe_function wake_ = nullptr;
  bool referenced_ = false;
  route::Monitor monitor_;
};

}  // namespace

Napi::Function define_watch(Napi::Env env) { return Watch::define(env); }

}  // namespace fl::js
