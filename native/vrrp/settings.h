#pragma once
// What JavaScript hands to the engine: instances and orders (src/model/vrrp.ts has the meaning of each), and how the engine
// itself behaves.
#include <optional>
#include <string>
#include <vector>

#include "vrrp/model.h"

namespace fl::vrrp {

/** An address that moves with the role. */
struct Held {
  std::string interface;
  int family = 0;
  Address address{};
  uint8_t prefix = 0;
  std::string label;
  /** RT_SCOPE_*. */
  uint8_t scope = 0;

  bool operator==(const Held&) const = default;
};

/** Cadence of gratuitous ARP and unsolicited neighbour advertisements. */
struct Cadence {
  uint32_t count = 5;
  uint32_t repeat_after_ms = 5000;
  uint32_t refresh_ms = 0;
  uint32_t gap_ms = 0;
  /** How often others are looked for who answer for the addresses too; 0: never. */
  uint32_t look_ms = 0;
  /** Further interfaces that hear of it. */
  std::vector<std::string> interfaces;
};

struct VirtualMac {
  /** Name of the macvlan. */
  std::string interface;
  /** Adverts leave with the virtual hardware address, else with the parent's. */
  bool adverts = true;

  bool operator==(const VirtualMac&) const = default;
};

struct Settings {
  std::string name;
  std::string interface;
  Wire wire;
  /** Nothing: the interface's first IPv4 address, or its IPv6 link-local one. */
  std::optional<Address> source;
  std::vector<Held> held;
  Cadence cadence;
  std::optional<VirtualMac> virtual_mac;
  /** Packets to the addresses are taken, or only answered for and forwarded. An owner takes them always. */
  bool accept = true;
};

/** Where an address goes: those of the instance's own interface go to its macvlan. */
inline const std::string& interface_of(const Held& held, const Settings& settings) {
  return settings.virtual_mac && held.interface == settings.interface ? settings.virtual_mac->interface : held.interface;
}

/** An accepted advert as it is told, or as it is expected again. */
struct Heard {
  Address source{};
  uint8_t priority = 0;
  uint32_t interval_ms = 0;

  bool operator==(const Heard&) const = default;
};

struct Order {
  enum class Kind : uint8_t { advertise, send, quiet, listen, deaf, wake, hold, release, announce };
  Kind kind = Kind::quiet;
  uint8_t priority = 0;
  /** everyMs, forMs or afterMs as nanoseconds; -1 takes a wake back. */
  int64_t time = 0;
  /** listen: counted from the last advert that was as expected. */
  bool from_last = false;
  std::optional<Heard> same;
  /** listen, wake: told again with the event, so that one which an order took back on its way can be told apart. */
  uint32_t serial = 0;
};

struct Options {
  /** Path of a network namespace, empty for the process's own. */
  std::string netns;
  /** Run before other programs where that is permitted. */
  bool realtime = true;
  /** How long the kernel keeps held addresses when nobody renews them, in seconds; 0: for ever. */
  uint32_t lifetime_s = 10;
  /** Path of the program that acts on our will; empty: there is none. */
  std::string warden;
};

}  // namespace fl::vrrp
