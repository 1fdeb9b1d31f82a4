#pragma once
#include "base/error.h"
#include "netlink/message.h"
#include "route/model.h"

namespace fl::route {

/** Appends struct ifaddrmsg and attributes of RTM_NEWADDR (full) or RTM_DELADDR (identity). */
void encode_address(Writer& writer, const Address& address, bool full);

/** Reads the payload of RTM_NEWADDR or RTM_DELADDR; false when it is malformed or of another family. */
bool decode_address(Bytes payload, Address& address);

/** Reads the payload of RTM_NEWLINK or RTM_DELLINK. False when it is malformed, or when it is about a bridge port
 *  (ifi_family AF_BRIDGE): leaving a bridge is told as RTM_DELLINK, and the link lives on. */
bool decode_link(Bytes payload, Link& link);

/** An Error for an op the kernel refused with `number`; `text` is its extended acknowledgement or empty. */
Error refusal(OpKind kind, int number, std::string text);

}  // namespace fl::route
