#pragma once
#include <linux/netlink.h>

#include <optional>
#include <string>

#include "base/bytes.h"

namespace fl::netlink {

/** One message of a datagram: its header and what follows it. */
struct Message {
  nlmsghdr header{};
  Bytes payload;
};

/** Walks the messages of a datagram. A length that lies ends the walk and is remembered. */
class MessageReader {
 public:
  explicit MessageReader(Bytes datagram) : reader_(datagram) {}
  std::optional<Message> next();
  bool failed() const { return reader_.failed(); }

 private:
  Reader reader_;
};

/** What NLMSG_ERROR or NLMSG_DONE says. */
struct Verdict {
  /** Positive errno, 0 for an acknowledgement. */
  int number = 0;
  /** Extended acknowledgement (kernel 4.12 and later), mostly empty. */
  std::string text;
};

/** Reads the payload of NLMSG_ERROR: the negative errno, the request's header (or all of it), then NLMSGERR_ATTR_MSG
 *  where NLM_F_ACK_TLVS is set. Nothing when it is too short to be one. */
std::optional<Verdict> parse_error(const Message& message);

/** Reads the payload of NLMSG_DONE: an optional negative errno. */
Verdict parse_done(const Message& message);

/** Opens a message with NLM_F_REQUEST; hand the returned place to end_message(), which fills in the length and pads. */
size_t begin_message(Writer& writer, uint16_t type, uint16_t flags, uint32_t sequence);
void end_message(Writer& writer, size_t start);

/** Appends the generic netlink header. IPVS does not check `version`; 1 is what everyone sends. */
void put_generic_header(Writer& writer, uint8_t command, uint8_t version = 1);

/** Splits a generic netlink payload into command and attributes. */
struct Generic {
  uint8_t command = 0;
  Bytes attributes;
};
std::optional<Generic> parse_generic(Bytes payload);

}  // namespace fl::netlink
