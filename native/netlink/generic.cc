#include "netlink/generic.h"

#include <linux/genetlink.h>

#include "netlink/attr.h"

namespace fl::netlink {

Family resolve_family(Socket& socket, const char* name, Deadline deadline) {
  Writer writer;
  const uint32_t sequence = socket.next_sequence();
  const size_t start = begin_message(writer, GENL_ID_CTRL, NLM_F_ACK, sequence);
  put_generic_header(writer, CTRL_CMD_GETFAMILY);
  put_attr(writer, CTRL_ATTR_FAMILY_NAME, {reinterpret_cast<const uint8_t*>(name), std::strlen(name) + 1});
  end_message(writer, start);

  Family family;
  family.answer = exchange(socket, sequence, writer.bytes(), deadline, [&](const Message& message) {
    const auto generic = parse_generic(message.payload);
    if (!generic) return;
    if (const auto id = find_attr(generic->attributes, CTRL_ATTR_FAMILY_ID)) family.id = Reader(*id).value<uint16_t>();
  });
  return family;
}

}  // namespace fl::netlink
