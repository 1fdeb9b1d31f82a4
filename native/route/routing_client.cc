#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "route/client.h"

namespace fl::route {

using netlink::Message;

namespace {

/** A kernel without that family or without policy routing has none of them. */
bool has_none(const Error& error) { return error.number == EAFNOSUPPORT || error.number == EOPNOTSUPP; }

}  // namespace

Outcome<std::vector<Path>> Client::routes(uint8_t protocol) {
  const std::lock_guard lock(mutex_);
  std::vector<Path> all;
  for (const int family : {AF_INET, AF_INET6}) {
    // Kernels from 4.20 on tell only of those asked for; the others of all.
    rtmsg header{};
    header.rtm_family = static_cast<uint8_t>(family);
    header.rtm_protocol = protocol;
    std::vector<Path> some;
    Failure failure = dump("list routes", RTM_GETROUTE, record_bytes(header),
                           [&](const Message& message) {
                             Path path;
                             if (!decode_path(message.payload, path) || path.protocol != protocol) return;
                             if (path.family == static_cast<uint32_t>(family)) some.push_back(path);
                           },
                           [&] { some.clear(); });
    if (failure && !has_none(*failure)) return *failure;
    all.insert(all.end(), some.begin(), some.end());
  }
  if (all.empty()) return all;
  auto links = read_links();
  if (!links) return links.error();
  for (Path& path : all) {
    for (const Link& link : *links) {
      if (link.index == path.index) std::memcpy(path.interface, link.name, sizeof path.interface);
    }
  }
  return all;
}

Outcome<std::vector<Rule>> Client::rules(uint8_t protocol) {
  const std::lock_guard lock(mutex_);
  std::vector<Rule> all;
  for (const int family : {AF_INET, AF_INET6}) {
    fib_rule_hdr header{};
    header.family = static_cast<uint8_t>(family);
    std::vector<Rule> some;
    Failure failure = dump("list rules", RTM_GETRULE, record_bytes(header),
                           [&](const Message& message) {
                             Rule rule;
                             if (!decode_rule(message.payload, rule) || rule.protocol != protocol) return;
                             if (rule.family == static_cast<uint32_t>(family)) some.push_back(rule);
                           },
                           [&] { some.clear(); });
    if (failure && !has_none(*failure)) return *failure;
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Outcome<std::vector<Refusal>> Client::apply(std::span<const RoutingOp> ops) {
  const std::lock_guard lock(mutex_);
  auto links = read_links();
  if (!links) return links.error();
  const auto build = [&](size_t index, netlink::Batch& batch) -> Failure {
    const RoutingOp& op = ops[index];
    if (is_rule(op.kind)) {
      const bool adding = op.kind == RoutingKind::add_rule;
      batch.begin(adding ? RTM_NEWRULE : RTM_DELRULE, adding ? NLM_F_CREATE | NLM_F_EXCL : 0);
      encode_rule(batch.writer(), op.rule);
      return std::nullopt;
    }
    Path path = op.path;
    if (path.interface[0] != 0) {
      const Link* link = find_link(*links, path.interface);
      if (link == nullptr) return routing_refusal(op.kind, ENODEV, {});
      path.index = link->index;
    }
    const bool full = op.kind != RoutingKind::delete_route;
    const int how = op.kind == RoutingKind::replace_route ? NLM_F_REPLACE : NLM_F_EXCL;
    batch.begin(full ? RTM_NEWROUTE : RTM_DELROUTE, static_cast<uint16_t>(full ? NLM_F_CREATE | how : 0));
    encode_path(batch.writer(), path, full);
    return std::nullopt;
  };
  return carry_out(ops.size(), build, [&](size_t index, int number, std::string text) {
    return routing_refusal(ops[index].kind, number, std::move(text));
  });
}

Failure Client::sweep(uint8_t protocol) {
  auto all_rules = rules(protocol);
  if (!all_rules) return all_rules.error();
  auto all_routes = routes(protocol);
  if (!all_routes) return all_routes.error();
  std::vector<RoutingOp> ops;
  // A rule leads to a table while that still has its routes.
  for (const Rule& rule : *all_rules) ops.push_back({RoutingKind::delete_rule, {}, rule});
  for (const Path& path : *all_routes) ops.push_back({RoutingKind::delete_route, path, {}});
  auto refused = apply(std::span<const RoutingOp>(ops));
  if (!refused) return refused.error();
  return std::nullopt;
}

}  // namespace fl::route
