#include "base/peer.h"

#include "js/bindings.h"

namespace fl::js {

/** peerOf(fd): {pid, uid, gid, groups} of who is at the other end of a unix socket. Throws a KernelError. */
Napi::Value peer_of(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) return type_error(env, "a file descriptor");
  Outcome<Peer> peer = fl::peer_of(info[0].As<Napi::Number>());
  if (!peer) {
    peer.error().operation = "peer";
    napi_throw(env, kernel_error(env, peer.error()));
    return env.Undefined();
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("pid", peer->pid);
  object.Set("uid", peer->uid);
  object.Set("gid", peer->gid);
  Napi::Array groups = Napi::Array::New(env, peer->groups.size());
  for (uint32_t i = 0; i < peer->groups.size(); i++) groups.Set(i, peer->groups[i]);
  object.Set("groups", groups);
  return object;
}

}  // namespace fl::js
