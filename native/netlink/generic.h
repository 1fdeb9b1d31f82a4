#pragma once
#include "netlink/exchange.h"

namespace fl::netlink {

/** Number of a generic netlink family. Asking for it makes the kernel load the family's module where it can
 *  (net/netlink/genetlink.c, ctrl_getfamily). An unknown family is answered with ENOENT. */
struct Family {
  Answer answer;
  uint16_t id = 0;
};
Family resolve_family(Socket& socket, const char* name, Deadline deadline);

}  // namespace fl::netlink
