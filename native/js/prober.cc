#include "base/clock.h"
#include "js/bindings.h"
#include "js/numbers.h"
#include "js/probe_objects.h"
#include "probe/engine.h"

namespace fl::js {

namespace {

constexpr double ms_ns = 1e6;

// In the order of probe::Kind.
constexpr std::array<const char*, 5> kinds{"tcp", "ping", "udp", "http", "syn"};
// In the order of probe::Carrier.
constexpr std::array<const char*, 4> carriers{"none", "link", "ipip", "gre"};

std::vector<uint8_t> bytes_of_member(Fields& fields, const char* name) {
  const Napi::Value value = fields.get(name);
  if (const auto bytes = copy_in<uint8_t>(value)) return *bytes;
  fields.fail(name);
  return {};
}

/** A question from an object; every member must be there. */
probe::Question question_from(Fields& fields) {
  probe::Question question;
  question.kind = static_cast<probe::Kind>(fields.word("kind", kinds));
  const auto to = address_bytes(fields.text("to"));
  if (to) question.to = probe::Endpoint(Bytes(*to), fields.whole<uint16_t>("toPort", 65535));
  else fields.fail("to");
  if (auto source = probe_source(fields)) question.from = std::move(*source);
  const auto time = [&fields](const char* name) {
    return static_cast<int64_t>(fields.whole<uint32_t>(name, UINT32_MAX)) * int64_t{1'000'000};
  };
  question.timeout_ns = time("timeoutMs");
  question.connect_ns = time("connectMs");
  question.response_ns = time("responseMs");
  question.hold_ns = time("holdMs");
  question.jitter = fields.real("jitter");
  if (!(question.jitter >= 0 && question.jitter <= 1)) fields.fail("jitter");
  question.size = fields.whole<uint16_t>("size", 65000);
  question.ttl = fields.whole<uint8_t>("ttl", 255);
  question.window = fields.whole<uint16_t>("window", 1000);
  question.loss = fields.whole<uint8_t>("loss", 100);
  question.deaf_to_errors = fields.flag("deafToErrors");
  question.orderly = fields.flag("orderly");
  question.carrier = static_cast<probe::Carrier>(fields.word("carrier", carriers));
  if (fields.wrong()) return question;
  if (question.carrier != probe::Carrier::none) {
    const auto service = address_bytes(fields.text("service"));
    if (service && to && service->size() == to->size()) question.service = probe::Endpoint(Bytes(*service), question.to.port());
    else fields.fail("service");
  }
  question.send = bytes_of_member(fields, "send");
  question.expect = bytes_of_member(fields, "expect");
  question.mask = bytes_of_member(fields, "mask");
  if (question.mask.size() != question.expect.size()) fields.fail("mask");
  return question;
}

/** class Prober: one probe::Engine. It keeps itself and the event loop alive until stop(). */
class ProberObject : public Napi::ObjectWrap<ProberObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Prober",
                       {InstanceMethod<&ProberObject::Add>("add"), InstanceMethod<&ProberObject::Remove>("remove"),
                        InstanceMethod<&ProberObject::Ask>("ask"), InstanceMethod<&ProberObject::TellNext>("tellNext"),
                        InstanceMethod<&ProberObject::Tallies>("tallies"),
                        InstanceMethod<&ProberObject::Sample>("sample"), InstanceMethod<&ProberObject::Refused>("refused"),
                        InstanceMethod<&ProberObject::Now>("now"), InstanceMethod<&ProberObject::Stop>("stop")});
  }

  /** new Prober({netns, most, mostSlow, boundsMs}, callback): boundsMs are of the tallies' histograms; callback gets rows of six numbers in a Float64Array: id, ending, phase,
   *  detail, begun and took in milliseconds. Throws a KernelError. */
  explicit ProberObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ProberObject>(info) {
    Fields options(info[0]);
    probe::Engine::Options wanted;
    wanted.netns = options.text("netns");
    wanted.most = options.whole<size_t>("most", 1e6);
    wanted.most_slow = options.whole<size_t>("mostSlow", 1e6);
    options.each("boundsMs", [&wanted](const Napi::Value& bound) {
      wanted.bounds_ns.push_back(static_cast<int64_t>(bound.ToNumber().DoubleValue() * ms_ns));
    });
    if (options.wrong() || !info[1].IsFunction() || wanted.bounds_ns.size() >= probe::Tally::most_buckets) {
      type_error(info.Env(), "netns, most, mostSlow and boundsMs, and a function");
      return;
    }
    if (!told_.open(info.Env(), info[1], "fairlead:prober", [this] { engine_.stop(); })) return;
    const auto sink = [tell = told_.sink()](std::span<const probe::Answer> answers) {
      std::vector<double> rows;
      rows.reserve(answers.size() * 6);
      for (const probe::Answer& one : answers) {
        rows.insert(rows.end(), {static_cast<double>(one.id), static_cast<double>(one.finding.ending),
                                 static_cast<double>(one.finding.phase), static_cast<double>(one.finding.detail),
                                 static_cast<double>(one.at_ns) / ms_ns, static_cast<double>(one.took_ns) / ms_ns});
      }
      tell(rows);
    };
    if (Failure failure = engine_.start(wanted, sink)) {
      told_.close();
      failure->operation = "start the prober";
      napi_throw(info.Env(), kernel_error(info.Env(), *failure));
      return;
    }
    Ref();
    referenced_ = true;
  }

 private:
  /** add(question): its id. */
  Napi::Value Add(const Napi::CallbackInfo& info) {
    Fields fields(info[0]);
    probe::Question question = question_from(fields);
    if (fields.wrong()) return type_error(info.Env(), fields.wrong()->c_str());
    if (!referenced_) return type_error(info.Env(), "a prober before stop()");
    return Napi::Number::New(info.Env(), engine_.add(std::move(question)));
  }

  Napi::Value Remove(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) return type_error(info.Env(), "an id");
    if (referenced_) engine_.remove(info[0].As<Napi::Number>().Uint32Value());
    return info.Env().Undefined();
  }

  /** ask(rows): in a Float64Array for each an id, when, in milliseconds of now(), and the milliseconds between repetitions or
   *  0. */
  Napi::Value Ask(const Napi::CallbackInfo& info) {
    if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
      return type_error(info.Env(), "a Float64Array");
    }
    const auto rows = info[0].As<Napi::Float64Array>();
    asks_.clear();
    const auto ns = [&rows](size_t at) { return static_cast<int64_t>(rows[at] * ms_ns); };
    for (size_t i = 0; i + 2 < rows.ElementLength(); i += 3) {
      asks_.push_back({static_cast<uint32_t>(rows[i]), ns(i + 1), ns(i + 2)});
    }
    if (referenced_) engine_.ask(asks_);
    return info.Env().Undefined();
  }

  /** tellNext(id): its next answer is told even if it is a repetition. */
  Napi::Value TellNext(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) return type_error(info.Env(), "an id");
    if (referenced_) engine_.tell_next(info[0].As<Napi::Number>().Uint32Value());
    return info.Env().Undefined();
  }

  /** tallies(): what was counted and not told since the last call, in a Float64Array: for each target its id, how many, when the
   *  latest was begun, how long it took and how long all did, in milliseconds, and how many fell into each bucket. */
  Napi::Value Tallies(const Napi::CallbackInfo& info) {
    const auto by_id = engine_.take_tallies();
    const size_t buckets = engine_.buckets();
    auto rows = Napi::Float64Array::New(info.Env(), by_id.size() * (5 + buckets));
    size_t at = 0;
    for (const auto& [id, tally] : by_id) {
      for (const double number : {static_cast<double>(id), static_cast<double>(tally.count),
                                  static_cast<double>(tally.at_ns) / ms_ns, static_cast<double>(tally.took_ns) / ms_ns,
                                  static_cast<double>(tally.sum_ns) / ms_ns}) {
        rows[at++] = number;
      }
      for (size_t bucket = 0; bucket < buckets; bucket++) rows[at++] = tally.buckets[bucket];
    }
    return rows;
  }

  /** sample(id): the first bytes of its latest unexpected answer, once. */
  Napi::Value Sample(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) return type_error(info.Env(), "an id");
    return copy_out(info.Env(), Bytes(engine_.take_sample(info[0].As<Napi::Number>().Uint32Value())));
  }

  /** refused(): answers that fit nothing that was asked. */
  Napi::Value Refused(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(engine_.refused()));
  }

  /** now(): milliseconds of the clock of all times here. */
  Napi::Value Now(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(monotonic_ns()) / ms_ns);
  }

  Napi::Value Stop(const Napi::CallbackInfo& info) {
    told_.close();
    if (std::exchange(referenced_, false)) Unref();
    return info.Env().Undefined();
  }

  probe::Engine engine_;
  Numbers told_;
  std::vector<probe::Engine::Ask> asks_;
  bool referenced_ = false;
};

}  // namespace

Napi::Function define_prober(Napi::Env env) { return ProberObject::define(env); }

}  // namespace fl::js
