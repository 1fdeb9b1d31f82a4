#include "base/exits.h"

#include "js/bindings.h"
#include "js/numbers.h"

namespace fl::js {
namespace {

/** class Exits: one fl::Exits. It keeps itself and the event loop alive until stop(). */
class ExitsObject : public Napi::ObjectWrap<ExitsObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Exits",
                       {InstanceMethod<&ExitsObject::Add>("add"), InstanceMethod<&ExitsObject::Remove>("remove"),
                        InstanceMethod<&ExitsObject::Stop>("stop")});
  }

  /** new Exits(callback): callback gets arrays of process ids. Throws a KernelError when it cannot begin. */
  explicit ExitsObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ExitsObject>(info) {
    if (!info[0].IsFunction()) {
      type_error(info.Env(), "a function");
      return;
    }
    if (!told_.open(info.Env(), info[0], "fairlead:exits", [this] { exits_.stop(); })) return;
    if (Failure failure = exits_.start([tell = told_.sink()](uint32_t pid) {
          const double one = pid;
          tell({&one, 1});
        })) {
      told_.close();
      failure->operation = "watch processes";
      napi_throw(info.Env(), kernel_error(info.Env(), *failure));
      return;
    }
    Ref();
    referenced_ = true;
  }

 private:
  /** add(pid): 'yes', 'gone' or 'unsupported'. */
  Napi::Value Add(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!info[0].IsNumber() || !referenced_) return type_error(env, "a process id, before stop()");
    auto added = exits_.add(info[0].As<Napi::Number>().Uint32Value());
    if (!added) {
      added.error().operation = "watch a process";
      napi_throw(env, kernel_error(env, added.error()));
      return env.Undefined();
    }
    switch (*added) {
      case Exits::Added::yes: return Napi::String::New(env, "yes");
      case Exits::Added::gone: return Napi::String::New(env, "gone");
      case Exits::Added::unsupported: break;
    }
    return Napi::String::New(env, "unsupported");
  }

  Napi::Value Remove(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) return type_error(info.Env(), "a process id");
    exits_.remove(info[0].As<Napi::Number>().Uint32Value());
    return info.Env().Undefined();
  }

  Napi::Value Stop(const Napi::CallbackInfo& info) {
    told_.close();
    if (std::exchange(referenced_, false)) Unref();
    return info.Env().Undefined();
  }

  Exits exits_;
  Numbers told_;
  bool referenced_ = false;
};

}  // namespace

Napi::Function define_exits(Napi::Env env) { return ExitsObject::define(env); }

}  // namespace fl::js
