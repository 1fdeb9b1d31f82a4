#include "route/routing.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "netlink/attr.h"

namespace fl::route {

namespace {

bool is_ip(unsigned family) { return family == AF_INET || family == AF_INET6; }

bool all_zero(Bytes bytes) {
  for (const uint8_t byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

bool fits(uint32_t family, uint32_t prefix) { return prefix <= (family == AF_INET6 ? 128U : 32U); }

}  // namespace

void encode_path(Writer& writer, const Path& path, bool full) {
  rtmsg header{};
  header.rtm_family = static_cast<uint8_t>(path.family);
  header.rtm_dst_len = static_cast<uint8_t>(path.prefix);
  header.rtm_table = static_cast<uint8_t>(path.table < 256 ? path.table : RT_TABLE_UNSPEC);
  header.rtm_protocol = static_cast<uint8_t>(path.protocol);
  header.rtm_type = RTN_UNICAST;
  // Without a next hop its end is on the link; a deletion asks for any.
  const bool near = all_zero(path.via) && path.family == AF_INET;
  header.rtm_scope = !full ? RT_SCOPE_NOWHERE : near ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  writer.value(header);
  encode(writer, path_table, record_bytes(path), netlink::when_id);
  if (path.index != 0) netlink::put_attr(writer, RTA_OIF, record_bytes(path.index));
}

void encode_rule(Writer& writer, const Rule& rule) {
  fib_rule_hdr header{};
  header.family = static_cast<uint8_t>(rule.family);
  header.dst_len = static_cast<uint8_t>(rule.to_prefix);
  header.src_len = static_cast<uint8_t>(rule.from_prefix);
  header.table = static_cast<uint8_t>(rule.table < 256 ? rule.table : RT_TABLE_UNSPEC);
  header.action = FR_ACT_TO_TBL;
  writer.value(header);
  encode(writer, rule_table, record_bytes(rule), netlink::when_id);
}

bool decode_path(Bytes payload, Path& path) {
  path = {};
  Reader reader(payload);
  const auto header = reader.value<rtmsg>();
  if (reader.failed() || !is_ip(header.rtm_family) || header.rtm_type != RTN_UNICAST) return false;
  if ((header.rtm_flags & RTM_F_CLONED) != 0) return false;
  path.family = header.rtm_family;
  path.prefix = header.rtm_dst_len;
  path.table = header.rtm_table;
  path.protocol = header.rtm_protocol;
  return fits(path.family, path.prefix) && decode(reader.take(reader.left()), path_table, record_bytes(path)).ok;
}

bool decode_rule(Bytes payload, Rule& rule) {
  rule = {};
  Reader reader(payload);
  const auto header = reader.value<fib_rule_hdr>();
  if (reader.failed() || !is_ip(header.family) || header.action != FR_ACT_TO_TBL) return false;
  rule.family = header.family;
  rule.from_prefix = header.src_len;
  rule.to_prefix = header.dst_len;
  rule.table = header.table;
  if (!fits(rule.family, rule.from_prefix) || !fits(rule.family, rule.to_prefix)) return false;
  return decode(reader.take(reader.left()), rule_table, record_bytes(rule)).ok;
}

Error routing_refusal(RoutingKind kind, int number, std::string text) {
  const bool rule = is_rule(kind);
  Code code = Code::kernel;
  const char* meaning = nullptr;
  switch (number) {
    case EPERM:
      code = Code::not_permitted;
      meaning = "changing routes wants CAP_NET_ADMIN";
      break;
    case EEXIST:
      code = rule ? Code::rule_exists : Code::route_exists;
      meaning = rule ? "there is such a rule already" : "there is a route to that network with that metric already";
      break;
    case ENOENT:
    case ESRCH:
      if (kind == RoutingKind::delete_route) code = Code::route_missing;
      if (kind == RoutingKind::delete_rule) code = Code::rule_missing;
      if (code != Code::kernel) meaning = rule ? "there is no such rule" : "there is no such route";
      break;
    case ENODEV:
      code = Code::link_missing;
      meaning = "the interface does not exist";
      break;
    case ENETDOWN: meaning = "the interface is down"; break;
    case ENETUNREACH: meaning = "the next hop is on no network of this machine"; break;
    case EINVAL: code = Code::invalid; break;
    case ERANGE: code = Code::out_of_range; break;
    case ETIMEDOUT:
      code = Code::timeout;
      meaning = "the kernel did not answer in time";
      break;
  }
  if (text.empty()) text = meaning != nullptr ? meaning : errno_text(number);
  return {code, code == Code::timeout ? 0 : number, {}, std::move(text)};
}

}  // namespace fl::route
