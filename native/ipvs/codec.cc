#include "ipvs/codec.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "ipvs/fields.h"
#include "netlink/attr.h"

namespace fl::ipvs {

using netlink::begin_nest;
using netlink::end_nest;
using netlink::find_attr;

// Identities stand first in their records, without gaps, so that they compare as bytes.
static_assert(offsetof(Service, flags) == service_identity_bytes);
static_assert(offsetof(Destination, forward) == destination_identity_bytes);

bool same_service(const Service& a, const Service& b) { return std::memcmp(&a, &b, service_identity_bytes) == 0; }

bool same_destination(const Destination& a, const Destination& b) {
  return std::memcmp(&a, &b, destination_identity_bytes) == 0;
}

Command command_of(OpKind kind) {
  switch (kind) {
    case OpKind::add_service: return Command::new_service;
    case OpKind::set_service: return Command::set_service;
    case OpKind::delete_service: return Command::delete_service;
    case OpKind::set_destination: return Command::set_destination;
    case OpKind::delete_destination: return Command::delete_destination;
    default: return Command::new_destination;
  }
}

void encode_service(Writer& writer, Command command, const Service& service) {
  netlink::put_generic_header(writer, static_cast<uint8_t>(command));
  const bool full = command == Command::new_service || command == Command::set_service;
  const size_t nest = begin_nest(writer, top_service);
  encode(writer, service_table, record_bytes(service), full ? when_id | when_set : when_id);
  end_nest(writer, nest);
}

void encode_destination(Writer& writer, Command command, const Service& service, const Destination& destination) {
  encode_service(writer, command, service);
  const bool full = command == Command::new_destination || command == Command::set_destination;
  const size_t nest = begin_nest(writer, top_destination);
  encode(writer, destination_table, record_bytes(destination), full ? when_id | when_set : when_id);
  end_nest(writer, nest);
}

bool decode_service(Bytes attributes, ObservedService& service, bool counters) {
  service = {};
  const auto nest = find_attr(attributes, top_service);
  if (!nest) return false;
  const auto seen = decode(*nest, service_table, record_bytes(service), counters);
  return seen.ok && seen.has(1) && (seen.has(5) || (seen.has(2) && seen.has(3) && seen.has(4)));
}

bool decode_destination(Bytes attributes, uint32_t family, ObservedDestination& destination, bool counters) {
  destination = {};
  destination.destination.family = family;
  const auto nest = find_attr(attributes, top_destination);
  if (!nest) return false;
  const auto seen = decode(*nest, destination_table, record_bytes(destination), counters);
  if (destination.destination.family == 0) destination.destination.family = family;
  return seen.ok && seen.has(1) && seen.has(2);
}

void encode_daemon(Writer& writer, Command command, const Daemon& daemon) {
  netlink::put_generic_header(writer, static_cast<uint8_t>(command));
  const size_t nest = begin_nest(writer, top_daemon);
  encode(writer, daemon_table, record_bytes(daemon), command == Command::new_daemon ? when_id | when_set : when_id);
  end_nest(writer, nest);
}

bool decode_daemon(Bytes attributes, Daemon& daemon) {
  daemon = {};
  const auto nest = find_attr(attributes, top_daemon);
  return nest && decode(*nest, daemon_table, record_bytes(daemon)).ok;
}

}  // namespace fl::ipvs
