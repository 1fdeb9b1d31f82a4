#include "js/ipvs_tasks.h"

#include <utility>
#include <vector>

#include "js/bindings.h"

namespace fl::js {
namespace {

// Records of a portion: unpacking them takes some 2 ms, and 40 ms in an emulated machine before the code is compiled.
constexpr size_t portion_records = 512;

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

  Failure work() override { return client_->dump(reading_, portion_records, read_); }

  bool exchange() override {
    std::swap(read_, taken_);
    read_.services.clear();
    read_.destinations.clear();
    return !reading_.finished();
  }

  void meanwhile(Napi::Env env) override {
    if (!taken_.services.empty() || !taken_.destinations.empty()) take_.Call({snapshot_object(env, taken_)});
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

 private:
  std::shared_ptr<ipvs::Client> client_;
  ipvs::Reading reading_;
  Napi::FunctionReference take_;
  ipvs::Snapshot read_;
  ipvs::Snapshot taken_;
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
