#pragma once
#include <mutex>
#include <optional>
#include <span>

#include "ipvs/codec.h"
#include "ipvs/settle.h"
#include "netlink/exchange.h"

namespace fl::ipvs {

/** An op that was not carried out, by its place in the batch. */
struct Refusal {
  uint32_t index;
  Error error;
};

/** A batch that is applied slice by slice: what came of the slices so far. */
struct Progress {
  /** By rising index, counted from the first op of the first slice. */
  std::vector<Refusal> refusals = {};
  uint32_t done = 0;
  /** Nothing more can be sent, for this reason. */
  Failure ended = {};
  /** Something was carried out. */
  bool begun = false;
};

/** A dump that is read portion by portion. */
struct Reading {
  bool counters = true;
  bool begun = false;
  std::vector<ObservedService> services = {};
  /** How many of them were handed out. */
  size_t next = 0;
  /** Destinations of the last of these, and how many of them were handed out. */
  std::vector<ObservedDestination> destinations = {};
  size_t taken = 0;
  /** How often IPVS had gone and come back when the services were read. */
  uint32_t reloads = 0;

  bool finished() const { return begun && next == services.size() && taken == destinations.size(); }
};

/** Talks to IPVS of one network namespace: one socket that reads, one that writes, both opened when first needed and again
 *  after an answer was lost. Blocks; every request ends by its deadline. Safe from any thread, one request at a time. */
class Client {
 public:
  struct Options {
    /** Path of a network namespace, empty for the process's own. */
    std::string netns;
    int64_t deadline_ms = 2000;
  };
  explicit Client(Options options) : options_(std::move(options)) {}

  /** All services and destinations, into `portion` at least one and at most `most` records a call until it is finished(); a
   *  service's destinations may be spread over portions. Only one service's destinations are held besides. Dumps are not
   *  atomic (the kernel resumes by position): one that shows an object twice is taken again, at most 4 times, and what then
   *  still repeats is told once. `counters` false leaves them zero. Fails with family_reloaded when IPVS went and came back
   *  meanwhile: what was read so far is of a table that is gone. */
  Failure dump(Reading& reading, size_t most, Snapshot& portion);
  /** All services without their destinations. */
  Outcome<Snapshot> services(bool counters);
  /** One service with its destinations; service_missing when there is none. */
  Outcome<Snapshot> one(const Service& service, bool counters);

  /** Carries out the ops in order; a refused one does not stop the rest. Fails when nothing could be sent at all; of what came
   *  before in the same batch, `progress` tells. A move is a deletion and an addition: of a destination that is missing it
   *  is an addition. Fails with family_reloaded when IPVS went and came back after something of the batch was carried out,
   *  because that is gone then. */
  Failure apply(std::span<const Op> ops, Progress& progress);

  Outcome<Info> info();
  Outcome<Timeouts> timeouts();
  Failure set_timeouts(const Timeouts& timeouts);
  Outcome<std::vector<Daemon>> daemons();
  Failure start_daemon(const Daemon& daemon);
  Failure stop_daemon(const Daemon& daemon);
  /** Sets the counters of one service, or of all, to zero. */
  Failure zero(const Service* service);
  /** Deletes every service. */
  Failure flush();

 private:
  using Build = std::function<void(Writer&)>;
  struct Request {
    const char* operation;
    Command command;
    uint16_t flags;
    Build build;
    netlink::Visitor visit;
  };

  Failure open();
  Failure resolve();
  bool stale();
  Failure request(const Request& request, std::optional<int64_t> deadline_ms = std::nullopt);
  Failure daemon_request(const char* operation, Command command, const Daemon& daemon, bool running);
  Outcome<std::vector<Daemon>> read_daemons();
  Failure read(Reading& reading, size_t most, Snapshot& portion);
  Failure read_services(Reading& reading);
  Failure read_destinations(Reading& reading, ObservedService& service);
  struct Outstanding;
  std::vector<Outstanding> run(std::span<const Op> ops, std::span<const uint32_t> indices);
  void settle(std::span<const Op> ops, std::vector<Outstanding>& results);
  Failure retry_stale(std::span<const Op> ops, std::vector<Outstanding>& results, uint32_t reloads,
                      bool begun);
  void explain(const Op& op, Error& error);
  bool scheduler_loads(const char* name);
  Deadline deadline() const { return Deadline::after_ms(options_.deadline_ms); }

  Options options_;
  std::mutex mutex_;
  std::optional<netlink::Socket> reader_;
  std::optional<netlink::Socket> writer_;
  /** 0: not resolved. The number changes when the module is unloaded and loaded again. */
  uint16_t family_ = 0;
  /** How often that happened. */
  uint32_t reloads_ = 0;
};

}  // namespace fl::ipvs
