#pragma once
#include <optional>

#include "vrrp/parts.h"

namespace fl::vrrp {

/** Sends the adverts of one instance and owns its place at a port. */
class Speaker {
 public:
  /** `rival_since` says whether somebody else's advert was heard after a time. */
  Speaker(Parts& parts, InstanceCounters& counters, std::function<bool(int64_t since)> rival_since);
  ~Speaker() { detach(); }

  /** Takes its ports, or changes them for those that the settings and links now ask for. */
  void attach(Settings& settings, int64_t now);
  void detach();
  /** Looks up anew which address adverts leave with. */
  void find_source();

  void advertise(uint8_t priority, int64_t every, int64_t now);
  /** One advert now; a standing order counts its interval from here. */
  void send(uint8_t priority, int64_t now);
  void quiet();

  bool advertising() const { return timer_.armed(); }
  int64_t interval() const { return timer_.armed() ? every_ : 0; }
  Port* port() const { return port_; }
  /** Where adverts leave. */
  Port* way_out() const { return way_out_ != nullptr ? way_out_ : port_; }
  const std::optional<Address>& source() const { return source_; }
  HmacState& hmac() { return hmac_; }

 private:
  void due(int64_t due, int64_t now);
  void post(uint8_t priority, int64_t due, int64_t now);

  Parts& parts_;
  InstanceCounters& counters_;
  std::function<bool(int64_t)> rival_since_;
  /** The instance's; set by attach(), which comes first. */
  Settings* settings_ = nullptr;
  Port* port_ = nullptr;
  /** The macvlan's, when adverts leave with the virtual hardware address. */
  Port* way_out_ = nullptr;
  std::optional<Address> joined_;
  std::optional<Address> source_;
  HmacState hmac_;

  Timer timer_;
  uint8_t priority_ = 0;
  int64_t every_ = 0;
  int64_t last_ = 0;
  bool mute_told_ = false;
};

}  // namespace fl::vrrp
