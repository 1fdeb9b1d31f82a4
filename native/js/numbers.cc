#include "js/numbers.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "js/errors.h"

namespace fl::js {

struct Numbers::Queue {
  std::mutex mutex;
  std::vector<double> waiting;
};

bool Numbers::open(Napi::Env env, const Napi::Value& function, const char* name, std::function<void()> before) {
  env_ = env;
  before_ = std::move(before);
  queue_ = std::make_shared<Queue>();
  auto* context = new std::shared_ptr<Queue>(queue_);
  const auto forget = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Queue>*>(data); };
  // One waiting call is enough: each empties the queue.
  if (napi_create_threadsafe_function(env, function, nullptr, Napi::String::New(env, name), 1, 1, context, forget, context,
                                      deliver, &wake_) != napi_ok) {
    delete context;
    type_error(env, "an environment that can still start threads");
    return false;
  }
  // Added after the function's own hook and therefore run before it.
  napi_add_env_cleanup_hook(env, teardown, this);
  return true;
}

std::function<void(std::span<const double>)> Numbers::sink() const {
  return [queue = queue_, wake = wake_](std::span<const double> numbers) {
    {
      const std::lock_guard lock(queue->mutex);
      queue->waiting.insert(queue->waiting.end(), numbers.begin(), numbers.end());
    }
    napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking);
  };
}

void Numbers::close() {
  if (wake_ == nullptr) return;
  before_();
  napi_remove_env_cleanup_hook(env_, teardown, this);
  napi_release_threadsafe_function(std::exchange(wake_, nullptr), napi_tsfn_abort);
}

void Numbers::teardown(void* self) { static_cast<Numbers*>(self)->close(); }

void Numbers::deliver(napi_env raw, napi_value callback, void* context, void*) {
  if (raw == nullptr || callback == nullptr) return;
  const Napi::Env env(raw);
  std::vector<double> numbers;
  {
    Queue& queue = **static_cast<std::shared_ptr<Queue>*>(context);
    const std::lock_guard lock(queue.mutex);
    numbers.swap(queue.waiting);
  }
  if (numbers.empty()) return;
  auto array = Napi::Float64Array::New(env, numbers.size());
  std::copy(numbers.begin(), numbers.end(), array.Data());
  Napi::Function(env, callback).Call({array});
}

}  // namespace fl::js
