#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "vrrp/kept_out.h"
#include "vrrp/router.h"
#include "vrrp/warden.h"

namespace fl::vrrp {

/** Everything that lives on the engine's thread. */
class Loop : private Links::Listener {
 public:
  Loop(Outgoing& outgoing, const Options& options);
  ~Loop() override;

  /** Opens what is needed always; `wake` is an eventfd that ends a wait. */
  Failure open(int wake);
  /** Waits for something to happen and deals with it, but for commands: `commands` runs those, after all that was received
   *  and before what is due. */
  void once(const std::function<void(int64_t now)>& commands);

  /** Replaces all instances. One that cannot be taken as it is stays as it was, and trouble is told. */
  void configure(std::vector<Settings> settings, int64_t now);
  void order(const std::string& instance, const std::vector<Order>& orders, int64_t now);
  /** Orders stand until then; 0: without limit. Those given while there was no lease are carried out now. */
  void lease(int64_t until, int64_t now);
  /** Lets everything go, in order. */
  void close(int64_t now);
  Counters counters() const;

 private:
  void link_changed(const std::string& name) override;
  void address_gone(const route::Address& address) override;
  void address_there(const route::Address& address) override;
  void everything_changed() override;

  void source_may_change(const route::Address& address);
  bool drain(Port& port);
  void take(Port& port, const Arrival& arrival, int64_t wall);
  void refused(const Port& port, const std::string& instance, Verdict verdict, const Address& source, int64_t at);
  void lose_lease(int64_t now);
  void write_will();
  void flush();
  void arm();
  void pause();
  void index();
  void tell_link(const std::string& name, int64_t now);
  std::optional<std::string> objection(const Settings& settings, const std::set<std::string>& names) const;

  Outgoing& outgoing_;
  Options options_;
  Fd epoll_;
  Fd alarm_;
  int64_t alarm_at_ = 0;

  Timers timers_;
  Links links_;
  Ports ports_;
  Outbox outbox_;
  Holder holder_;
  KeptOut kept_out_;
  PacketSocket packet_socket_;
  Announcer announcer_;
  Search search_;
  Macvlans macvlans_;
  Trays trays_;
  std::vector<Arrival> arrivals_;
  Parts parts_;

  std::map<std::string, std::unique_ptr<Router>> routers_;
  /** Interface number, family and VRID in one number. */
  std::unordered_map<uint64_t, Router*> receivers_;

  Warden warden_;
  bool will_changed_ = false;
  /** Longer without a heartbeat, and the warden acts; 0: never. */
  int64_t stopped_after_ = 0;
  /** How long packets may wait for more of them, and whether the last turn had some. */
  int64_t pause_ = 0;
  bool received_ = false;
  /** An eventfd: there are commands. */
  int wake_ = -1;

  int64_t lease_until_ = never;
  /** The lease was lost. */
  bool dormant_ = false;
  std::vector<std::pair<std::string, std::vector<Order>>> deferred_;
  int64_t now_ = 0;

  /** What was told last of the interfaces in use. */
  struct Told {
    bool present = false;
    bool up = false;
    bool carrier = false;
    bool operator==(const Told&) const = default;
  };
  std::map<std::string, Told> told_links_;
  /** Why adverts could not leave, and when that was told last. */
  int unsent_number_ = 0;
  int64_t unsent_told_ = 0;
  uint64_t unsaid_ = 0;
  int64_t sample_second_ = 0;
  int samples_ = 0;
};

}  // namespace fl::vrrp
