#pragma once
#include <napi.h>

#include <functional>
#include <memory>
#include <span>

namespace fl::js {

/** Numbers on their way from another thread to a JavaScript function, which gets them in Float64Arrays. While it is open it keeps
 *  the event loop alive. */
class Numbers {
 public:
  ~Numbers() { close(); }

  /** `before` runs when the environment is torn down: it must end the thread that pushes. False with an exception thrown. */
  bool open(Napi::Env env, const Napi::Value& function, const char* name, std::function<void()> before);
  /** For the other thread: callable until close(). What comes together stays together. */
  std::function<void(std::span<const double>)> sink() const;
  void close();

 private:
  struct Queue;
  static void deliver(napi_env raw, napi_value callback, void* context, void*);
  static void teardown(void* self);

  napi_env env_ = nullptr;
  std::shared_ptr<Queue> queue_;
  napi_threadsafe_function wake_ = nullptr;
  std::function<void()> before_;
};

}  // namespace fl::js
