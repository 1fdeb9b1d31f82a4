#pragma once
#include "js/convert.h"
#include "route/model.h"

namespace fl::js {

/** {family, index, prefix, interface} and the rows of route::address_table. */
Napi::Object address_object(Napi::Env env, const route::Address& address);
/** {index, flags} and the rows of route::link_table. */
Napi::Object link_object(Napi::Env env, const route::Link& link);
/** {kind, gone, link | address} */
Napi::Object event_object(Napi::Env env, const route::Event& event);
/** Fills an op from {add, interface, prefix, peer, address, label, flags, owner}; false when a member is wrong. */
bool read_address_op(const Napi::Object& object, route::Op& op);

}  // namespace fl::js
