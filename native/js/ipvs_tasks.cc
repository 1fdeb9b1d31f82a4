#include "js/ipvs_tasks.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "js/bindings.h"

namespace fl::js {
namespace {

// Records of the first portions, before JavaScript has said how many it takes at once, and most of any.
constexpr size_t first_portion_records = 64;
constexpr uint32_t most_portion_records = 4096;

class Apply : public Lane::Task {
 public:
  Apply(std::shared_ptr<ipvs::Client> client, const Napi::Function& next, const Napi::Function& refuse)
      : client_(std::move(client)), next_(Napi::Persistent(next)), refuse_(Napi::Persistent(refuse)) {}

  Failure work() override { return client_->apply(slice_, progress_); }

  bool exchange() override {
    slice_ = std::exchange(packed_, {});
    refused_ = std::exchange(progress_.refusals, {});
    return !slice_.empty();
  }

  void meanwhile(Napi::Env env) override {
    if (!refused_.empty()) refuse_.Call({refusal_array(env, refused_)});
    if (ended_ || env.IsExceptionPending()) return;
    const Napi::Value slice = next_.Call({});
    ended_ = env.IsExceptionPending() || slice.IsUndefined();
    if (ended_) return;
    auto ops = ops_argument(slice);
    if (ops) packed_ = std::move(*ops);
    else type_error(env, "whole op records");
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

 private:
  std::shared_ptr<ipvs::Client> client_;
  Napi::FunctionReference next_;
  Napi::FunctionReference refuse_;
  bool ended_ = false;
  std::vector<ipvs::Op> packed_;
  std::vector<ipvs::Op> slice_;
  ipvs::Progress progress_;
  std::vector<ipvs::Refusal> refused_;
};

class Dump : public Lane::Task {
 public:
  Dump(std::shared_ptr<ipvs::Client> client, bool counters, const Napi::Function& take)
      : client_(std::move(client)), reading_{.counters = counters}, take_(Napi::Persistent(take)) {}

  Failure work() override { return client_->dump(reading_, portion_records_, read_); }

  bool exchange() override {
    std::swap(read_, taken_);
    read_.services.clear();
    read_.destinations.clear();
    portion_records_ = wanted_records_;
    return !reading_.finished();
  }

  void meanwhile(Napi::Env env) override {
    if (taken_.services.empty() && taken_.destinations.empty()) return;
    const Napi::Value wanted = take_.Call({snapshot_object(env, taken_)});
    if (env.IsExceptionPending() || !wanted.IsNumber()) return;
    wanted_records_ = std::clamp(wanted.As<Napi::Number>().Uint32Value(), 1U, most_portion_records);
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

 private:
  std::shared_ptr<ipvs::Client> client_;
  ipvs::Reading reading_;
  Napi::FunctionReference take_;
  ipvs::Snapshot read_;
  ipvs::Snapshot taken_;
  size_t portion_records_ = first_portion_records;
  size_t wanted_records_ = first_portion_records;
};

}  // namespace

std::unique_ptr<Lane::Task> apply_task(std::shared_ptr<ipvs::Client> client, const Napi::Function& next,
                                       const Napi::Function& refuse) {
  return std::make_unique<Apply>(std::move(client), next, refuse);
}

std::unique_ptr<Lane::Task> dump_task(std::shared_ptr<ipvs::Client> client, bool counters, const Napi::Function& take) {
  return std::make_unique<Dump>(std::move(client), counters, take);
}

}  // namespace fl::js
