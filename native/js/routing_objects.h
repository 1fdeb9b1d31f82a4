#pragma once
#include "js/convert.h"
#include "route/routing.h"

namespace fl::js {

/** {family, prefix, interface, protocol} and the rows of route::path_table. */
Napi::Object path_object(Napi::Env env, const route::Path& path);
/** {family, fromPrefix, toPrefix} and the rows of route::rule_table. */
Napi::Object rule_object(Napi::Env env, const route::Rule& rule);
/** Fills an op from {kind} and the members above; false when one is wrong. */
bool read_routing_op(const Napi::Object& object, route::RoutingOp& op);

}  // namespace fl::js
