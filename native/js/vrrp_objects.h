#pragma once
#include <napi.h>

#include <optional>

#include "vrrp/engine.h"

namespace fl::js {

/** EngineInstance of src/model/vrrp.ts. Gives the name of the first member that is not what it should be. */
std::optional<std::string> read_instance(const Napi::Object& object, vrrp::Settings& settings);
/** Order of src/model/vrrp.ts, and `serial`. */
std::optional<std::string> read_order(const Napi::Object& object, vrrp::Order& order);

/** NativeEngineEvent of src/kernel/addon.ts. */
Napi::Object engine_event_object(Napi::Env env, const vrrp::Event& event);
/** NativeEngineCounters of src/kernel/addon.ts. */
Napi::Object engine_counters_object(Napi::Env env, const vrrp::Counters& counters);

}  // namespace fl::js
