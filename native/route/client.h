#pragma once
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "netlink/exchange.h"
#include "route/codec.h"
#include "route/routing.h"

namespace fl::route {

/** An op that was not carried out, by its place in the batch. */
struct Refusal {
  uint32_t index;
  Error error;
};

/** Links, addresses, routes and rules of one network namespace, through rtnetlink. Blocks; every request ends by its deadline. Safe from
 *  any thread, one request at a time. */
class Client {
 public:
  struct Options {
    /** Path of a network namespace, empty for the process's own. */
    std::string netns;
    int64_t deadline_ms = 2000;
  };
  explicit Client(Options options) : options_(std::move(options)) {}

  Outcome<std::vector<Link>> links();
  /** IPv4 and IPv6 addresses with their interfaces' names. */
  Outcome<std::vector<Address>> addresses();
  /** Carries out the ops in order; a refused one does not stop the rest. Gives the refused ones, by rising index. */
  Outcome<std::vector<Refusal>> apply(std::span<const Op> ops);

  /** Unicast routes that bear this protocol number, with their interfaces' names. */
  Outcome<std::vector<Path>> routes(uint8_t protocol);
  Outcome<std::vector<Rule>> rules(uint8_t protocol);
  Outcome<std::vector<Refusal>> apply(std::span<const RoutingOp> ops);
  /** Deletes all routes and rules that bear this protocol number. */
  Failure sweep(uint8_t protocol);

 private:
  /** Begins and fills the message of one op; an Error when it is refused unsent. */
  using Build = std::function<Failure(size_t index, netlink::Batch& batch)>;
  /** What the kernel's answer to one op means. */
  using Judge = std::function<Error(size_t index, int number, std::string text)>;
  Outcome<std::vector<Refusal>> carry_out(size_t count, const Build& build, const Judge& judge);

  Failure open();
  Failure dump(const char* operation, uint16_t type, Bytes header, const netlink::Visitor& visit,
               const std::function<void()>& restart);
  Outcome<std::vector<Link>> read_links();

  Options options_;
  std::mutex mutex_;
  std::optional<netlink::Socket> socket_;
};

/** Null when there is none of that name. */
const Link* find_link(std::span<const Link> links, const char* name);

/** Fills `interface` of an address from a list of links. */
void name_interface(Address& address, std::span<const Link> links);

}  // namespace fl::route
