// Refusals whose errno has two meanings: the kernel is asked which it is.
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "ipvs/client.h"

namespace fl::ipvs {
namespace {

// A firewall mark that nobody is likely to use; the kernel refuses one that somebody does, and the next is tried.
constexpr uint32_t spare_mark = 0xfa1eada0;
constexpr uint32_t spare_marks = 16;

}  // namespace

/** Tells a missing persistence engine from a missing scheduler, and mixed families from an address that is not unicast. */
void Client::explain(const Op& op, Error& error) {
  const bool service_change = op.kind == OpKind::add_service || op.kind == OpKind::set_service;
  if (error.code == Code::scheduler_missing && service_change && op.service.engine[0] != 0 &&
      scheduler_loads(op.service.scheduler)) {
    error.code = Code::engine_missing;
    error.text = "the kernel has no such persistence engine and no module of it";
  }
  if (error.number == EINVAL && error.code == Code::invalid && mixes_families(op)) {
    const auto daemons = read_daemons();
    if (!daemons || (*daemons).empty()) return;
    error.code = Code::mixed_families;
    error.text = "a sync daemon runs, which cannot carry connections to a server of another family than its service";
  }
}

/** A scheduler is there if a service can be made with it: of a firewall mark that no packet has, gone at once. */
bool Client::scheduler_loads(const char* name) {
  Service service{};
  service.family = AF_INET;
  service.netmask = ~0u;
  service.flagsMask = ~0u;
  std::strncpy(service.scheduler, name, sizeof service.scheduler - 1);
  const auto send = [&](const char* operation, Command command) {
    return request({operation, command, NLM_F_ACK, [&](Writer& writer) { encode_service(writer, command, service); },
                    [](const netlink::Message&) {}});
  };
  for (uint32_t i = 0; i < spare_marks; i++) {
    service.mark = spare_mark + i;
    const Failure failure = send("look for the scheduler", Command::new_service);
    if (!failure) send("look for the scheduler", Command::delete_service);
    if (!failure || failure->code != Code::service_exists) return !failure;
  }
  return false;
}

}  // namespace fl::ipvs
