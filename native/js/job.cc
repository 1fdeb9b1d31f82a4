#include "js/job.h"

#include <cerrno>
#include <new>

namespace fl::js {

namespace {

/** Work in one go. */
class Once : public Lane::Task {
 public:
  Once(Lane::Work work, Lane::Convert convert) : work_(std::move(work)), convert_(std::move(convert)) {}
  Failure work() override { return work_(); }
  Napi::Value result(Napi::Env env) override { return convert_(env); }

 private:
  Lane::Work work_;
  Lane::Convert convert_;
};

}  // namespace

struct Job {
  std::shared_ptr<Lane> lane;
  std::string operation;
  std::unique_ptr<Lane::Task> task;
  Napi::Promise::Deferred deferred;
  napi_async_work handle = nullptr;
  Failure failure = std::nullopt;
  /** What JavaScript threw; empty when nothing. */
  Napi::Error thrown = {};

  /** Main thread: hands the next go to a pool thread. */
  bool queue(napi_env env) {
    const Napi::String name = Napi::String::New(env, "fairlead:" + operation);
    if (napi_create_async_work(env, nullptr, name, execute, complete, this, &handle) != napi_ok) return false;
    if (napi_queue_async_work(env, handle) == napi_ok) return true;
    napi_delete_async_work(env, handle);
    return false;
  }

  /** Pool thread. */
  static void execute(napi_env, void* data) {
    auto* job = static_cast<Job*>(data);
    try {
      job->failure = job->task->work();
    } catch (const std::bad_alloc&) {
      job->failure = system_error("allocate", ENOMEM);
    } catch (...) {
      job->failure = Error{Code::kernel, 0, job->operation, "unexpected exception"};
    }
  }

  /** Main thread. */
  static void complete(napi_env raw, napi_status, void* data) {
    std::unique_ptr<Job> job(static_cast<Job*>(data));
    const Napi::Env env(raw);
    napi_delete_async_work(raw, job->handle);
    if (!can_run(raw)) {
      job->lane->waiting_.clear();
    } else if (job->proceed(env)) {
      static_cast<void>(job.release());
      return;
    } else {
      job->settle(env);
    }
    job->lane->finish(env);
  }

  /** True when another go was begun. */
  bool proceed(Napi::Env env) {
    if (failure || !thrown.IsEmpty()) return false;
    const bool more = task->exchange() && queue(env);
    share(env);
    return more;
  }

  /** JavaScript's share. */
  void share(Napi::Env env) {
    task->meanwhile(env);
    if (env.IsExceptionPending()) thrown = env.GetAndClearPendingException();
  }

  void settle(Napi::Env env) {
    if (!thrown.IsEmpty()) {
      deferred.Reject(thrown.Value());
    } else if (failure) {
      if (failure->operation.empty()) failure->operation = operation;
      deferred.Reject(kernel_error(env, *failure));
    } else {
      deferred.Resolve(task->result(env));
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

Napi::Value Lane::submit(Napi::Env env, std::string operation, std::unique_ptr<Task> task) {
  auto job = std::unique_ptr<Job>(
      new Job{shared_from_this(), std::move(operation), std::move(task), Napi::Promise::Deferred::New(env)});
  const Napi::Promise promise = job->deferred.Promise();
  if (closed_) {
    job->reject_closed(env);
    return promise;
  }
  job->share(env);
  if (!job->thrown.IsEmpty()) {
    job->settle(env);
    return promise;
  }
  // JavaScript's share may have closed it.
  if (closed_) {
    job->reject_closed(env);
    return promise;
  }
  waiting_.push_back(std::move(job));
  start(env);
  return promise;
}

Napi::Value Lane::submit(Napi::Env env, std::string operation, Work work, Convert convert) {
  return submit(env, std::move(operation), std::make_unique<Once>(std::move(work), std::move(convert)));
}

void Lane::start(Napi::Env env) {
  if (running_ || waiting_.empty()) return;
  std::unique_ptr<Job> job = std::move(waiting_.front());
  waiting_.pop_front();
  job->task->exchange();
  if (!job->queue(env)) return;
  running_ = true;
  // complete() takes it back.
  job.release()->share(env);
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
