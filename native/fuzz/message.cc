// Datagrams: message headers, errors with extended acknowledgements, ends of dumps, generic netlink.
#include "netlink/message.h"

#include <cstdlib>

using namespace fl;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  netlink::MessageReader reader(Bytes(data, size));
  size_t total = 0;
  while (const auto message = reader.next()) {
    total += NLMSG_HDRLEN + message->payload.size();
    if (total > size) std::abort();
    if (const auto verdict = netlink::parse_error(*message)) {
      if (verdict->number < 0 || verdict->text.size() > message->payload.size()) std::abort();
    }
    if (netlink::parse_done(*message).number < 0) std::abort();
    const auto generic = netlink::parse_generic(message->payload);
    if (generic && generic->attributes.size() + 4 != message->payload.size()) std::abort();
  }
  return 0;
}
