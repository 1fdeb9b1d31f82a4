#include "ipvs/client.h"

#include <memory>

#include "ipvs/fields.h"
#include "js/bindings.h"
#include "js/convert.h"
#include "js/ipvs_tasks.h"

namespace fl::js {
namespace {

/** class Ipvs: one ipvs::Client. The sockets open with the first request, off the main thread. */
class Ipvs : public Napi::ObjectWrap<Ipvs> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Ipvs",
                       {InstanceMethod<&Ipvs::Dump>("dump"), InstanceMethod<&Ipvs::Services>("services"),
                        InstanceMethod<&Ipvs::One>("one"), InstanceMethod<&Ipvs::Apply>("apply"),
                        InstanceMethod<&Ipvs::GetInfo>("info"), InstanceMethod<&Ipvs::GetTimeouts>("timeouts"),
                        InstanceMethod<&Ipvs::SetTimeouts>("setTimeouts"), InstanceMethod<&Ipvs::Daemons>("daemons"),
                        InstanceMethod<&Ipvs::StartDaemon>("startDaemon"),
                        InstanceMethod<&Ipvs::StopDaemon>("stopDaemon"), InstanceMethod<&Ipvs::Zero>("zero"),
                        InstanceMethod<&Ipvs::Flush>("flush"), InstanceMethod<&Ipvs::Close>("close")});
  }

  /** new Ipvs(netns, deadlineMs) */
  explicit Ipvs(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Ipvs>(info) {
    if (!info[0].IsString() || !info[1].IsNumber()) {
      type_error(info.Env(), "a namespace path or '' and a deadline in milliseconds");
      return;
    }
    client_ = std::make_shared<ipvs::Client>(ipvs::Client::Options{
        info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Int64Value()});
  }

 private:
  template <class Call>
  Napi::Value Do(const Napi::CallbackInfo& info, const char* operation, Call call) {
    return lane_->submit(
        info.Env(), operation, [client = client_, call = std::move(call)] { return call(*client); },
        [](Napi::Env env) { return env.Undefined(); });
  }

  /** dump(counters: boolean, take: (portion: {services, destinations}) => number): nothing; the table came in portions of packed
   *  records, of as many as `take` last asked for. */
  Napi::Value Dump(const Napi::CallbackInfo& info) {
    if (!info[1].IsFunction()) return type_error(info.Env(), "whether with counters, and a function");
    return lane_->submit(info.Env(), "dump", dump_task(client_, info[0].ToBoolean(), info[1].As<Napi::Function>()));
  }

  /** services(counters: boolean): {services, destinations} as packed records, without destinations. */
  Napi::Value Services(const Napi::CallbackInfo& info) {
    const bool counters = info[0].ToBoolean();
    return lane_->read<ipvs::Snapshot>(
        info.Env(), "dump", [client = client_, counters] { return client->services(counters); }, snapshot_object);
  }

  /** one(service: Uint8Array, counters: boolean): the same with destinations, of the service of that record. */
  Napi::Value One(const Napi::CallbackInfo& info) {
    const auto op = ops_argument(info[0]);
    if (!op || op->size() != 1) return type_error(info.Env(), "one op record");
    const bool counters = info[1].ToBoolean();
    return lane_->read<ipvs::Snapshot>(
        info.Env(), "read service",
        [client = client_, op = op->front(), counters] { return client->one(op.service, counters); }, snapshot_object);
  }

  /** apply(next: () => Uint8Array | undefined, refuse: (refused: {index, code, errno, operation, text}[]) => void). */
  Napi::Value Apply(const Napi::CallbackInfo& info) {
    if (!info[0].IsFunction() || !info[1].IsFunction()) {
      return type_error(info.Env(), "a function that gives whole op records, and one that takes refusals");
    }
    return lane_->submit(info.Env(), "apply",
                         apply_task(client_, info[0].As<Napi::Function>(), info[1].As<Napi::Function>()));
  }

  Napi::Value GetInfo(const Napi::CallbackInfo& info) {
    return lane_->read<ipvs::Info>(
        info.Env(), "info", [client = client_] { return client->info(); },
        [](Napi::Env env, const ipvs::Info& value) { return to_object(env, ipvs::info_table, record_bytes(value)); });
  }

  Napi::Value GetTimeouts(const Napi::CallbackInfo& info) {
    return lane_->read<ipvs::Timeouts>(
        info.Env(), "read timeouts", [client = client_] { return client->timeouts(); },
        [](Napi::Env env, const ipvs::Timeouts& value) {
          return to_object(env, ipvs::timeouts_table, record_bytes(value));
        });
  }

  Napi::Value SetTimeouts(const Napi::CallbackInfo& info) {
    ipvs::Timeouts timeouts{};
    if (!read_record(info, ipvs::timeouts_table, record_bytes(timeouts))) return info.Env().Undefined();
    return Do(info, "set timeouts", [timeouts](ipvs::Client& client) { return client.set_timeouts(timeouts); });
  }

  Napi::Value Daemons(const Napi::CallbackInfo& info) {
    return lane_->read<std::vector<ipvs::Daemon>>(
        info.Env(), "list sync daemons", [client = client_] { return client->daemons(); },
        [](Napi::Env env, const std::vector<ipvs::Daemon>& daemons) {
          Napi::Array array = Napi::Array::New(env, daemons.size());
          for (uint32_t i = 0; i < daemons.size(); i++) {
            array.Set(i, to_object(env, ipvs::daemon_table, record_bytes(daemons[i])));
          }
          return array;
        });
  }

  Napi::Value StartDaemon(const Napi::CallbackInfo& info) {
    ipvs::Daemon daemon{};
    if (!read_record(info, ipvs::daemon_table, record_bytes(daemon))) return info.Env().Undefined();
    return Do(info, "start sync daemon", [daemon](ipvs::Client& client) { return client.start_daemon(daemon); });
  }

  /** stopDaemon(state: 1 | 2) */
  Napi::Value StopDaemon(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) return type_error(info.Env(), "a daemon's state");
    ipvs::Daemon daemon{};
    daemon.state = info[0].As<Napi::Number>().Uint32Value();
    return Do(info, "stop sync daemon", [daemon](ipvs::Client& client) { return client.stop_daemon(daemon); });
  }

  /** zero(service?: Uint8Array): a service record, or all services. */
  Napi::Value Zero(const Napi::CallbackInfo& info) {
    if (info[0].IsUndefined()) return Do(info, "zero counters", [](ipvs::Client& client) { return client.zero(nullptr); });
    const auto op = ops_argument(info[0]);
    if (!op || op->size() != 1) return type_error(info.Env(), "one op record or nothing");
    return Do(info, "zero counters", [op = op->front()](ipvs::Client& client) { return client.zero(&op.service); });
  }

  Napi::Value Flush(const Napi::CallbackInfo& info) {
    return Do(info, "flush", [](ipvs::Client& client) { return client.flush(); });
  }

  /** Closes the sockets, at once or when the running request ends; everything later is rejected. */
  Napi::Value Close(const Napi::CallbackInfo& info) {
    lane_->close(info.Env());
    client_.reset();
    return info.Env().Undefined();
  }

  std::shared_ptr<Lane> lane_ = std::make_shared<Lane>();
  std::shared_ptr<ipvs::Client> client_;
};

}  // namespace

Napi::Function define_ipvs(Napi::Env env) { return Ipvs::define(env); }

}  // namespace fl::js
