#pragma once
// Plain records of what IPVS holds. They are also the form in which JavaScript exchanges them: fixed layout, host byte
// order, zero-filled, addressed by the offsets of ipvs/fields.h. Integers are wider than on the wire so that a caller's
// 70000 in a port is refused and not cut off.
#include <cstdint>

namespace fl::ipvs {

/** Numbers of include/uapi/linux/ip_vs.h, enum IPVS_CMD_*. */
enum class Command : uint8_t {
  new_service = 1,
  set_service,
  delete_service,
  get_service,
  new_destination,
  set_destination,
  delete_destination,
  get_destination,
  new_daemon,
  delete_daemon,
  get_daemon,
  set_config,
  get_config,
  set_info,
  get_info,
  zero,
  flush,
};

enum ServiceFlags : uint32_t {
  flag_persistent = 0x1,
  /** Kernel-owned, set in every reply. */
  flag_hashed = 0x2,
  flag_one_packet = 0x4,
  /** 0x8, 0x10, 0x20: the scheduler's own. */
  flag_scheduler_shift = 3,
};

enum Forward : uint32_t { forward_nat, forward_local, forward_tunnel, forward_direct, forward_bypass };
enum TunnelType : uint32_t { tunnel_ipip, tunnel_gue, tunnel_gre };

struct Service {
  /** AF_INET or AF_INET6. */
  uint32_t family;
  /** IPPROTO_TCP, _UDP or _SCTP; 0 for a service known by its firewall mark. */
  uint32_t protocol;
  /** Network order, IPv4 in the first 4 bytes. */
  uint8_t address[16];
  uint32_t port;
  uint32_t mark;
  uint32_t flags;
  /** Which bits of `flags` a request sets; ~0 in replies. */
  uint32_t flagsMask;
  /** Persistence, seconds. */
  uint32_t timeout;
  /** IPv4: the mask as a number. IPv6: the prefix length. */
  uint32_t netmask;
  char scheduler[16];
  char engine[20];
};

struct Destination {
  /** 0 in old replies: the service's. */
  uint32_t family;
  uint8_t address[16];
  uint32_t port;
  uint32_t forward;
  uint32_t weight;
  uint32_t upperThreshold;
  uint32_t lowerThreshold;
  uint32_t tunnelType;
  uint32_t tunnelPort;
  /** 0 no checksum, 1 checksum, 2 remote checksum. */
  uint32_t tunnelFlags;
};

/** Totals since the object was made, and rates per second over the kernel's last few 2 s estimates. */
struct Counters {
  uint64_t connections;
  uint64_t inPackets;
  uint64_t outPackets;
  uint64_t inBytes;
  uint64_t outBytes;
  uint64_t connectionRate;
  uint64_t inPacketRate;
  uint64_t outPacketRate;
  uint64_t inByteRate;
  uint64_t outByteRate;
};

struct ObservedService {
  Service service;
  /** How many of the dump's destinations, in order, are this service's. */
  uint32_t destinations;
  Counters counters;
};

struct ObservedDestination {
  Destination destination;
  uint32_t activeConnections;
  uint32_t inactiveConnections;
  uint32_t persistentConnections;
  Counters counters;
};

struct Daemon {
  /** 1 master, 2 backup. */
  uint32_t state;
  char interface[16];
  uint32_t syncId;
  uint32_t maxLength;
  uint8_t group4[4];
  uint8_t group6[16];
  uint32_t port;
  uint32_t ttl;
};

/** Seconds; 0 in a request keeps the current value. */
struct Timeouts {
  uint32_t tcp;
  uint32_t tcpFin;
  uint32_t udp;
};

struct Info {
  /** 0x010201 is 1.2.1. */
  uint32_t version;
  uint32_t connectionTableSize;
};

enum class OpKind : uint32_t {
  /** Not sent: the caller found it cannot be expressed. */
  skip,
  add_service,
  set_service,
  delete_service,
  add_destination,
  set_destination,
  move_destination,
  delete_destination,
};
constexpr uint32_t op_kinds = 8;

/** One change: as OpKind says, on `service` (its identity at least) and, for the last four, `destination`. */
struct Op {
  OpKind kind;
  Service service;
  Destination destination;
};

constexpr bool is_service_op(OpKind kind) { return kind <= OpKind::delete_service; }

}  // namespace fl::ipvs
