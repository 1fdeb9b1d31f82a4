#include "js/errors.h"

namespace fl::js {

Napi::Object failure_object(Napi::Env env, const Error& error) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("code", code_name(error.code));
  object.Set("errno", error.number);
  object.Set("operation", error.operation);
  object.Set("text", error.text);
  return object;
}

Napi::Value kernel_error(Napi::Env env, const Error& error) {
  const auto* environment = env.GetInstanceData<Environment>();
  if (environment != nullptr && !environment->kernel_error.IsEmpty()) {
    return environment->kernel_error.New({failure_object(env, error)});
  }
  return Napi::Error::New(env, error.operation + ": " + error.text).Value();
}

Napi::Value type_error(Napi::Env env, const char* expected) {
  Napi::TypeError::New(env, std::string("expected ") + expected).ThrowAsJavaScriptException();
  return env.Undefined();
}

Napi::Value initialize(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) return type_error(info.Env(), "the KernelError class");
  info.Env().GetInstanceData<Environment>()->kernel_error = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

}  // namespace fl::js
