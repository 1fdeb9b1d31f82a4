#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "vrrp/changer.h"
#include "vrrp/links.h"
#include "vrrp/settings.h"

namespace fl::vrrp {

/** An address on the interface with that number. */
struct Place {
  uint32_t index = 0;
  Held held;

  bool operator==(const Place&) const = default;
};

/** Adds and removes virtual addresses. Those that somebody else put there are used and never removed; ours are told by
 *  IFA_PROTO. The kernel removes ours by itself when they are not renewed. */
class Holder {
 public:
  using Refused = std::vector<std::pair<Held, Error>>;
  /** Gets what could not be done. */
  using Done = std::function<void(const Refused& refused, int64_t now)>;

  Holder(const Links& links, uint32_t lifetime_s) : links_(links), lifetime_s_(lifetime_s) {}

  Failure start() { return changer_.start(); }
  /** Waits until all is carried out; nobody hears of it any more. */
  void stop() { changer_.stop(); }
  /** Readable when finish() has something to do. */
  int fd() const { return changer_.fd(); }
  void finish(int64_t now);

  /** Adds what is missing and renews what is ours. */
  void add(const std::vector<Place>& places, Done done);
  /** Removes those of them that are ours. */
  void remove(const std::vector<Place>& places);
  /** Keeps packets to these addresses out, and to no others any more. */
  void keep_out(ClosedSet closed, std::function<void(const Failure& failure, int64_t now)> done);
  /** Removes those of them that are there and bear our mark. */
  void sweep(std::vector<Place> places);
  /** Whether we added it. */
  bool ours(const Place& place) const;
  /** Whether the end of that address is our own doing. Each removal is asked about once. */
  bool expected(const route::Address& address);
  /** Forgets expected ends: events were lost. */
  void forget() { leaving_.clear(); }
  /** How often to renew, in nanoseconds; 0: never. */
  int64_t renewal() const { return int64_t{lifetime_s_} * 1'000'000'000 / 2; }

 private:
  using Key = std::tuple<uint32_t, uint32_t, uint32_t, Address>;
  /** Gets the job that is done. */
  using Pending = std::function<void(const Changer::Job& job, int64_t now)>;

  static Key key(const route::Address& address);
  static Key key(const Place& place);
  bool foreign(const Place& place) const;
  void unexpect(const Key& key);

  const Links& links_;
  uint32_t lifetime_s_;
  Changer changer_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, Pending> pending_;
  /** What we added: kernels before 5.18 do not tell whose an address is. */
  std::set<Key> ours_;
  /** Addresses we remove whose events have not come yet. */
  std::map<Key, int> leaving_;
};

}  // namespace fl::vrrp
