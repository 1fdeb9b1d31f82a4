// Replies of IPVS. The first byte picks the reply; what decodes must come back the same after encoding.
#include <cstdlib>

#include "ipvs/codec.h"
#include "ipvs/fields.h"
#include "ipvs/settle.h"

using namespace fl;

namespace {

/** The attributes of a request as if they were a reply's. */
Bytes attributes_of(const Writer& writer) { return netlink::parse_generic(writer.bytes())->attributes; }

void service(Bytes bytes, bool counters) {
  ipvs::ObservedService seen;
  if (!ipvs::decode_service(bytes, seen, counters)) return;
  Writer writer;
  ipvs::encode_service(writer, ipvs::Command::new_service, seen.service);
  if (writer.failed()) std::abort();
  ipvs::ObservedService again;
  if (!ipvs::decode_service(attributes_of(writer), again, counters)) std::abort();
  if (std::memcmp(&again.service, &seen.service, sizeof seen.service) != 0) std::abort();
  const ipvs::Op op{ipvs::OpKind::add_service, seen.service, {}};
  ipvs::objection(op);
  if (!ipvs::accomplished(op, {{seen}, {}})) std::abort();
}

void destination(Bytes bytes, bool counters) {
  ipvs::ObservedDestination seen;
  if (!ipvs::decode_destination(bytes, 2, seen, counters)) return;
  ipvs::Service parent{};
  parent.family = 2;
  Writer writer;
  ipvs::encode_destination(writer, ipvs::Command::new_destination, parent, seen.destination);
  if (writer.failed()) std::abort();
  ipvs::ObservedDestination again;
  if (!ipvs::decode_destination(attributes_of(writer), 2, again, counters)) std::abort();
  if (std::memcmp(&again.destination, &seen.destination, sizeof seen.destination) != 0) std::abort();
  ipvs::objection({ipvs::OpKind::add_destination, parent, seen.destination});
}

void daemon(Bytes bytes) {
  ipvs::Daemon seen;
  if (!ipvs::decode_daemon(bytes, seen)) return;
  Writer writer;
  ipvs::encode_daemon(writer, ipvs::Command::new_daemon, seen);
  ipvs::Daemon again;
  if (!ipvs::decode_daemon(attributes_of(writer), again)) std::abort();
  if (std::memcmp(&again, &seen, sizeof seen) != 0) std::abort();
}

template <class Record>
void plain(Bytes bytes, const netlink::Table& table) {
  Record record{};
  netlink::decode(bytes, table, record_bytes(record));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes bytes = Bytes(data, size).subspan(1);
  switch (data[0] % 7) {
    case 0: service(bytes, true); break;
    case 1: service(bytes, false); break;
    case 2: destination(bytes, true); break;
    case 3: destination(bytes, false); break;
    case 4: daemon(bytes); break;
    case 5: plain<ipvs::Timeouts>(bytes, ipvs::timeouts_table); break;
    case 6: plain<ipvs::Info>(bytes, ipvs::info_table); break;
  }
  return 0;
}
