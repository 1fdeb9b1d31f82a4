#include "vrrp/accept_filter.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "netlink/attr.h"
#include "netlink/exchange.h"

namespace fl::vrrp {
namespace {

using netlink::put_attr;

constexpr int64_t deadline_ms = 2000;
constexpr const char* table = "fairlead";
constexpr const char* chain = "input";
// After IPVS, which takes the packets of its services at 99 (net/netfilter/ipvs/ip_vs_core.c).
constexpr int32_t priority = 150;
// An attribute holds 64 KiB, an element takes up to 44 bytes.
constexpr size_t portion = 1000;

/** One set of addresses, and one rule that drops what is for them. */
struct Kind {
  const char* set;
  int family;
  uint8_t protocol;
  /** Where the header has the destination, and its bytes. */
  uint32_t offset;
  uint32_t bytes;
  /** With the name of the interface behind the address. */
  bool local;
  /** As `nft` names the type of its elements: ipv4_addr, ipv6_addr, ipv6_addr . ifname (nftables, include/datatype.h). */
  uint32_t type;
};
constexpr std::array<Kind, 3> kinds{{
    {"ipv4", AF_INET, NFPROTO_IPV4, offsetof(iphdr, daddr), 4, false, 7},
    {"ipv6", AF_INET6, NFPROTO_IPV6, offsetof(ip6_hdr, ip6_dst), 16, false, 8},
    {"ipv6_local", AF_INET6, NFPROTO_IPV6, offsetof(ip6_hdr, ip6_dst), 16, true, 8 << 6 | 41},
}};

bool is_local(int family, const Address& address) {
  return family == AF_INET6 && address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

bool belongs(const Closed& closed, const Kind& kind) {
  return closed.family == kind.family && !closed.interface.empty() == kind.local;
}

std::vector<uint8_t> key_of(const Closed& closed, const Kind& kind) {
  std::vector<uint8_t> key(closed.address.begin(), closed.address.begin() + kind.bytes);
  if (!kind.local) return key;
  key.resize(kind.bytes + IFNAMSIZ);
  std::copy_n(closed.interface.begin(), std::min<size_t>(closed.interface.size(), IFNAMSIZ - 1), key.begin() + kind.bytes);
  return key;
}

/** Messages that the kernel carries out together or not at all (net/netfilter/nfnetlink.c). All bear one sequence number:
 *  whichever fails first answers for all. */
class Transaction {
 public:
  explicit Transaction(uint32_t sequence) : sequence_(sequence) { frame(NFNL_MSG_BATCH_BEGIN); }

  template <class Body>
  void message(uint8_t type, uint16_t flags, Body body) {
    last_ = open(static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags, {NFPROTO_INET, NFNETLINK_V0, 0});
    body();
    netlink::end_message(writer_, last_);
  }
  /** Everything, with an acknowledgement asked for. */
  Bytes finish() {
    writer_.patch(last_ + offsetof(nlmsghdr, nlmsg_flags), static_cast<uint16_t>(last_flags_ | NLM_F_REQUEST | NLM_F_ACK));
    frame(NFNL_MSG_BATCH_END);
    return writer_.bytes();
  }
  bool failed() const { return writer_.failed(); }

  void text(uint16_t type, const std::string& value) {
    put_attr(writer_, type, {reinterpret_cast<const uint8_t*>(value.c_str()), value.size() + 1});
  }
  void number(uint16_t type, uint32_t value) {
    const uint32_t big = htonl(value);
    put_attr(writer_, type, record_bytes(big));
  }
  void bytes(uint16_t type, Bytes value) { put_attr(writer_, type, value); }
  template <class Body>
  void nest(uint16_t type, Body body) {
    const size_t start = netlink::begin_nest(writer_, type);
    body();
    netlink::end_nest(writer_, start);
  }
  /** One expression of a rule. */
  template <class Body>
  void expression(const char* name, Body body) {
    nest(NFTA_LIST_ELEM, [&] {
      text(NFTA_EXPR_NAME, name);
      nest(NFTA_EXPR_DATA, body);
    });
  }
  void load_meta(uint32_t key, uint32_t to = NFT_REG_1) {
    expression("meta", [&] {
      number(NFTA_META_DREG, to);
      number(NFTA_META_KEY, key);
    });
  }
  void load(uint32_t base, uint32_t offset, uint32_t count) {
    expression("payload", [&] {
      number(NFTA_PAYLOAD_DREG, NFT_REG_1);
      number(NFTA_PAYLOAD_BASE, base);
      number(NFTA_PAYLOAD_OFFSET, offset);
      number(NFTA_PAYLOAD_LEN, count);
    });
  }
  void compare(uint32_t how, uint8_t value) {
    expression("cmp", [&] {
      number(NFTA_CMP_SREG, NFT_REG_1);
      number(NFTA_CMP_OP, how);
      nest(NFTA_CMP_DATA, [&] { bytes(NFTA_DATA_VALUE, record_bytes(value)); });
    });
  }
  void verdict(uint32_t code) {
    expression("immediate", [&] {
      number(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
      nest(NFTA_IMMEDIATE_DATA, [&] { nest(NFTA_DATA_VERDICT, [&] { number(NFTA_VERDICT_CODE, code); }); });
    });
  }

 private:
  size_t open(uint16_t type, uint16_t flags, nfgenmsg header) {
    last_flags_ = flags;
    const size_t start = netlink::begin_message(writer_, type, flags, sequence_);
    writer_.value(header);
    return start;
  }
  void frame(uint16_t type) {
    netlink::end_message(writer_, open(type, 0, {AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)}));
  }

  Writer writer_{4096};
  uint32_t sequence_;
  size_t last_ = 0;
  uint16_t last_flags_ = 0;
};

/** The table is made, to be sure that it can be removed. */
void put_removal(Transaction& to) {
  const auto name = [&] { to.text(NFTA_TABLE_NAME, table); };
  to.message(NFT_MSG_NEWTABLE, NLM_F_CREATE, name);
  to.message(NFT_MSG_DELTABLE, 0, name);
}

void put_chain(Transaction& to, bool owned) {
  to.message(NFT_MSG_NEWTABLE, NLM_F_CREATE, [&] {
    to.text(NFTA_TABLE_NAME, table);
    if (owned) to.number(NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
  });
  to.message(NFT_MSG_NEWCHAIN, NLM_F_CREATE, [&] {
    to.text(NFTA_CHAIN_TABLE, table);
    to.text(NFTA_CHAIN_NAME, chain);
    to.nest(NFTA_CHAIN_HOOK, [&] {
      to.number(NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN);
      to.number(NFTA_HOOK_PRIORITY, static_cast<uint32_t>(priority));
    });
    to.text(NFTA_CHAIN_TYPE, "filter");
  });
}

template <class Body>
void put_rule(Transaction& to, Body expressions) {
  to.message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, [&] {
    to.text(NFTA_RULE_TABLE, table);
    to.text(NFTA_RULE_CHAIN, chain);
    to.nest(NFTA_RULE_EXPRESSIONS, expressions);
  });
}

void put_neighbour_discovery(Transaction& to) {
  put_rule(to, [&] {
    to.load_meta(NFT_META_L4PROTO);
    to.compare(NFT_CMP_EQ, IPPROTO_ICMPV6);
    to.load(NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(icmp6_hdr, icmp6_type), 1);
    to.compare(NFT_CMP_GTE, ND_NEIGHBOR_SOLICIT);
    to.compare(NFT_CMP_LTE, ND_NEIGHBOR_ADVERT);
    to.verdict(NF_ACCEPT);
  });
}

void put_elements(Transaction& to, const Kind& kind, const std::vector<const Closed*>& some) {
  to.message(NFT_MSG_NEWSETELEM, NLM_F_CREATE, [&] {
    to.text(NFTA_SET_ELEM_LIST_TABLE, table);
    to.text(NFTA_SET_ELEM_LIST_SET, kind.set);
    to.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
      for (const Closed* one : some) {
        const auto key = key_of(*one, kind);
        to.nest(NFTA_LIST_ELEM, [&] { to.nest(NFTA_SET_ELEM_KEY, [&] { to.bytes(NFTA_DATA_VALUE, key); }); });
      }
    });
  });
}

void put_kind(Transaction& to, const Kind& kind, uint32_t id, const ClosedSet& closed) {
  to.message(NFT_MSG_NEWSET, NLM_F_CREATE, [&] {
    to.text(NFTA_SET_TABLE, table);
    to.text(NFTA_SET_NAME, kind.set);
    to.number(NFTA_SET_FLAGS, 0);
    to.number(NFTA_SET_KEY_TYPE, kind.type);
    to.number(NFTA_SET_KEY_LEN, kind.bytes + (kind.local ? IFNAMSIZ : 0));
    to.number(NFTA_SET_ID, id);
  });
  std::vector<const Closed*> some;
  for (const Closed& one : closed) {
    if (belongs(one, kind)) some.push_back(&one);
    if (some.size() < portion) continue;
    put_elements(to, kind, some);
    some.clear();
  }
  if (!some.empty()) put_elements(to, kind, some);
  put_rule(to, [&] {
    to.load_meta(NFT_META_NFPROTO);
    to.compare(NFT_CMP_EQ, kind.protocol);
    to.load(NFT_PAYLOAD_NETWORK_HEADER, kind.offset, kind.bytes);
    // Behind the address, whose 16 bytes fill the register before this one.
    if (kind.local) to.load_meta(NFT_META_IIFNAME, NFT_REG_2);
    to.expression("lookup", [&] {
      to.text(NFTA_LOOKUP_SET, kind.set);
      to.number(NFTA_LOOKUP_SREG, NFT_REG_1);
    });
    to.expression("counter", [] {});
    to.verdict(NF_DROP);
  });
}

/** 0 or an errno. */
int carry_out(netlink::Socket& socket, uint32_t sequence, Transaction& transaction) {
  const Bytes request = transaction.finish();
  if (transaction.failed()) return EMSGSIZE;
  return netlink::exchange(socket, sequence, request, Deadline::after_ms(deadline_ms), [](const auto&) {}).number;
}

}  // namespace

ClosedSet closed_by(const Settings& settings) {
  ClosedSet closed;
  if (settings.accept || settings.wire.owner) return closed;
  for (const Held& held : settings.held) {
    const bool local = is_local(held.family, held.address);
    closed.insert({held.family, held.address, local ? interface_of(held, settings) : std::string{}});
  }
  return closed;
}

int AcceptFilter::replace(const ClosedSet& closed, bool owned) {
  const uint32_t sequence = socket_->next_sequence();
  Transaction transaction(sequence);
  put_removal(transaction);
  if (!closed.empty()) {
    put_chain(transaction, owned);
    put_neighbour_discovery(transaction);
    for (uint32_t i = 0; i < kinds.size(); i++) put_kind(transaction, kinds[i], i + 1, closed);
  }
  return carry_out(*socket_, sequence, transaction);
}

Failure AcceptFilter::set(const ClosedSet& closed) {
  if (!socket_) {
    auto opened = netlink::Socket::open(NETLINK_NETFILTER, {});
    if (!opened) return opened.error();
    socket_.emplace(std::move(*opened));
  }
  int number = replace(closed, true);
  if (number == EINVAL || number == EOPNOTSUPP) number = replace(closed, false);
  return number == 0 ? std::nullopt : Failure(system_error("nftables, table inet fairlead", number));
}

void AcceptFilter::sweep() {
  auto socket = netlink::Socket::open(NETLINK_NETFILTER, {});
  if (!socket) return;
  const uint32_t sequence = socket->next_sequence();
  Transaction transaction(sequence);
  put_removal(transaction);
  static_cast<void>(carry_out(*socket, sequence, transaction));
}

}  // namespace fl::vrrp
