#include <sys/socket.h>

#include <deque>
#include <memory>
#include <mutex>

#include "js/bell.h"
#include "js/bindings.h"
#include "js/vrrp_wire.h"
#include "vrrp/listen.h"

namespace fl::js {
namespace {

constexpr size_t queue_limit = 4096;

/** Packets on their way from the listener's thread to JavaScript. Those that find it full are counted. */
class Queue {
 public:
  struct Content {
    std::deque<vrrp::Sighting> seen;
    uint32_t lost = 0;
    Failure end;
  };

  /** Listener's thread. */
  void push(vrrp::Sighting&& sighting) {
    const std::lock_guard lock(mutex_);
    if (content_.seen.size() < queue_limit) content_.seen.push_back(std::move(sighting));
    else content_.lost++;
  }
  void end(Error&& error) {
    const std::lock_guard lock(mutex_);
    content_.end = std::move(error);
  }

  /** Main thread. */
  Content take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(content_, {});
  }

 private:
  std::mutex mutex_;
  Content content_;
};

/** The settings a packet is judged by: those of its virtual router, else any of its family, which then say what differs. */
const vrrp::Wire* settings_for(const std::vector<vrrp::Wire>& instances, const vrrp::Sighting& seen) {
  const auto head = vrrp::peek(seen.message);
  const vrrp::Wire* found = nullptr;
  for (const vrrp::Wire& wire : instances) {
    if (wire.family != seen.family) continue;
    if (head && wire.vrid == head->vrid) return &wire;
    if (found == nullptr) found = &wire;
  }
  return found;
}

Napi::Object sighting_object(Napi::Env env, const std::vector<vrrp::Wire>& instances, const vrrp::Sighting& seen) {
  const auto told = vrrp::describe(seen.family, seen.packet(), settings_for(instances, seen), seen.at / 1000);
  Napi::Object object = description_object(env, seen.family, told);
  object.Set("kind", "packet");
  object.Set("at", static_cast<double>(seen.at) / 1e6);
  object.Set("family", seen.family == AF_INET6 ? "inet6" : "inet");
  object.Set("sent", seen.sent);
  object.Set("source", address_text(seen.family, seen.source));
  object.Set("destination", address_text(seen.family, seen.destination));
  object.Set("ttl", seen.ttl);
  object.Set("size", static_cast<double>(seen.message.size()));
  return object;
}

Napi::Array events_array(Napi::Env env, const std::vector<vrrp::Wire>& instances, Queue::Content&& content) {
  Napi::Array array = Napi::Array::New(env);
  for (const vrrp::Sighting& seen : content.seen) array.Set(array.Length(), sighting_object(env, instances, seen));
  if (content.lost != 0) {
    Napi::Object lost = Napi::Object::New(env);
    lost.Set("kind", "lost");
    lost.Set("count", content.lost);
    array.Set(array.Length(), lost);
  }
  if (content.end) {
    content.end->operation = "listen";
    Napi::Object end = Napi::Object::New(env);
    end.Set("kind", "ended");
    end.Set("failure", failure_object(env, *content.end));
    array.Set(array.Length(), end);
  }
  return array;
}

/** class VrrpListen: one vrrp::Listener. It keeps itself and the event loop alive until stop(). */
class VrrpListen : public Napi::ObjectWrap<VrrpListen> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "VrrpListen", {InstanceMethod<&VrrpListen::Stop>("stop")});
  }

  /** new VrrpListen(netns, interface, instances: WireSettings[], callback): callback gets arrays of events. Throws a
   *  KernelError when it cannot listen. */
  explicit VrrpListen(const Napi::CallbackInfo& info) : Napi::ObjectWrap<VrrpListen>(info), env_(info.Env()) {
    if (!info[0].IsString() || !info[1].IsString() || !info[2].IsArray() || !info[3].IsFunction()) {
      type_error(env_, "a namespace path or '', an interface, settings and a function");
      return;
    }
    std::vector<vrrp::Wire> wires;
    const auto instances = info[2].As<Napi::Array>();
    for (uint32_t i = 0; i < instances.Length(); i++) {
      Fields fields(instances.Get(i));
      wires.push_back(read_wire(fields));
      if (!fields.wrong()) continue;
      type_error(env_, ("another value for " + *fields.wrong()).c_str());
      return;
    }
    const auto queue = std::make_shared<Queue>();
    const auto deliver = [queue, wires](Napi::Env env, const Napi::Function& callback) {
      const Napi::Array events = events_array(env, wires, queue->take());
      if (events.Length() != 0) callback.Call({events});
    };
    if (!bell_.hang(env_, info[3], "fairlead:vrrp-listen", deliver, [this] { listener_.stop(); })) return;
    Failure failure = listener_.start(info[0].As<Napi::String>(), info[1].As<Napi::String>(),
                                      {[queue, ring = bell_.rope()](vrrp::Sighting&& seen) {
                                         queue->push(std::move(seen));
                                         ring();
                                       },
                                       [queue, ring = bell_.rope()](Error&& error) {
                                         queue->end(std::move(error));
                                         ring();
                                       }});
    if (failure) {
      bell_.close();
      failure->operation = "listen";
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
  bool referenced_ = false;
  vrrp::Listener listener_;
  Bell bell_;
};

}  // namespace

Napi::Function define_vrrp_listen(Napi::Env env) { return VrrpListen::define(env); }

}  // namespace fl::js
