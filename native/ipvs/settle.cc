#include "ipvs/settle.h"

#include <cstring>

#include "ipvs/codec.h"

namespace fl::ipvs {
namespace {

bool same_settings(const Service& wanted, const Service& seen) {
  return std::strncmp(wanted.scheduler, seen.scheduler, sizeof wanted.scheduler) == 0 &&
         std::strncmp(wanted.engine, seen.engine, sizeof wanted.engine) == 0 && wanted.timeout == seen.timeout &&
         wanted.netmask == seen.netmask && ((wanted.flags ^ seen.flags) & wanted.flagsMask) == 0;
}

bool same_settings(const Destination& wanted, const Destination& seen) {
  return wanted.forward == seen.forward && wanted.weight == seen.weight &&
         wanted.upperThreshold == seen.upperThreshold && wanted.lowerThreshold == seen.lowerThreshold &&
         wanted.tunnelType == seen.tunnelType && wanted.tunnelPort == seen.tunnelPort &&
         wanted.tunnelFlags == seen.tunnelFlags;
}

bool destination_accomplished(const Op& op, const ObservedDestination* list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!same_destination(list[i].destination, op.destination)) continue;
    if (op.kind == OpKind::delete_destination) return false;
    if (op.kind == OpKind::move_destination && i != 0) return false;
    return same_settings(op.destination, list[i].destination);
  }
  return op.kind == OpKind::delete_destination;
}

}  // namespace

bool accomplished(const Op& op, const Snapshot& snapshot) {
  size_t first = 0;
  for (const ObservedService& seen : snapshot.services) {
    if (same_service(seen.service, op.service)) {
      if (op.kind == OpKind::delete_service) return false;
      if (is_service_op(op.kind)) return same_settings(op.service, seen.service);
      return destination_accomplished(op, snapshot.destinations.data() + first, seen.destinations);
    }
    first += seen.destinations;
  }
  return op.kind == OpKind::delete_service;
}

bool mixes_families(const Snapshot& snapshot) {
  size_t next = 0;
  for (const ObservedService& seen : snapshot.services) {
    for (uint32_t i = 0; i < seen.destinations && next < snapshot.destinations.size(); i++, next++) {
      if (snapshot.destinations[next].destination.family != seen.service.family) return true;
    }
  }
  return false;
}

bool supersedes(const Op& later, const Op& op) {
  if (later.kind == OpKind::skip || !same_service(later.service, op.service)) return false;
  if (is_service_op(later.kind)) return is_service_op(op.kind) || later.kind == OpKind::delete_service;
  if (is_service_op(op.kind)) return false;
  // A later move of another one takes the first place.
  return same_destination(later.destination, op.destination) ||
         (op.kind == OpKind::move_destination && later.kind != OpKind::set_destination);
}

}  // namespace fl::ipvs
