#include "vrrp/macvlan.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/netns.h"
#include "netlink/attr.h"
#include "netlink/exchange.h"
#include "vrrp/packet.h"

namespace fl::vrrp {
namespace {

constexpr const char* our_alias = "fairlead";
constexpr int64_t deadline_ms = 1000;

struct Sysctl {
  const char* family;
  const char* name;
  const char* value;
};

// Before it comes up for the first time.
constexpr Sysctl sysctls[] = {
    // It answers for its own addresses and not for its parent's, which have another hardware address.
    {"ipv4", "arp_ignore", "1"},
    // The way back to a client leads through the parent, whose address has the wider prefix or was there first.
    {"ipv4", "rp_filter", "0"},
    {"ipv4", "accept_local", "1"},
    // No addresses but those that are held: a link-local one made from the virtual hardware address would be the same on
    // every router (RFC 9568 7.4).
    {"ipv6", "addr_gen_mode", "1"},
    {"ipv6", "accept_ra", "0"},
    {"ipv6", "autoconf", "0"},
    {"ipv6", "dad_transmits", "0"},
};

std::string path(const char* family, const std::string& interface, const char* name) {
  return std::string("/proc/sys/net/") + family + "/conf/" + interface + "/" + name;
}

/** A kernel without IPv6, or without that name, needs no setting. */
void write_sysctl(const std::string& where, const std::string& value) {
  auto file = open_file({}, where, O_WRONLY);
  if (file) static_cast<void>(!::write(file->get(), value.data(), value.size()));
}

std::string read_sysctl(const std::string& where) {
  auto file = open_file({}, where, O_RDONLY);
  char text[32];
  const ssize_t count = file ? ::read(file->get(), text, sizeof text) : 0;
  if (count <= 0) return {};
  std::string value(text, static_cast<size_t>(count));
  if (value.back() == '\n') value.pop_back();
  return value;
}

void put_text(Writer& writer, uint16_t type, const std::string& text) {
  netlink::put_attr(writer, type, {reinterpret_cast<const uint8_t*>(text.c_str()), text.size() + 1});
}

}  // namespace

Failure Macvlans::open() {
  if (socket_) return std::nullopt;
  auto opened = netlink::Socket::open(NETLINK_ROUTE, {});
  if (!opened) return opened.error();
  socket_.emplace(std::move(*opened));
  return std::nullopt;
}

Failure Macvlans::ask(uint16_t type, uint16_t flags, const std::function<void(Writer&)>& fill) {
  if (Failure failure = open()) return failure;
  Writer writer;
  const uint32_t sequence = socket_->next_sequence();
  const size_t start = netlink::begin_message(writer, type, static_cast<uint16_t>(flags | NLM_F_ACK), sequence);
  fill(writer);
  netlink::end_message(writer, start);
  const auto answer = netlink::exchange(*socket_, sequence, writer.bytes(), Deadline::after_ms(deadline_ms),
                                        [](const netlink::Message&) {});
  if (!answer.known) socket_.reset();
  if (answer.ok()) return std::nullopt;
  Error error = system_error("macvlan", answer.number);
  if (!answer.text.empty()) error.text = "macvlan: " + answer.text;
  return error;
}

Failure Macvlans::create(const std::string& name, uint32_t parent, const Mac& mac) {
  Failure failure = ask(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, [&](Writer& writer) {
    writer.value(ifinfomsg{});
    put_text(writer, IFLA_IFNAME, name);
    netlink::put_attr(writer, IFLA_LINK, record_bytes(parent));
    netlink::put_attr(writer, IFLA_ADDRESS, mac);
    const size_t info = netlink::begin_nest(writer, IFLA_LINKINFO);
    put_text(writer, IFLA_INFO_KIND, "macvlan");
    const size_t data = netlink::begin_nest(writer, IFLA_INFO_DATA);
    const uint32_t mode = MACVLAN_MODE_BRIDGE;
    netlink::put_attr(writer, IFLA_MACVLAN_MODE, record_bytes(mode));
    netlink::end_nest(writer, data);
    netlink::end_nest(writer, info);
  });
  if (failure) return failure;
  for (const Sysctl& one : sysctls) write_sysctl(path(one.family, name, one.name), one.value);
  return change(name, [](Writer& writer) { put_text(writer, IFLA_IFALIAS, our_alias); }, false, false);
}

Failure Macvlans::change(const std::string& name, const std::function<void(Writer&)>& attributes, bool change_up, bool up) {
  return ask(RTM_NEWLINK, 0, [&](Writer& writer) {
    ifinfomsg header{};
    if (change_up) header.ifi_change = IFF_UP;
    if (up) header.ifi_flags = IFF_UP;
    writer.value(header);
    put_text(writer, IFLA_IFNAME, name);
    attributes(writer);
  });
}

Failure Macvlans::destroy(const std::string& name) {
  return ask(RTM_DELLINK, 0, [&](Writer& writer) {
    writer.value(ifinfomsg{});
    put_text(writer, IFLA_IFNAME, name);
  });
}

Failure Macvlans::ensure(const Settings& settings) {
  const std::string& name = settings.virtual_mac->interface;
  const Interface* parent = links_.find(settings.interface);
  if (parent == nullptr) return std::nullopt;
  const Mac mac = virtual_mac(settings.wire.family, settings.wire.vrid);
  if (const Interface* there = links_.find(name)) {
    if (there->alias != our_alias) return Error{Code::kernel, 0, {}, name + " exists and is not ours"};
    const bool fits = there->parent == parent->index && there->mac == mac;
    if (!fits) {
      static_cast<void>(destroy(name));
      if (Failure failure = create(name, parent->index, mac)) return failure;
    }
  } else if (Failure failure = create(name, parent->index, mac)) {
    // Made a moment ago, and its event has not come yet.
    if (failure->number != EEXIST || made_.count(name) == 0) return failure;
  }
  if (!made_.emplace(name, settings.interface).second) return std::nullopt;
  Parent& guarded = parents_[settings.interface];
  if (guarded.users++ > 0) return std::nullopt;
  // The parent would answer for what lies on the macvlan, with the wrong hardware address.
  const std::string where = path("ipv4", settings.interface, "arp_ignore");
  const std::string before = read_sysctl(where);
  if (before == "0") {
    guarded.arp_ignore = before;
    write_sysctl(where, "1");
  }
  return std::nullopt;
}

Failure Macvlans::up(const Settings& settings) {
  if (made_.count(settings.virtual_mac->interface) == 0) return std::nullopt;
  return change(settings.virtual_mac->interface, [](Writer&) {}, true, true);
}

void Macvlans::down(const Settings& settings) {
  if (made_.count(settings.virtual_mac->interface) == 0) return;
  static_cast<void>(change(settings.virtual_mac->interface, [](Writer&) {}, true, false));
}

void Macvlans::remove(const Settings& settings) {
  if (!settings.virtual_mac) return;
  const auto at = made_.find(settings.virtual_mac->interface);
  if (at == made_.end()) return;
  static_cast<void>(destroy(at->first));
  const auto parent = parents_.find(at->second);
  made_.erase(at);
  if (parent == parents_.end() || --parent->second.users > 0) return;
  if (parent->second.arp_ignore) write_sysctl(path("ipv4", parent->first, "arp_ignore"), *parent->second.arp_ignore);
  parents_.erase(parent);
}

void Macvlans::sweep(const std::function<bool(const std::string&)>& wanted) {
  for (const auto& [index, link] : links_.all()) {
    if (link.alias == our_alias && !wanted(link.name)) static_cast<void>(destroy(link.name));
  }
}

}  // namespace fl::vrrp
