// Links and addresses. The first byte picks which; an address that decodes must come back the same after encoding.
#include <cstdlib>

#include "route/codec.h"

using namespace fl;

namespace {

void address(Bytes bytes) {
  route::Address seen;
  if (!route::decode_address(bytes, seen)) return;
  Writer writer;
  route::encode_address(writer, seen, true);
  if (writer.failed()) std::abort();
  route::Address again;
  if (!route::decode_address(writer.bytes(), again)) std::abort();
  if (std::memcmp(&again, &seen, sizeof seen) != 0) std::abort();
}

void link(Bytes bytes) {
  route::Link seen;
  if (!route::decode_link(bytes, seen)) return;
  if (seen.hardware[0] >= sizeof seen.hardware || seen.name[sizeof seen.name - 1] != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes bytes = Bytes(data, size).subspan(1);
  if (data[0] % 2 == 0) address(bytes);
  else link(bytes);
  return 0;
}
