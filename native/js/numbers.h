#pragma once

#include <functional>
#include <memory>
#include <span>

#include "js/bell.h"

namespace fl::js {

/** Numbers on their way from another thread to a JavaScript function, which gets them in Float64Arrays. While it is open it keeps
 *  the event loop alive. */
class Numbers {
 public:
  /** `before` must end the thread that pushes: see Bell. False with an exception thrown. */
  bool open(Napi::Env env, const Napi::Value& function, const char* name, std::function<void()> before);
  /** For the other thread: callable until close(). What comes together stays together. */
  std::function<void(std::span<const double>)> sink() const;
  void close() { bell_.close(); }

 private:
  struct Queue;

  std::shared_ptr<Queue> queue_;
  Bell bell_;
};

}  // namespace fl::js
