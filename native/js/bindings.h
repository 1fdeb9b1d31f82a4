#pragma once
// What addon.cc exports, and the few conversions that several bindings share.
#include <napi.h>

#include <optional>
#include <vector>

#include "ipvs/client.h"
#include "js/convert.h"
#include "js/errors.h"

namespace fl::js {

Napi::Function define_ipvs(Napi::Env env);
Napi::Function define_route(Napi::Env env);
Napi::Function define_watch(Napi::Env env);
Napi::Function define_vrrp_listen(Napi::Env env);
Napi::Function define_vrrp(Napi::Env env);
Napi::Function define_exits(Napi::Env env);
Napi::Function define_prober(Napi::Env env);
/** {layout, encode, decode}: the pure part, without a socket. */
Napi::Object define_codec(Napi::Env env);
/** {verdicts, encode, validate, describe} of VRRP packets. */
Napi::Object define_vrrp_codec(Napi::Env env);
/** openFile(), closeFile(): a file as a network namespace sees it. */
Napi::Value open_file(const Napi::CallbackInfo& info);
Napi::Value close_file(const Napi::CallbackInfo& info);
/** openSocket(netns, {transport, ipv6, address, port, interface, mark}): a socket for a probe, not yet connected. */
Napi::Value open_probe_socket(const Napi::CallbackInfo& info);
/** peerOf(fd): who is at the other end of a unix socket. */
Napi::Value peer_of(const Napi::CallbackInfo& info);
/** openFds(): file descriptors the addon holds in this process. */
Napi::Value open_fds(const Napi::CallbackInfo& info);

/** Whole op records of known kinds. */
std::optional<std::vector<ipvs::Op>> ops_argument(const Napi::Value& value);

/** {services, destinations} as packed records. */
Napi::Value snapshot_object(Napi::Env env, const ipvs::Snapshot& snapshot);

/** Fills a record from the first argument; false with a TypeError thrown when a member is wrong. */
bool read_record(const Napi::CallbackInfo& info, const netlink::Table& table, std::span<uint8_t> record);

/** {index, code, errno, operation, text}[] */
template <class Refusal>
Napi::Value refusal_array(Napi::Env env, const std::vector<Refusal>& refusals) {
  Napi::Array array = Napi::Array::New(env, refusals.size());
  for (uint32_t i = 0; i < refusals.size(); i++) {
    Napi::Object object = failure_object(env, refusals[i].error);
    object.Set("index", refusals[i].index);
    array.Set(i, object);
  }
  return array;
}

}  // namespace fl::js
