#include <sys/socket.h>

#include <cerrno>
#include <set>
#include <string>

#include "check.h"
#include "ipvs/codec.h"
#include "ipvs/settle.h"

using namespace fl;
using namespace fl::ipvs;

namespace {

Service service(uint32_t port) {
  Service service{};
  service.family = AF_INET;
  service.protocol = 6;
  service.address[0] = 10;
  service.port = port;
  service.netmask = 0xffffffff;
  service.flagsMask = 0x3d;
  std::strcpy(service.scheduler, "mh");
  return service;
}

Destination destination(uint8_t last, uint32_t weight = 1) {
  Destination destination{};
  destination.family = AF_INET;
  destination.address[0] = 10;
  destination.address[3] = last;
  destination.port = 80;
  destination.forward = forward_direct;
  destination.weight = weight;
  return destination;
}

/** Two services: 80 with destinations 2, 1 (newest first), 81 with 3. */
Snapshot kernel() {
  Snapshot snapshot;
  for (const uint32_t port : {80u, 81u}) {
    ObservedService seen{};
    seen.service = service(port);
    seen.service.flags = flag_hashed;
    seen.service.flagsMask = ~0u;
    seen.destinations = port == 80 ? 2 : 1;
    snapshot.services.push_back(seen);
  }
  for (const uint8_t last : {2, 1, 3}) {
    ObservedDestination seen{};
    seen.destination = destination(last);
    snapshot.destinations.push_back(seen);
  }
  return snapshot;
}

}  // namespace

TEST(settle_services, "a lost answer about a service is judged by what is there") {
  const Snapshot seen = kernel();
  CHECK(accomplished({OpKind::add_service, service(80), {}}, seen));
  CHECK(!accomplished({OpKind::add_service, service(82), {}}, seen));
  CHECK(accomplished({OpKind::delete_service, service(82), {}}, seen));
  CHECK(!accomplished({OpKind::delete_service, service(81), {}}, seen));
  Service other = service(80);
  std::strcpy(other.scheduler, "rr");
  CHECK(!accomplished({OpKind::set_service, other, {}}, seen));
  other = service(80);
  other.flags = flag_one_packet;
  CHECK(!accomplished({OpKind::set_service, other, {}}, seen));
}

TEST(settle_destinations, "a lost answer about a destination is judged by its service's list") {
  const Snapshot seen = kernel();
  CHECK(accomplished({OpKind::add_destination, service(80), destination(1)}, seen));
  CHECK(!accomplished({OpKind::set_destination, service(80), destination(1, 5)}, seen));
  CHECK(!accomplished({OpKind::add_destination, service(80), destination(3)}, seen));
  CHECK(accomplished({OpKind::add_destination, service(81), destination(3)}, seen));
  CHECK(accomplished({OpKind::delete_destination, service(81), destination(1)}, seen));
  CHECK(!accomplished({OpKind::delete_destination, service(80), destination(2)}, seen));
  CHECK(!accomplished({OpKind::delete_destination, service(99), destination(2)}, seen));
}

TEST(settle_moves, "a move is done when the destination is first") {
  const Snapshot seen = kernel();
  CHECK(accomplished({OpKind::move_destination, service(80), destination(2)}, seen));
  CHECK(!accomplished({OpKind::move_destination, service(80), destination(1)}, seen));
  CHECK(!accomplished({OpKind::move_destination, service(80), destination(2, 9)}, seen));
}

TEST(superseded, "only later changes of the same object hide what an op did") {
  const Op add{OpKind::add_destination, service(80), destination(1)};
  CHECK(supersedes({OpKind::delete_destination, service(80), destination(1)}, add));
  CHECK(supersedes({OpKind::delete_service, service(80), {}}, add));
  CHECK(!supersedes({OpKind::set_service, service(80), {}}, add));
  CHECK(!supersedes({OpKind::delete_destination, service(80), destination(2)}, add));
  CHECK(!supersedes({OpKind::delete_service, service(81), {}}, add));
  CHECK(!supersedes({OpKind::skip, service(80), {}}, add));
  const Op move{OpKind::move_destination, service(80), destination(1)};
  CHECK(supersedes({OpKind::add_destination, service(80), destination(2)}, move));
  CHECK(!supersedes({OpKind::set_destination, service(80), destination(2)}, move));
}

TEST(meanings, "the same errno means what its command makes of it") {
  CHECK(refusal(Command::new_service, ENOENT, {}).code == Code::scheduler_missing);
  CHECK(refusal(Command::set_service, ENOENT, {}).code == Code::scheduler_missing);
  CHECK(refusal(Command::set_destination, ENOENT, {}).code == Code::destination_missing);
  CHECK(refusal(Command::delete_destination, ENOENT, {}).code == Code::destination_missing);
  CHECK(refusal(Command::get_info, ENOENT, {}).code == Code::ipvs_missing);
  CHECK(refusal(Command::delete_service, ESRCH, {}).code == Code::service_missing);
  CHECK(refusal(Command::new_destination, ESRCH, {}).code == Code::service_missing);
  CHECK(refusal(Command::delete_daemon, ESRCH, {}).code == Code::daemon_not_running);
  CHECK(refusal(Command::new_service, EEXIST, {}).code == Code::service_exists);
  CHECK(refusal(Command::new_destination, EEXIST, {}).code == Code::destination_exists);
  CHECK(refusal(Command::new_daemon, EEXIST, {}).code == Code::daemon_running);
  CHECK(refusal(Command::new_destination, ERANGE, {}).code == Code::out_of_range);
  CHECK(refusal(Command::get_service, EPERM, {}).code == Code::not_permitted);
  CHECK(refusal(Command::new_daemon, EINVAL, "the kernel's words").text == "the kernel's words");
  const Error timeout = refusal(Command::get_info, ETIMEDOUT, {});
  CHECK(timeout.code == Code::timeout && timeout.number == 0);
  CHECK(refusal(Command::flush, ENOMEM, {}).code == Code::kernel);
}

TEST(families, "a server of another family is found, and objected to without a tunnel") {
  Snapshot seen = kernel();
  CHECK(!mixes_families(seen));
  seen.destinations.back().destination.family = AF_INET6;
  CHECK(mixes_families(seen));
  Op op{OpKind::add_destination, service(80), destination(1)};
  CHECK(!objection(op) && !mixes_families(op));
  op.destination.family = AF_INET6;
  CHECK(mixes_families(op) && objection(op)->code == Code::mixed_families);
  op.destination.forward = forward_tunnel;
  CHECK(!objection(op));
  op.destination.forward = 7;
  CHECK(objection(op)->code == Code::invalid);
  // A deletion names the destination and nothing else.
  op.kind = OpKind::delete_destination;
  CHECK(!objection(op));
  CHECK(!mixes_families({OpKind::delete_service, service(80), op.destination}));
}

TEST(code_names, "every code has a name of its own") {
  std::set<std::string> names;
  for (int code = 0; code <= static_cast<int>(Code::kernel); code++) names.insert(code_name(static_cast<Code>(code)));
  CHECK(names.size() == static_cast<size_t>(Code::kernel) + 1);
}
