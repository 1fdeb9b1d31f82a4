#pragma once
// Plain records of links and addresses, host byte order, zero-filled.
#include <cstdint>
#include <string>

namespace fl::route {

struct Address {
  /** AF_INET or AF_INET6. */
  uint32_t family;
  /** Interface number; `interface` is its name where known. */
  uint32_t index;
  uint32_t prefix;
  /** IFA_F_*; bits above 8 need kernel 3.14. */
  uint32_t flags;
  /** Network order, IPv4 in the first 4 bytes: the address itself. */
  uint8_t local[16];
  /** The far end on a point-to-point link, else the same as `local`. */
  uint8_t peer[16];
  /** IPv4 only. */
  char label[16];
  /** IFA_PROTO (5.18): who added it. 0 where the kernel does not tell. */
  uint32_t owner;
  /** RT_SCOPE_*. */
  uint32_t scope;
  /** Seconds until the kernel removes it by itself; 0 is never. */
  uint32_t lifetime;
  char interface[16];
};

struct Link {
  uint32_t index;
  /** IFF_*. */
  uint32_t flags;
  uint32_t mtu;
  char name[16];
  /** Length, then that many bytes. */
  uint8_t hardware[33];
  /** Number of the link it lies on, as a macvlan does; 0: none. */
  uint32_t parent;
  /** Free text beside the name, at most 255 bytes. */
  char alias[256];
};

enum class OpKind : uint8_t { add_address, delete_address };

/** One change of an address; `address.interface` names the link. */
struct Op {
  OpKind kind;
  Address address;
};

/** A change somebody made. */
struct Event {
  enum class Kind : uint8_t { link, address, resync };
  Kind kind = Kind::resync;
  bool gone = false;
  Link link{};
  Address address{};
};

}  // namespace fl::route
