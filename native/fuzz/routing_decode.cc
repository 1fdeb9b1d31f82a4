// Routes and rules. The first byte picks which; what decodes must come back the same after encoding.
#include <cstdlib>

#include "route/routing.h"

using namespace fl;

namespace {

template <class Record, class Decode, class Encode>
void round_trip(Bytes bytes, Decode decode, Encode encode) {
  Record seen;
  if (!decode(bytes, seen)) return;
  Writer writer;
  encode(writer, seen);
  if (writer.failed()) std::abort();
  Record again;
  if (!decode(writer.bytes(), again)) std::abort();
  if (std::memcmp(&again, &seen, sizeof seen) != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes bytes = Bytes(data, size).subspan(1);
  if (data[0] % 2 == 0) {
    round_trip<route::Path>(bytes, route::decode_path,
                            [](Writer& writer, const route::Path& path) { route::encode_path(writer, path, true); });
  } else {
    round_trip<route::Rule>(bytes, route::decode_rule, route::encode_rule);
  }
  return 0;
}
