#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace fl {

const char* code_name(Code code) {
  switch (code) {
    case Code::not_permitted: return "not-permitted";
    case Code::ipvs_missing: return "ipvs-missing";
    case Code::family_reloaded: return "family-reloaded";
    case Code::scheduler_missing: return "scheduler-missing";
    case Code::engine_missing: return "engine-missing";
    case Code::service_exists: return "service-exists";
    case Code::service_missing: return "service-missing";
    case Code::destination_exists: return "destination-exists";
    case Code::destination_missing: return "destination-missing";
    case Code::mixed_families: return "mixed-families";
    case Code::daemon_running: return "daemon-running";
    case Code::daemon_not_running: return "daemon-not-running";
    case Code::address_exists: return "address-exists";
    case Code::address_missing: return "address-missing";
    case Code::route_exists: return "route-exists";
    case Code::route_missing: return "route-missing";
    case Code::rule_exists: return "rule-exists";
    case Code::rule_missing: return "rule-missing";
    case Code::link_missing: return "link-missing";
    case Code::out_of_range: return "out-of-range";
    case Code::invalid: return "invalid";
    case Code::timeout: return "timeout";
    case Code::not_attempted: return "not-attempted";
    case Code::kernel: return "kernel";
  }
  return "kernel";
}

std::string errno_text(int number) { return std::generic_category().message(number); }

Error system_error(const std::string& step, int number) {
  const Code code = number == EPERM || number == EACCES ? Code::not_permitted : Code::kernel;
  return {code, number, {}, step + ": " + errno_text(number)};
}

}  // namespace fl
