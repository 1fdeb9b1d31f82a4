#pragma once
#include <napi.h>

#include <functional>
#include <memory>

namespace fl::js {

/** How another thread wakes a JavaScript function. While it hangs it keeps the event loop alive. Its owner declares it after
 *  what that thread uses, so that it is closed first. */
class Bell {
 public:
  using Answer = std::function<void(Napi::Env, const Napi::Function&)>;

  ~Bell() { close(); }

  /** After a ring `answer` runs on the main thread; it has to take all that waits, because rings that come together are one.
   *  `before` runs in close(), also when the environment is torn down: it must end the thread that rings. False with an
   *  exception thrown. */
  bool hang(Napi::Env env, const Napi::Value& function, const char* name, Answer answer, std::function<void()> before);
  /** For any thread, also after close(), when it does nothing. */
  std::function<void()> rope() const;
  void close();

 private:
  struct State;
  static void teardown(void* self);

  napi_env env_ = nullptr;
  std::shared_ptr<State> state_;
  std::function<void()> before_;
};

}  // namespace fl::js
