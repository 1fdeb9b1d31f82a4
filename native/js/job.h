#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "js/errors.h"

namespace fl::js {

struct Job;

/** Runs blocking work off the main thread, one job of a client at a time and in order, so that a slow kernel holds one
 *  pool thread and no more. Main thread only. */
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  /** What a job does: one go of work() on a pool thread or several, between which other JavaScript runs. Each go is
   *  prepared by exchange() and accompanied by meanwhile(), so that both threads are busy with a long job. */
  class Task {
   public:
    virtual ~Task() = default;
    /** Pool thread; touches no JavaScript. A failure ends the job. */
    virtual Failure work() = 0;
    /** Main thread, before and after every go: the threads swap what they have for each other. False after a go: that was
     *  the last. */
    virtual bool exchange() { return false; }
    /** Main thread, once when submitted and then beside or after every go: JavaScript's share. What it throws, the promise is
     *  rejected with. */
    virtual void meanwhile(Napi::Env) {}
    /** Main thread: what the promise gives. */
    virtual Napi::Value result(Napi::Env) = 0;
  };

  /** On a pool thread; touches no JavaScript. */
  using Work = std::function<Failure()>;
  /** On the main thread, after work that did not fail. */
  using Convert = std::function<Napi::Value(Napi::Env)>;

  Lane();
  ~Lane();

  /** A promise of the task's result. */
  Napi::Value submit(Napi::Env env, std::string operation, std::unique_ptr<Task> task);

  /** As above, of what `convert` makes once `work` is done. */
  Napi::Value submit(Napi::Env env, std::string operation, Work work, Convert convert);

  /** As above, for work that gives a value which `convert` then turns into JavaScript. */
  template <class Value>
  Napi::Value read(Napi::Env env, std::string operation, std::function<Outcome<Value>()> work,
                   std::function<Napi::Value(Napi::Env, const Value&)> convert) {
    auto result = std::make_shared<Value>();
    return submit(
        env, std::move(operation),
        [work = std::move(work), result]() -> Failure {
          auto outcome = work();
          if (!outcome) return outcome.error();
          *result = std::move(*outcome);
          return std::nullopt;
        },
        [convert = std::move(convert), result](Napi::Env environment) { return convert(environment, *result); });
  }

  /** Rejects what has not begun; what runs comes to its end. Later jobs are rejected at once. */
  void close(Napi::Env env);

 private:
  friend struct Job;
  void start(Napi::Env env);
  void finish(Napi::Env env);

  std::deque<std::unique_ptr<Job>> waiting_;
  bool running_ = false;
  bool closed_ = false;
};

}  // namespace fl::js
