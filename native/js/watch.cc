#include <deque>
#include <memory>
#include <mutex>

#include "js/bell.h"
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
    const auto deliver = [queue = queue_](Napi::Env env, const Napi::Function& callback) {
      const std::deque<route::Event> events = queue->take();
      if (events.empty()) return;
      Napi::Array array = Napi::Array::New(env, events.size());
      for (uint32_t i = 0; i < events.size(); i++) array.Set(i, event_object(env, events[i]));
      callback.Call({array});
    };
    if (!bell_.hang(env_, info[1], "fairlead:watch", deliver, [this] { monitor_.stop(); })) return;
    Failure failure = monitor_.start(info[0].As<Napi::String>().Utf8Value(),
                                     [queue = queue_, ring = bell_.rope()](std::vector<route::Event>&& events) {
                                       queue->push(std::move(events));
                                       ring();
                                     });
    if (failure) {
      bell_.close();
      failure->operation = "watch";
      napi_throw(env_, kernel_error(env_, *failure));
      return;
    }
    Ref();
    referenced_ = true;
  }

 private:
  Napi::Value Stop(const Napi::CallbackInfo& info) {
    bell_.close();
    if (std::exchange(referenced_, false)) Unref();
    return info.Env().Undefined();
  }

  Napi::Env env_;
  std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
  bool referenced_ = false;
  route::Monitor monitor_;
  Bell bell_;
};

}  // namespace

Napi::Function define_watch(Napi::Env env) { return Watch::define(env); }

}  // namespace fl::js
