#include "js/numbers.h"

#include <mutex>
#include <vector>

#include "js/errors.h"

namespace fl::js {

struct Numbers::Queue {
  std::mutex mutex;
  std::vector<uint32_t> waiting;
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

std::function<void(uint32_t)> Numbers::sink() const {
  return [queue = queue_, wake = wake_](uint32_t number) {
    {
      const std::lock_guard lock(queue->mutex);
      queue->waiting.push_back(number);
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
  std::vector<uint32_t> numbers;
  {
    Queue& queue = **static_cast<std::shared_ptr<Queue>*>(context);
    const std::lock_guard lock(queue.mutex);
    numbers.swap(queue.waiting);
  }
  if (numbers.empty()) return;
  Napi::Array array = Napi::Array::New(env, numbers.size());
  for (uint32_t i = 0; i < numbers.size(); i++) array.Set(i, numbers[i]);
  Napi::Function(env, callback).Call({array});
}

}  // namespace fl::js
