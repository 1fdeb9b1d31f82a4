#pragma once
#include <optional>

#include "base/bytes.h"

namespace fl::netlink {

/** One attribute: 16 bits of length, 16 of type, the payload, padding to 4 (include/uapi/linux/netlink.h, struct nlattr).
 *  `type` comes without the NLA_F_NESTED and NLA_F_NET_BYTEORDER bits: IPVS sets neither, newer families both. */
struct Attr {
  uint16_t type = 0;
  Bytes payload;
};

/** Walks the attributes of a span. A length that lies ends the walk and is remembered. */
class AttrReader {
 public:
  explicit AttrReader(Bytes attributes) : reader_(attributes) {}
  std::optional<Attr> next();
  bool failed() const { return reader_.failed(); }

 private:
  Reader reader_;
};

/** The payload of the first attribute of that type. */
std::optional<Bytes> find_attr(Bytes attributes, uint16_t type);

/** Appends one attribute. A payload over 65531 bytes fails the writer: its length would wrap. */
void put_attr(Writer& writer, uint16_t type, Bytes payload);

/** Opens a nested attribute; hand the returned place to end_nest(). */
size_t begin_nest(Writer& writer, uint16_t type);
void end_nest(Writer& writer, size_t start);

}  // namespace fl::netlink
