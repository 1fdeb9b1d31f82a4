#pragma once
#include <string>

#include "base/error.h"
#include "ipvs/model.h"
#include "netlink/message.h"

namespace fl::ipvs {

constexpr size_t service_identity_bytes = 32;
constexpr size_t destination_identity_bytes = 24;

/** Same identity as the kernel sees it: family, protocol, address and port, or family and firewall mark. */
bool same_service(const Service& a, const Service& b);
/** Same family, address and port; both families filled in. */
bool same_destination(const Destination& a, const Destination& b);

/** Why this op must not be sent, nothing when it may: what the kernel would wrongly accept, and what it would refuse with a
 *  bare EINVAL. */
Failure objection(const Op& op);
/** True for an op on a destination of another family than its service. */
bool mixes_families(const Op& op);

/** The command that carries out an op; for move_destination the second of its two messages. */
Command command_of(OpKind kind);

/** Appends genl header and attributes of one command on a service, and a destination where it has one. */
void encode_service(Writer& writer, Command command, const Service& service);
void encode_destination(Writer& writer, Command command, const Service& service, const Destination& destination);

/** Reads the attributes of a reply; false when it is malformed or lacks what a service must have. `counters` false leaves
 *  them zero. */
bool decode_service(Bytes attributes, ObservedService& service, bool counters);
/** As decode_service; `family` is the service's, for kernels before 3.18 which do not send the destination's. */
bool decode_destination(Bytes attributes, uint32_t family, ObservedDestination& destination, bool counters);

/** The same for sync daemons. */
void encode_daemon(Writer& writer, Command command, const Daemon& daemon);
bool decode_daemon(Bytes attributes, Daemon& daemon);

/** An Error for a command the kernel refused with `number`; `text` is its extended acknowledgement or empty. */
Error refusal(Command command, int number, std::string text);

}  // namespace fl::ipvs
