// What we refuse ourselves, and what the kernel's refusals mean.
#include <netinet/in.h>

#include <cerrno>
#include <climits>

#include "ipvs/codec.h"

namespace fl::ipvs {
namespace {

constexpr uint32_t longest_timeout_s = 31 * 24 * 3600;

std::string service_objection(const Service& service, bool full) {
  if (service.family != AF_INET && service.family != AF_INET6) return "the family is neither IPv4 nor IPv6";
  if (service.port > UINT16_MAX) return "the port is over 65535";
  if (service.protocol == 0) {
    // FWMARK 0 would make a service on 0.0.0.0:0.
    if (service.mark == 0) return "firewall mark 0 means unmarked and cannot be a service";
  } else if (service.mark != 0) {
    return "a service has either a firewall mark or a protocol";
  } else if (service.protocol != IPPROTO_TCP && service.protocol != IPPROTO_UDP && service.protocol != IPPROTO_SCTP) {
    return "the protocol is none of tcp, udp, sctp";
  }
  if (!full) return {};
  const bool persistent = (service.flags & flag_persistent) != 0;
  // The kernel takes a port of 0 without persistence and then refuses every packet (ip_vs_core.c, ip_vs_schedule).
  if (service.protocol != 0 && service.port == 0 && !persistent) return "port 0 (every port) needs persistence";
  // It multiplies the seconds by HZ in 32 bits.
  if (service.timeout > longest_timeout_s) return "the persistence time is over 31 days";
  if (persistent && service.timeout == 0) return "the persistence time is 0";
  if (service.scheduler[0] == 0) return "the scheduler's name is empty";
  if (service.family == AF_INET6 && (service.netmask < 1 || service.netmask > 128)) {
    return "the persistence prefix is not between 1 and 128";
  }
  return {};
}

std::string destination_objection(const Destination& destination, bool full) {
  if (destination.family != AF_INET && destination.family != AF_INET6) return "the family is neither IPv4 nor IPv6";
  if (destination.port > UINT16_MAX) return "the port is over 65535";
  if (!full) return {};
  // The kernel keeps the low 3 bits; 5 to 7 then match no way to send.
  if (destination.forward > forward_bypass) return "the forwarding method is unknown";
  if (destination.weight > INT_MAX) return "the weight is not between 0 and 2147483647";
  if (destination.upperThreshold > INT_MAX || destination.lowerThreshold > INT_MAX) {
    return "a threshold is not between 0 and 2147483647";
  }
  if (destination.tunnelType > tunnel_gre) return "the tunnel type is none of ipip, gue, gre";
  if (destination.tunnelPort > UINT16_MAX) return "the tunnel port is over 65535";
  if (destination.tunnelFlags > 2) return "the tunnel checksum is none of none, csum, remcsum";
  if (destination.forward == forward_tunnel && destination.tunnelType == tunnel_gue && destination.tunnelPort == 0) {
    return "a gue tunnel needs a port";
  }
  return {};
}

enum Commands : uint32_t {
  on_service_change = 1u << 1 | 1u << 2,
  on_new_service = 1u << 1,
  on_destination_change = 1u << 5 | 1u << 6,
  on_new_destination = 1u << 5,
  on_known_destination = 1u << 6 | 1u << 7,
  on_new_daemon = 1u << 9,
  on_daemon = 1u << 9 | 1u << 10,
  on_any = ~0u,
};

struct RefusalRow {
  uint32_t commands;
  int number;
  Code code;
  const char* text;
};

// First match wins; the errno's own text stands where a row has none.
constexpr RefusalRow refusals[] = {
    {on_any, EPERM, Code::not_permitted, "IPVS wants CAP_NET_ADMIN in the initial user namespace, for reading too"},
    {on_any, ETIMEDOUT, Code::timeout, "the kernel did not answer in time"},
    {on_daemon, ESRCH, Code::daemon_not_running, "no sync daemon of that kind runs"},
    {on_any, ESRCH, Code::service_missing, "the kernel has no such virtual service"},
    {on_service_change, ENOENT, Code::scheduler_missing, "the kernel has no such scheduler and no module of it"},
    {on_known_destination, ENOENT, Code::destination_missing, "the service has no such destination"},
    {on_any, ENOENT, Code::ipvs_missing, "the kernel has no IPVS"},
    {on_any, ENOPROTOOPT, Code::ipvs_missing, "the IPVS module is being unloaded"},
    {on_new_service, EEXIST, Code::service_exists, "the kernel has that virtual service already"},
    {on_new_destination, EEXIST, Code::destination_exists, "the service has that destination already"},
    {on_new_daemon, EEXIST, Code::daemon_running, "a sync daemon of that kind runs already"},
    {on_destination_change, ERANGE, Code::out_of_range,
     "the lower threshold is over the upper one, or a number is negative"},
    {on_any, ERANGE, Code::out_of_range, nullptr},
    {on_service_change, EINVAL, Code::invalid, "the kernel takes neither that netmask nor that combination of settings"},
    {on_destination_change, EINVAL, Code::invalid,
     "the address is not unicast (none is while lo is down), or families are mixed on a kernel before 3.18"},
    {on_daemon, EINVAL, Code::invalid,
     "the group is not multicast, or the interface has no address of the group's family"},
    {on_any, EINVAL, Code::invalid, nullptr},
    {on_any, EAFNOSUPPORT, Code::invalid, "the kernel has IPv6 switched off"},
    {on_daemon, ENODEV, Code::link_missing, "the interface does not exist"},
};

}  // namespace

Failure objection(const Op& op) {
  const auto error = [](Code code, std::string text) { return Error{code, 0, {}, std::move(text)}; };
  const bool full_service = op.kind == OpKind::add_service || op.kind == OpKind::set_service;
  std::string text = service_objection(op.service, full_service);
  if (!text.empty()) return error(Code::invalid, std::move(text));
  if (is_service_op(op.kind)) return std::nullopt;
  const bool full = op.kind != OpKind::delete_destination;
  text = destination_objection(op.destination, full);
  if (!text.empty()) return error(Code::invalid, std::move(text));
  if (full && mixes_families(op) && op.destination.forward != forward_tunnel) {
    return error(Code::mixed_families,
                 "a server of another family than its service can only be reached through a tunnel");
  }
  return std::nullopt;
}

bool mixes_families(const Op& op) {
  return !is_service_op(op.kind) && op.destination.family != op.service.family;
}

Error refusal(Command command, int number, std::string text) {
  for (const RefusalRow& row : refusals) {
    if (row.number != number || (row.commands >> static_cast<unsigned>(command) & 1) == 0) continue;
    if (text.empty()) text = row.text != nullptr ? row.text : errno_text(number);
    return {row.code, number == ETIMEDOUT ? 0 : number, {}, std::move(text)};
  }
  return {Code::kernel, number, {}, text.empty() ? errno_text(number) : std::move(text)};
}

}  // namespace fl::ipvs
