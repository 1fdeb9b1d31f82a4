// Opening, single requests and dumps. Batches are in apply.cc.
#include "ipvs/client.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>

#include "ipvs/fields.h"
#include "netlink/generic.h"

namespace fl::ipvs {

using netlink::Answer;
using netlink::Message;

namespace {

constexpr int dump_attempts = 4;
// The kernel answers before send() returns; what has not come by then was dropped (af_netlink.c drops the answer of a
// handler that gives -EINTR, which stopping a just started sync daemon does).
constexpr int64_t daemon_wait_ms = 200;

/** True when two elements have the same leading bytes. */
template <class T>
bool repeats(const std::vector<T>& list, size_t identity_bytes) {
  std::vector<std::string_view> keys;
  keys.reserve(list.size());
  for (const T& element : list) keys.emplace_back(reinterpret_cast<const char*>(&element), identity_bytes);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

/** Keeps the first of each: what still repeats after several dumps is being changed all the time. */
template <class T>
void drop_repeats(std::vector<T>& list, size_t identity_bytes) {
  std::set<std::string> seen;
  const auto known = [&](const T& element) {
    return !seen.emplace(reinterpret_cast<const char*>(&element), identity_bytes).second;
  };
  list.erase(std::remove_if(list.begin(), list.end(), known), list.end());
}

/** Hands the attributes of every reply with that command to `read`, which says whether they made sense. */
template <class Read>
netlink::Visitor replies(Command command, bool& malformed, Read read) {
  return [command, &malformed, read](const Message& message) {
    const auto generic = netlink::parse_generic(message.payload);
    if (!generic || generic->command != static_cast<uint8_t>(command)) return;
    if (!read(generic->attributes)) malformed = true;
  };
}

Error reloaded_error(const char* operation) {
  return {Code::family_reloaded, 0, operation, "IPVS was unloaded and loaded again meanwhile"};
}

Error malformed_error(const char* operation) {
  return {Code::kernel, EBADMSG, operation, "the kernel's answer cannot be read"};
}

}  // namespace

Failure Client::resolve() {
  const auto family = netlink::resolve_family(*writer_, "IPVS", deadline());
  if (family.answer.ok() && family.id != 0) {
    family_ = family.id;
    return std::nullopt;
  }
  if (!family.answer.known) writer_.reset();
  if (family.answer.number == ENOENT) return Error{Code::ipvs_missing, ENOENT, {}, "the kernel has no IPVS"};
  return refusal(Command::get_info, family.answer.number, family.answer.text);
}

Failure Client::open() {
  for (auto* socket : {&reader_, &writer_}) {
    if (*socket) continue;
    auto opened = netlink::Socket::open(NETLINK_GENERIC, options_.netns);
    if (!opened) return opened.error();
    *socket = std::move(*opened);
  }
  return family_ == 0 ? resolve() : std::nullopt;
}

/** After ENOENT: does the family number itself no longer exist? Then it is forgotten. */
bool Client::stale() {
  if (!writer_) return false;
  Writer writer;
  const uint32_t sequence = writer_->next_sequence();
  const size_t start = netlink::begin_message(writer, family_, NLM_F_ACK, sequence);
  netlink::put_generic_header(writer, static_cast<uint8_t>(Command::get_info));
  netlink::end_message(writer, start);
  const Answer answer = netlink::exchange(*writer_, sequence, writer.bytes(), deadline(), [](const Message&) {});
  if (!answer.known) writer_.reset();
  if (answer.number != ENOENT) return false;
  family_ = 0;
  reloads_++;
  return true;
}

Failure Client::request(const Request& request, std::optional<int64_t> deadline_ms) {
  const bool is_dump = (request.flags & NLM_F_DUMP) == NLM_F_DUMP;
  for (bool retried = false;; retried = true) {
    if (Failure failure = open()) {
      failure->operation = request.operation;
      return failure;
    }
    auto& socket = is_dump ? reader_ : writer_;
    Writer writer;
    const uint32_t sequence = socket->next_sequence();
    const size_t start = netlink::begin_message(writer, family_, request.flags, sequence);
    request.build(writer);
    netlink::end_message(writer, start);
    if (writer.failed()) return Error{Code::invalid, 0, request.operation, "a value is too large for the kernel"};

    const Deadline until = deadline_ms ? Deadline::after_ms(std::min(*deadline_ms, options_.deadline_ms)) : deadline();
    const Answer answer = netlink::exchange(*socket, sequence, writer.bytes(), until, request.visit);
    if (answer.ok()) return std::nullopt;
    if (!answer.known) socket.reset();
    if (answer.number == ENOENT && stale()) {
      if (retried) return reloaded_error(request.operation);
      continue;
    }
    Error error = refusal(request.command, answer.number, answer.text);
    error.operation = request.operation;
    return error;
  }
}

Failure Client::read_services(Reading& reading) {
  for (int attempt = 1;; attempt++) {
    reading.services.clear();
    bool malformed = false;
    Failure failure = request({"dump", Command::get_service, NLM_F_DUMP,
                               [](Writer& writer) {
                                 netlink::put_generic_header(writer, static_cast<uint8_t>(Command::get_service));
                               },
                               replies(Command::new_service, malformed, [&](Bytes attributes) {
                                 return decode_service(attributes, reading.services.emplace_back(), reading.counters);
                               })});
    if (!failure && malformed) return malformed_error("dump");
    const bool again = failure ? failure->number == ENOBUFS : repeats(reading.services, service_identity_bytes);
    if (again && attempt < dump_attempts) continue;
    if (again && !failure) drop_repeats(reading.services, service_identity_bytes);
    return failure;
  }
}

Failure Client::read_destinations(Reading& reading, ObservedService& service) {
  auto& list = reading.destinations;
  for (int attempt = 1;; attempt++) {
    list.clear();
    bool malformed = false;
    Failure failure = request(
        {"dump", Command::get_destination, NLM_F_DUMP,
         [&](Writer& writer) { encode_service(writer, Command::get_destination, service.service); },
         replies(Command::new_destination, malformed, [&](Bytes attributes) {
           return decode_destination(attributes, service.service.family, list.emplace_back(), reading.counters);
         })});
    if (!failure && malformed) return malformed_error("dump");
    const bool again = failure ? failure->number == ENOBUFS : repeats(list, destination_identity_bytes);
    if (again && attempt < dump_attempts) continue;
    if (again && !failure) drop_repeats(list, destination_identity_bytes);
    service.destinations = static_cast<uint32_t>(list.size());
    return failure;
  }
}

Failure Client::read(Reading& reading, size_t most, Snapshot& portion) {
  if (!reading.begun) {
    if (Failure failure = read_services(reading)) return failure;
    reading.begun = true;
    reading.reloads = reloads_;
  }
  const auto room = [&] { return most - portion.services.size() - portion.destinations.size(); };
  while (!reading.finished() && room() > 0) {
    if (reading.taken == reading.destinations.size()) {
      ObservedService& service = reading.services[reading.next];
      reading.taken = 0;
      if (Failure failure = read_destinations(reading, service)) return failure;
      // A family that came back in between has another table, which these services are not of.
      if (reading.reloads != reloads_) return reloaded_error("dump");
      portion.services.push_back(service);
      reading.next++;
    }
    const auto rest = std::span(reading.destinations).subspan(reading.taken);
    const auto part = rest.first(std::min(rest.size(), room()));
    portion.destinations.insert(portion.destinations.end(), part.begin(), part.end());
    reading.taken += part.size();
  }
  return std::nullopt;
}

Failure Client::dump(Reading& reading, size_t most, Snapshot& portion) {
  const std::lock_guard lock(mutex_);
  return read(reading, most, portion);
}

Outcome<Snapshot> Client::services(bool counters) {
  const std::lock_guard lock(mutex_);
  Reading reading{.counters = counters};
  if (Failure failure = read_services(reading)) return *failure;
  return Snapshot{std::move(reading.services), {}};
}

Outcome<Snapshot> Client::one(const Service& service, bool counters) {
  const std::lock_guard lock(mutex_);
  Reading reading{.counters = counters};
  bool malformed = false;
  Failure failure = request({"read service", Command::get_service, NLM_F_ACK,
                             [&](Writer& writer) { encode_service(writer, Command::get_service, service); },
                             replies(Command::new_service, malformed, [&](Bytes attributes) {
                               return decode_service(attributes, reading.services.emplace_back(), counters);
                             })});
  if (failure) return *failure;
  if (malformed || reading.services.size() != 1) return malformed_error("read service");
  const uint32_t reloads = reloads_;
  if (Failure unread = read_destinations(reading, reading.services.front())) return *unread;
  if (reloads != reloads_) return reloaded_error("read service");
  return Snapshot{std::move(reading.services), std::move(reading.destinations)};
}

Outcome<Info> Client::info() {
  const std::lock_guard lock(mutex_);
  Info info{};
  bool malformed = false;
  Failure failure = request({"info", Command::get_info, NLM_F_ACK,
                             [](Writer& writer) {
                               netlink::put_generic_header(writer, static_cast<uint8_t>(Command::get_info));
                             },
                             replies(Command::set_info, malformed, [&](Bytes attributes) {
                               return decode(attributes, info_table, record_bytes(info)).ok;
                             })});
  if (failure) return *failure;
  if (malformed) return malformed_error("info");
  return info;
}

Outcome<Timeouts> Client::timeouts() {
  const std::lock_guard lock(mutex_);
  Timeouts timeouts{};
  bool malformed = false;
  Failure failure = request({"read timeouts", Command::get_config, NLM_F_ACK,
                             [](Writer& writer) {
                               netlink::put_generic_header(writer, static_cast<uint8_t>(Command::get_config));
                             },
                             replies(Command::set_config, malformed, [&](Bytes attributes) {
                               return decode(attributes, timeouts_table, record_bytes(timeouts)).ok;
                             })});
  if (failure) return *failure;
  if (malformed) return malformed_error("read timeouts");
  return timeouts;
}

Failure Client::set_timeouts(const Timeouts& timeouts) {
  const std::lock_guard lock(mutex_);
  return request({"set timeouts", Command::set_config, NLM_F_ACK,
                  [&](Writer& writer) {
                    netlink::put_generic_header(writer, static_cast<uint8_t>(Command::set_config));
                    encode(writer, timeouts_table, record_bytes(timeouts), when_set);
                  },
                  [](const Message&) {}});
}

Outcome<std::vector<Daemon>> Client::read_daemons() {
  std::vector<Daemon> daemons;
  bool malformed = false;
  Failure failure = request({"list sync daemons", Command::get_daemon, NLM_F_DUMP,
                             [](Writer& writer) {
                               netlink::put_generic_header(writer, static_cast<uint8_t>(Command::get_daemon));
                             },
                             replies(Command::new_daemon, malformed, [&](Bytes attributes) {
                               return decode_daemon(attributes, daemons.emplace_back());
                             })});
  if (failure) return *failure;
  if (malformed) return malformed_error("list sync daemons");
  return daemons;
}

Outcome<std::vector<Daemon>> Client::daemons() {
  const std::lock_guard lock(mutex_);
  return read_daemons();
}

Failure Client::daemon_request(const char* operation, Command command, const Daemon& daemon, bool running) {
  const std::lock_guard lock(mutex_);
  Failure failure = request({operation, command, NLM_F_ACK,
                             [&](Writer& writer) { encode_daemon(writer, command, daemon); }, [](const Message&) {}},
                            daemon_wait_ms);
  if (!failure || failure->code != Code::timeout) return failure;
  auto daemons = read_daemons();
  if (!daemons) return daemons.error();
  const bool runs =
      std::any_of(daemons->begin(), daemons->end(), [&](const Daemon& seen) { return seen.state == daemon.state; });
  return runs == running ? std::nullopt : failure;
}

Failure Client::start_daemon(const Daemon& daemon) {
  Failure failure = daemon_request("start sync daemon", Command::new_daemon, daemon, true);
  if (!failure || failure->number != EINVAL) return failure;
  const std::lock_guard lock(mutex_);
  Reading reading{.counters = false};
  Snapshot snapshot;
  if (!read(reading, SIZE_MAX, snapshot) && mixes_families(snapshot)) {
    failure->code = Code::mixed_families;
    failure->text = "a destination of another family than its service exists, which connection sync cannot carry";
  }
  return failure;
}

Failure Client::stop_daemon(const Daemon& daemon) {
  return daemon_request("stop sync daemon", Command::delete_daemon, daemon, false);
}

Failure Client::zero(const Service* service) {
  const std::lock_guard lock(mutex_);
  return request({"zero counters", Command::zero, NLM_F_ACK,
                  [&](Writer& writer) {
                    if (service != nullptr) return encode_service(writer, Command::zero, *service);
                    netlink::put_generic_header(writer, static_cast<uint8_t>(Command::zero));
                  },
                  [](const Message&) {}});
}

Failure Client::flush() {
  const std::lock_guard lock(mutex_);
  return request({"flush", Command::flush, NLM_F_ACK,
                  [](Writer& writer) { netlink::put_generic_header(writer, static_cast<uint8_t>(Command::flush)); },
                  [](const Message&) {}});
}

}  // namespace fl::ipvs
