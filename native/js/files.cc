#include <fcntl.h>

#include "base/netns.h"
#include "js/bindings.h"

namespace fl::js {

/** openFile(netns, path, writable): a file descriptor, which the caller closes. */
Napi::Value open_file(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsString() || !info[2].IsBoolean()) {
    return type_error(env, "a namespace path or '', a file's path, and whether to write");
  }
  const int flags = info[2].As<Napi::Boolean>().Value() ? O_WRONLY : O_RDONLY;
  Outcome<Fd> file = fl::open_file(info[0].As<Napi::String>(), info[1].As<Napi::String>(), flags);
  if (file) return Napi::Number::New(env, file->release());
  file.error().operation = "open";
  napi_throw(env, kernel_error(env, file.error()));
  return env.Undefined();
}

}  // namespace fl::js
