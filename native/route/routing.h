#pragma once
// Routes and routing rules: records, attribute tables, codec (include/uapi/linux/rtnetlink.h, fib_rules.h).
#include "base/error.h"
#include "netlink/field.h"

namespace fl::route {

/** A unicast route. Host byte order but for addresses, zero-filled. */
struct Path {
  /** AF_INET or AF_INET6. */
  uint32_t family;
  /** 0 with an address of zeros: default. */
  uint32_t prefix;
  uint8_t to[16];
  /** Zeros: none. */
  uint8_t via[16];
  uint8_t source[16];
  uint32_t table;
  uint32_t metric;
  /** RTPROT_*: who made it. */
  uint32_t protocol;
  /** Outgoing interface, 0 where the kernel shall choose; `interface` is its name. */
  uint32_t index;
  char interface[16];
};

/** A rule that sends packets to a table. */
struct Rule {
  uint32_t family;
  uint32_t from_prefix;
  uint8_t from[16];
  uint32_t to_prefix;
  uint8_t to[16];
  /** Incoming interface; empty: any. */
  char interface[16];
  /** 0: any. */
  uint32_t mark;
  uint32_t table;
  uint32_t priority;
  uint32_t protocol;
};

/** RTPROT_* of all that Fairlead makes (ROUTING_OWNER in src/model/routing.ts). */
inline constexpr uint8_t routing_owner = 112;

enum class RoutingKind : uint8_t { add_route, replace_route, delete_route, add_rule, delete_rule };

struct RoutingOp {
  RoutingKind kind;
  /** Of a route. */
  Path path;
  /** Of a rule. */
  Rule rule;
};

constexpr bool is_rule(RoutingKind kind) { return kind >= RoutingKind::add_rule; }

inline constexpr netlink::Row path_rows[] = {
    {1, netlink::Kind::address, netlink::when_id | netlink::when_not_zero, FL_MEMBER(Path, to), "to"},
    {4, netlink::Kind::u32, netlink::when_not_zero, FL_MEMBER(Path, index), "index"},
    {5, netlink::Kind::address, netlink::when_id | netlink::when_not_zero, FL_MEMBER(Path, via), "via"},
    {6, netlink::Kind::u32, netlink::when_id | netlink::when_not_zero, FL_MEMBER(Path, metric), "metric"},
    {7, netlink::Kind::address, netlink::when_id | netlink::when_not_zero, FL_MEMBER(Path, source), "source"},
    {15, netlink::Kind::u32, netlink::when_id, FL_MEMBER(Path, table), "table"},
};
inline constexpr netlink::Table path_table{path_rows, sizeof(Path), offsetof(Path, family)};

inline constexpr netlink::Row rule_rows[] = {
    {1, netlink::Kind::address, netlink::when_id | netlink::when_not_zero, FL_MEMBER(Rule, to), "to"},
    {2, netlink::Kind::address, netlink::when_id | netlink::when_not_zero, FL_MEMBER(Rule, from), "from"},
    {3, netlink::Kind::text, netlink::when_id | netlink::when_not_zero, FL_MEMBER(Rule, interface), "interface"},
    {6, netlink::Kind::u32, netlink::when_id, FL_MEMBER(Rule, priority), "priority"},
    {10, netlink::Kind::u32, netlink::when_id | netlink::when_not_zero, FL_MEMBER(Rule, mark), "mark"},
    {15, netlink::Kind::u32, netlink::when_id, FL_MEMBER(Rule, table), "table"},
    {21, netlink::Kind::u8, netlink::when_id, FL_MEMBER(Rule, protocol), "protocol"},
};
inline constexpr netlink::Table rule_table{rule_rows, sizeof(Rule), offsetof(Rule, family)};

static_assert(sound(path_table) && sound(rule_table));

/** Appends struct rtmsg and attributes of RTM_NEWROUTE or, `full` false, RTM_DELROUTE. */
void encode_path(Writer& writer, const Path& path, bool full);
/** Appends struct fib_rule_hdr and attributes of RTM_NEWRULE or RTM_DELRULE. */
void encode_rule(Writer& writer, const Rule& rule);

/** Reads the payload of RTM_NEWROUTE; false when it is malformed, no unicast route of IPv4 or IPv6, or a cached one. */
bool decode_path(Bytes payload, Path& path);
/** Reads the payload of RTM_NEWRULE; false when it is malformed or no rule that leads to a table. */
bool decode_rule(Bytes payload, Rule& rule);

/** An Error for an op the kernel refused with `number`; `text` is its extended acknowledgement or empty. */
Error routing_refusal(RoutingKind kind, int number, std::string text);

}  // namespace fl::route
