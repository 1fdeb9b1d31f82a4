#include "netlink/attr.h"

#include <linux/netlink.h>

namespace fl::netlink {

std::optional<Attr> AttrReader::next() {
  if (reader_.failed() || reader_.left() == 0) return std::nullopt;
  const auto length = reader_.value<uint16_t>();
  const auto type = reader_.value<uint16_t>();
  if (length < NLA_HDRLEN) reader_.fail();
  const Bytes payload = reader_.take(length - NLA_HDRLEN);
  if (reader_.failed()) return std::nullopt;
  reader_.skip_padding(NLA_ALIGN(length) - length);
  return Attr{static_cast<uint16_t>(type & NLA_TYPE_MASK), payload};
}

std::optional<Bytes> find_attr(Bytes attributes, uint16_t type) {
  AttrReader reader(attributes);
  while (const auto attr = reader.next()) {
    if (attr->type == type) return attr->payload;
  }
  return std::nullopt;
}

void put_attr(Writer& writer, uint16_t type, Bytes payload) {
  const size_t length = NLA_HDRLEN + payload.size();
  if (length > UINT16_MAX) return writer.fail();
  writer.padded(nlattr{static_cast<uint16_t>(length), type}, payload);
}

size_t begin_nest(Writer& writer, uint16_t type) {
  const size_t start = writer.size();
  writer.value(uint16_t{0});
  writer.value(static_cast<uint16_t>(type | NLA_F_NESTED));
  return start;
}

void end_nest(Writer& writer, size_t start) {
  const size_t length = writer.size() - start;
  if (length > UINT16_MAX) return writer.fail();
  writer.patch(start, static_cast<uint16_t>(length));
}

}  // namespace fl::netlink
