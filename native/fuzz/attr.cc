// Attributes, nested four deep: nothing outside the input is read, and every payload lies inside its parent.
#include "netlink/attr.h"

#include <cstdlib>

using namespace fl;

namespace {

void walk(Bytes bytes, int depth) {
  netlink::AttrReader reader(bytes);
  while (const auto attr = reader.next()) {
    if (!attr->payload.empty()) {
      if (attr->payload.data() < bytes.data()) std::abort();
      if (attr->payload.data() + attr->payload.size() > bytes.data() + bytes.size()) std::abort();
    }
    if (depth < 4) walk(attr->payload, depth + 1);
  }
}

/** What reads as attributes, written again, reads as the same. */
void rewrite(Bytes bytes) {
  Writer writer;
  netlink::AttrReader reader(bytes);
  size_t count = 0;
  while (const auto attr = reader.next()) {
    netlink::put_attr(writer, attr->type, attr->payload);
    count++;
  }
  netlink::AttrReader again(writer.bytes());
  while (again.next()) count--;
  if (again.failed() || count != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(data, size);
  walk(bytes, 0);
  rewrite(bytes);
  return 0;
}
