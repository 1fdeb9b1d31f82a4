#pragma once
#include "vrrp/holding.h"
#include "vrrp/speaker.h"
#include "vrrp/will.h"

namespace fl::vrrp {

/** One virtual router: its standing orders and what it hears. */
class Router {
 public:
  Router(Parts& parts, Settings settings, int64_t now);
  /** Lets everything go: a last advert when it still is the master, its addresses, its macvlan. */
  void close(int64_t now);

  void configure(Settings settings, int64_t now);
  void order(const Order& order, int64_t now);
  /** A packet for this virtual router. `wall` is microseconds since 1970. */
  void receive(const Port& port, const Arrival& arrival, int64_t wall);

  /** What has to be done for it if we die now; nothing when there is nothing. */
  std::optional<Estate> estate() const;
  /** Between two standing adverts, in nanoseconds; 0 without such. */
  int64_t interval() const { return speaker_.interval(); }

  /** Gives up mastership and all orders: the daemon does not answer any more. */
  void withdraw(int64_t now);

  /** Whether it has to do with an interface of that name. */
  bool uses(const std::string& interface) const;
  void link_changed(const std::string& interface, int64_t now);
  /** Its sender's address may be another one now. */
  void address_changed(uint32_t index);
  bool address_gone(const route::Address& address, int64_t now) { return holding_.gone(address, now); }
  /** The table of links was read anew. */
  void look_again(int64_t now);

  /** How long it waits for an advert; 0: it does not. */
  int64_t patience() const { return listening_ ? listen_for_ : 0; }
  const Settings& settings() const { return settings_; }
  /** The interface it listens on; 0: that is missing. */
  uint32_t index() const { return speaker_.port() == nullptr ? 0 : speaker_.port()->index(); }
  InstanceCounters counters() const;

 private:
  void listen(const Order& order, int64_t now);
  void silent(int64_t due, int64_t now);
  void deafen();
  void hear(const Heard& heard, int64_t at);
  void tell(Event::Kind kind, int64_t at, uint32_t serial);
  void raise_macvlan(int64_t now);
  void lower_macvlan();

  Parts& parts_;
  Settings settings_;
  InstanceCounters counters_;
  Speaker speaker_;
  Holding holding_;

  Timer listen_;
  Timer wake_;
  /** The standing order, until it ran out or was taken back. */
  bool listening_ = false;
  int64_t listen_for_ = 0;
  uint32_t listen_serial_ = 0;
  uint32_t wake_serial_ = 0;
  /** A silence was put off once, because we were standing still ourselves. */
  bool excused_ = false;
  std::optional<Heard> same_;
  /** Since when the order waits: given, or re-armed by an advert. 0: there is none. */
  int64_t counted_from_ = 0;
  /** When the last advert was accepted. */
  int64_t last_at_ = 0;
  /** The last one that was told, and when. */
  Heard told_;
  int64_t told_at_ = 0;
  bool was_up_ = false;
};

}  // namespace fl::vrrp
