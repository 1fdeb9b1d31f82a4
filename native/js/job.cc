#include "js/job.h"

#include <cerrno>
#include <new>

namespace fl::js {

struct Job {
  std::shared_ptr<Lane> lane;
  std::string operation;
  Lane::Work work;
  Lane::Convert convert;
  Napi::Promise::Deferred deferred;
  napi_async_work handle = nullptr;
  Failure failure = std::nullopt;

  /** Pool thread. */
  static void execute(napi_env, void* data) {
    auto* job = static_cast<Job*>(data);
    try {
      job->failure = job->work();
    } catch (const std::bad_alloc&) {
      job->failure = system_error("allocate", ENOMEM);
    } catch (...) {
      job->failure = Error{Code::kernel, 0, job->operation, "unexpected exception"};
    }
  }

  /** Main thread. */
  static void complete(napi_env raw, napi_status, void* data) {
    const std::unique_ptr<Job> job(static_cast<Job*>(data));
    const Napi::Env env(raw);
    napi_delete_async_work(raw, job->handle);
    if (can_run(raw)) {
      job->settle(env);
    } else {
      job->lane->waiting_.clear();
    }
    job->lane->finish(env);
  }

  void settle(Napi::Env env) {
    if (failure) {
      if (failure->operation.empty()) failure->operation = operation;
      deferred.Reject(kernel_error(env, *failure));
    } else {
      deferred.Resolve(convert(env));
    }
  }

  void reject_closed(Napi::Env env) {
    deferred.Reject(kernel_error(env, {Code::not_attempted, 0, operation, "it was closed"}));
  }

  /** False while the environment is being torn down: then no JavaScript may be touched and nobody waits. */
  static bool can_run(napi_env env) {
    napi_value object = nullptr;
    napi_value value = nullptr;
    return napi_create_object(env, &object) == napi_ok && napi_get_undefined(env, &value) == napi_ok &&
           napi_set_named_property(env, object, "probe", value) == napi_ok;
  }
};

Lane::Lane() = default;
Lane::~Lane() = default;

Napi::Value Lane::submit(Napi::Env env, std::string operation, Work work, Convert convert) {
  auto job = std::unique_ptr<Job>(new Job{shared_from_this(), std::move(operation), std::move(work), std::move(convert),
                                          Napi::Promise::Deferred::New(env), nullptr, std::nullopt});
  const Napi::Promise promise = job->deferred.Promise();
  if (closed_) {
    job->reject_closed(env);
    return promise;
  }
  waiting_.push_back(std::move(job));
  start(env);
  return promise;
}

void Lane::start(Napi::Env env) {
  if (running_ || waiting_.empty()) return;
  std::unique_ptr<Job> job = std::move(waiting_.front());
  waiting_.pop_front();
  const Napi::String name = Napi::String::New(env, "fairlead:" + job->operation);
  if (napi_create_async_work(env, nullptr, name, Job::execute, Job::complete, job.get(), &job->handle) != napi_ok) return;
  if (napi_queue_async_work(env, job->handle) != napi_ok) {
    napi_delete_async_work(env, job->handle);
    return;
  }
  running_ = true;
  // complete() takes it back.
  static_cast<void>(job.release());
}

void Lane::finish(Napi::Env env) {
  running_ = false;
  start(env);
}

void Lane::close(Napi::Env env) {
  closed_ = true;
  for (const auto& job : std::exchange(waiting_, {})) job->reject_closed(env);
}

}  // namespace fl::js
