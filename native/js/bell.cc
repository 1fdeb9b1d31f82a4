#include "js/bell.h"

#include <mutex>

#include "js/errors.h"

namespace fl::js {

/** Outlives the bell where its thread or the event loop still knows it. */
struct Bell::State {
  std::mutex mutex;
  napi_threadsafe_function function = nullptr;
  Answer answer;

  static void deliver(napi_env env, napi_value callback, void* context, void*) {
    if (env == nullptr || callback == nullptr) return;
    (*static_cast<std::shared_ptr<State>*>(context))->answer(env, Napi::Function(env, callback));
  }

  static void forget(napi_env, void* context, void*) { delete static_cast<std::shared_ptr<State>*>(context); }
};

bool Bell::hang(Napi::Env env, const Napi::Value& function, const char* name, Answer answer, std::function<void()> before) {
  env_ = env;
  before_ = std::move(before);
  state_ = std::make_shared<State>();
  state_->answer = std::move(answer);
  auto context = std::make_unique<std::shared_ptr<State>>(state_);
  // One waiting call is enough: each takes all.
  if (napi_create_threadsafe_function(env, function, nullptr, Napi::String::New(env, name), 1, 1, context.get(), State::forget,
                                      context.get(), State::deliver, &state_->function) != napi_ok) {
    state_.reset();
    type_error(env, "an environment that can still start threads");
    return false;
  }
  context.release();
  // Added after the function's own hook and therefore run before it.
  napi_add_env_cleanup_hook(env, teardown, this);
  return true;
}

std::function<void()> Bell::rope() const {
  return [state = state_] {
    const std::lock_guard lock(state->mutex);
    if (state->function != nullptr) napi_call_threadsafe_function(state->function, nullptr, napi_tsfn_nonblocking);
  };
}

void Bell::close() {
  if (!state_) return;
  const std::shared_ptr<State> state = std::move(state_);
  before_();
  napi_remove_env_cleanup_hook(env_, teardown, this);
  napi_threadsafe_function function = nullptr;
  {
    const std::lock_guard lock(state->mutex);
    function = std::exchange(state->function, nullptr);
  }
  napi_release_threadsafe_function(function, napi_tsfn_abort);
}

void Bell::teardown(void* self) { static_cast<Bell*>(self)->close(); }

}  // namespace fl::js
