#include "js/bindings.h"

namespace {

// Raised with every change that src/kernel/addon.ts has to know of, so that an old build is not mistaken for a new one.
constexpr int interface_version = 7;

Napi::Object start(Napi::Env env, Napi::Object exports) {
  using namespace fl::js;
  env.SetInstanceData(new Environment());
  exports.Set("version", interface_version);
  exports.Set("initialize", Napi::Function::New<initialize>(env, "initialize"));
  exports.Set("openFds", Napi::Function::New<open_fds>(env, "openFds"));
  exports.Set("openFile", Napi::Function::New<open_file>(env, "openFile"));
  exports.Set("closeFile", Napi::Function::New<close_file>(env, "closeFile"));
  exports.Set("openSocket", Napi::Function::New<open_probe_socket>(env, "openSocket"));
  exports.Set("peerOf", Napi::Function::New<peer_of>(env, "peerOf"));
  exports.Set("codec", define_codec(env));
  exports.Set("Ipvs", define_ipvs(env));
  exports.Set("Route", define_route(env));
  exports.Set("Watch", define_watch(env));
  exports.Set("VrrpListen", define_vrrp_listen(env));
  exports.Set("Vrrp", define_vrrp(env));
  exports.Set("Exits", define_exits(env));
  exports.Set("Prober", define_prober(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(fairlead, start)
