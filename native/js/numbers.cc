#include "js/numbers.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace fl::js {

struct Numbers::Queue {
  std::mutex mutex;
  std::vector<double> waiting;
};

bool Numbers::open(Napi::Env env, const Napi::Value& function, const char* name, std::function<void()> before) {
  queue_ = std::make_shared<Queue>();
  const auto deliver = [queue = queue_](Napi::Env now, const Napi::Function& callback) {
    std::vector<double> numbers;
    {
      const std::lock_guard lock(queue->mutex);
      numbers.swap(queue->waiting);
    }
    if (numbers.empty()) return;
    auto array = Napi::Float64Array::New(now, numbers.size());
    std::copy(numbers.begin(), numbers.end(), array.Data());
    callback.Call({array});
  };
  return bell_.hang(env, function, name, deliver, std::move(before));
}

std::function<void(std::span<const double>)> Numbers::sink() const {
  return [queue = queue_, ring = bell_.rope()](std::span<const double> numbers) {
    {
      const std::lock_guard lock(queue->mutex);
      queue->waiting.insert(queue->waiting.end(), numbers.begin(), numbers.end());
    }
    ring();
  };
}

}  // namespace fl::js
