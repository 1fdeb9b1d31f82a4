#include "route/client.h"

#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "check.h"

using namespace fl;

namespace {

void fill_address(uint8_t (&address)[16], uint32_t family, Random& random) {
  random.fill(address, family == AF_INET6 ? 16 : 4);
  // All zeros would be none.
  address[0] |= 1;
}

route::Path random_path(Random& random) {
  route::Path path{};
  path.family = random.below(2) == 0 ? AF_INET : AF_INET6;
  path.prefix = random.below(path.family == AF_INET6 ? 129 : 33);
  fill_address(path.to, path.family, random);
  if (random.below(2) == 0) fill_address(path.via, path.family, random);
  if (random.below(2) == 0) fill_address(path.source, path.family, random);
  path.table = 1 + random.below(100'000);
  path.metric = random.below(3) * 512;
  path.protocol = 112;
  path.index = random.below(3);
  return path;
}

route::Rule random_rule(Random& random) {
  route::Rule rule{};
  rule.family = random.below(2) == 0 ? AF_INET : AF_INET6;
  rule.from_prefix = random.below(33);
  rule.to_prefix = random.below(33);
  fill_address(rule.from, rule.family, random);
  fill_address(rule.to, rule.family, random);
  if (random.below(2) == 0) std::memcpy(rule.interface, "eth0", 4);
  rule.mark = random.below(3) * 0x4000'0000U;
  rule.table = 1 + random.below(100'000);
  rule.priority = random.below(32'766);
  rule.protocol = 112;
  return rule;
}

/** Calls with every prefix of the bytes and with each of them damaged; the sanitizers look on. */
template <class Read>
void torment(Bytes bytes, Read read) {
  for (size_t length = 0; length < bytes.size(); length++) {
    const std::vector<uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    read(exact);
  }
  std::vector<uint8_t> damaged(bytes.begin(), bytes.end());
  for (uint8_t& byte : damaged) {
    for (const uint8_t value : {0x00, 0x01, 0x7f, 0xff}) {
      const uint8_t before = std::exchange(byte, value);
      read(damaged);
      byte = before;
    }
  }
}

}  // namespace

TEST(paths, "routes and rules come back as they were sent") {
  Random random(77);
  for (int i = 0; i < 500; i++) {
    Writer writer;
    const route::Path path = random_path(random);
    route::encode_path(writer, path, true);
    route::Path seen;
    CHECK(route::decode_path(writer.bytes(), seen) && std::memcmp(&seen, &path, sizeof path) == 0);
    writer.clear();
    const route::Rule rule = random_rule(random);
    route::encode_rule(writer, rule);
    route::Rule read;
    CHECK(route::decode_rule(writer.bytes(), read) && std::memcmp(&read, &rule, sizeof rule) == 0);
  }
}

TEST(routing_damage, "cut or damaged routes and rules are refused or read as others, and nothing else") {
  Random random(78);
  for (int i = 0; i < 20; i++) {
    Writer writer;
    route::encode_path(writer, random_path(random), true);
    torment(writer.bytes(), [](Bytes bytes) {
      route::Path path;
      route::decode_path(bytes, path);
    });
    writer.clear();
    route::encode_rule(writer, random_rule(random));
    torment(writer.bytes(), [](Bytes bytes) {
      route::Rule rule;
      route::decode_rule(bytes, rule);
    });
  }
}

TEST(routing_kinds, "only unicast routes of IP that are in a table count") {
  Random random(79);
  Writer writer;
  route::encode_path(writer, random_path(random), true);
  const auto refused = [&](size_t at, auto value) {
    Writer other;
    other.put(writer.bytes());
    other.patch(at, value);
    route::Path path;
    return !route::decode_path(other.bytes(), path);
  };
  CHECK(refused(offsetof(rtmsg, rtm_type), static_cast<uint8_t>(RTN_BLACKHOLE)));
  CHECK(refused(offsetof(rtmsg, rtm_family), static_cast<uint8_t>(AF_BRIDGE)));
  CHECK(refused(offsetof(rtmsg, rtm_dst_len), static_cast<uint8_t>(129)));
  CHECK(refused(offsetof(rtmsg, rtm_flags), static_cast<unsigned>(RTM_F_CLONED)));
}

TEST(routing_refusals, "what is missing or in the way has a name of its own") {
  using route::RoutingKind;
  CHECK(route::routing_refusal(RoutingKind::add_route, EEXIST, {}).code == Code::route_exists);
  CHECK(route::routing_refusal(RoutingKind::delete_route, ESRCH, {}).code == Code::route_missing);
  CHECK(route::routing_refusal(RoutingKind::add_rule, EEXIST, {}).code == Code::rule_exists);
  CHECK(route::routing_refusal(RoutingKind::delete_rule, ENOENT, {}).code == Code::rule_missing);
  CHECK(route::routing_refusal(RoutingKind::add_route, ENODEV, {}).code == Code::link_missing);
  CHECK(route::routing_refusal(RoutingKind::add_route, EINVAL, "words").text == "words");
}

namespace {

/** In a network namespace of its own: a rule of ours and one of another's; how many of each are left after a sweep. */
int swept() {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return 1;
  route::Client client({});
  route::RoutingOp ours{route::RoutingKind::add_rule, {}, {}};
  ours.rule.family = AF_INET;
  ours.rule.table = 100;
  ours.rule.priority = 1000;
  ours.rule.protocol = route::routing_owner;
  route::RoutingOp theirs = ours;
  theirs.rule.protocol = 4;
  const route::RoutingOp both[] = {ours, theirs};
  auto refused = client.apply(std::span<const route::RoutingOp>(both));
  if (!refused || !refused->empty()) return 2;
  if (client.rules(route::routing_owner)->size() != 1) return 3;
  if (client.sweep(route::routing_owner)) return 4;
  if (!client.rules(route::routing_owner)->empty()) return 5;
  return client.rules(4)->size() == 1 ? 0 : 6;
}

}  // namespace

TEST(sweep, "a sweep takes away what is ours and nothing else") {
  // What is buffered would come out twice.
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) _exit(swept());
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(status == 0);
}
