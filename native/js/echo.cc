#include "probe/echo.h"

#include "js/bindings.h"
#include "js/numbers.h"

namespace fl::js {
namespace {

/** class Echo: one probe::Echo. It keeps itself and the event loop alive until stop(). */
class EchoObject : public Napi::ObjectWrap<EchoObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Echo",
                       {InstanceMethod<&EchoObject::Send>("send"), InstanceMethod<&EchoObject::Stop>("stop")});
  }

  /** new Echo(netns, callback): callback gets arrays of tokens that were answered. Throws a KernelError. */
  explicit EchoObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EchoObject>(info) {
    if (!info[0].IsString() || !info[1].IsFunction()) {
      type_error(info.Env(), "a namespace path or '' and a function");
      return;
    }
    if (!told_.open(info.Env(), info[1], "fairlead:echo", [this] { echo_.stop(); })) return;
    if (Failure failure = echo_.start(info[0].As<Napi::String>().Utf8Value(), told_.sink())) {
      told_.close();
      failure->operation = "listen for echoes";
      napi_throw(info.Env(), kernel_error(info.Env(), *failure));
      return;
    }
    Ref();
    referenced_ = true;
  }

 private:
  /** send(address, token): undefined, or why it could not be sent as {code, errno, operation, text}. */
  Napi::Value Send(const Napi::CallbackInfo& info) {
    if (!info[0].IsString() || !info[1].IsNumber() || !referenced_) {
      return type_error(info.Env(), "an address and a number, before stop()");
    }
    const auto address = address_bytes(info[0].As<Napi::String>().Utf8Value());
    if (!address) return type_error(info.Env(), "an address");
    Failure failure = echo_.send(*address, info[1].As<Napi::Number>().Uint32Value());
    if (!failure) return info.Env().Undefined();
    failure->operation = "echo";
    return failure_object(info.Env(), *failure);
  }

  Napi::Value Stop(const Napi::CallbackInfo& info) {
    told_.close();
    if (std::exchange(referenced_, false)) Unref();
    return info.Env().Undefined();
  }

  probe::Echo echo_;
  Numbers told_;
  bool referenced_ = false;
};

}  // namespace

Napi::Function define_echo(Napi::Env env) { return EchoObject::define(env); }

}  // namespace fl::js
