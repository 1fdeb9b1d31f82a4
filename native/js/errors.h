#pragma once
#include <napi.h>

#include "base/error.h"

namespace fl::js {

/** What one JavaScript environment (the main thread or a worker) owns. Nothing is static: each has its own. */
struct Environment {
  /** KernelError of src/model/kernel-error.ts, handed over by initialize(). */
  Napi::FunctionReference kernel_error;
};

/** {code, errno, operation, text}: an OpFailure. */
Napi::Object failure_object(Napi::Env env, const Error& error);

/** A KernelError, or a plain Error before initialize(). */
Napi::Value kernel_error(Napi::Env env, const Error& error);

/** Throws a TypeError for an argument our own TypeScript never passes; gives undefined to return. */
Napi::Value type_error(Napi::Env env, const char* expected);

/** initialize(KernelError): once per environment, before anything can fail. */
Napi::Value initialize(const Napi::CallbackInfo& info);

}  // namespace fl::js
