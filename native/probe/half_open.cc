#include "probe/half_open.h"

#include <linux/if_ether.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "probe/answer_filter.h"
#include "probe/packet.h"

namespace fl::probe {

namespace {

/** Blocks of ports that are tried before there is said to be none. */
constexpr int most_blocks = 64;
/** What Linux takes ports of its own from unless it is told otherwise; any will do. */
constexpr uint32_t lowest_port = 32768;
constexpr uint32_t blocks = (61000 - lowest_port) / port_block;
/** The longest answer: an IPv6 header, an ICMP error, and what that quotes of a tunnel's packet. */
constexpr size_t most_heard = 256;

/** A port that others get neither by asking for it nor by chance: connect(2) chooses none that somebody has bound. */
Fd hold_port(bool ipv6, uint16_t port) {
  Fd fd(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const int on = 1;
  if (ipv6) ::setsockopt(fd.get(), SOL_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const Endpoint any(ipv6, port);
  if (::bind(fd.get(), any.name(), any.size()) != 0) fd.reset();
  return fd;
}

std::vector<Fd> hold_block(bool ipv6, uint16_t first) {
  std::vector<Fd> held;
  for (uint16_t i = 0; i < port_block; i++) {
    held.push_back(hold_port(ipv6, static_cast<uint16_t>(first + i)));
    if (!held.back()) return {};
  }
  return held;
}

void copy(Bytes from, std::array<uint8_t, 16>& to) { std::copy(from.begin(), from.end(), to.begin()); }

}  // namespace

uint32_t HalfOpen::random() {
  if (drawn_.empty()) {
    drawn_.resize(256);
    const size_t size = drawn_.size() * sizeof drawn_[0];
    if (::getrandom(drawn_.data(), size, 0) != static_cast<ssize_t>(size)) drawn_.resize(1);
  }
  const uint32_t drawn = drawn_.back();
  drawn_.pop_back();
  return drawn;
}

Failure HalfOpen::open(Family& family, bool ipv6) {
  std::vector<Fd> held;
  uint16_t first = 0;
  for (int i = 0; held.empty(); i++) {
    if (i == most_blocks) return system_error("hold ports for half-open checks", EADDRNOTAVAIL);
    first = static_cast<uint16_t>(lowest_port + random() % blocks * port_block);
    held = hold_block(ipv6, first);
  }
  // Without a protocol it hears nothing before its filter is there.
  Fd heard(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!heard) return system_error("open a packet socket", errno);
  if (Failure failure = attach_filter(heard.get(), answer_filter(ipv6, first))) return failure;
  const int room = 1 << 20;
  ::setsockopt(heard.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  sockaddr_ll all{};
  all.sll_family = AF_PACKET;
  all.sll_protocol = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP);
  if (::bind(heard.get(), reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0)
    return system_error("listen for answers", errno);
  if (!watch_(heard.get(), ipv6 ? 1 : 0)) return system_error("watch a packet socket", errno);
  family = {std::move(held), first, std::move(heard)};
  return std::nullopt;
}

Outcome<size_t> HalfOpen::way_for(const Question& question) {
  const bool ipv6 = question.to.ipv6();
  Family& family = families_[ipv6 ? 1 : 0];
  if (!family.heard) {
    if (Failure failure = open(family, ipv6)) return *failure;
  }
  const auto known = std::find_if(ways_.begin(), ways_.end(), [&](const Way& way) {
    return way.ipv6 == ipv6 && way.from == question.from;
  });
  if (known != ways_.end()) return static_cast<size_t>(known - ways_.begin());
  auto opened = open_way(ipv6, question.from);
  if (!opened) return std::move(opened.error());
  ways_.push_back(std::move(*opened));
  return ways_.size() - 1;
}

Outcome<HalfOpen::Way> HalfOpen::open_way(bool ipv6, const Source& from) {
  const int domain = ipv6 ? AF_INET6 : AF_INET;
  Source portless = from;
  portless.port = 0;
  Fd raw(::socket(domain, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW));
  Fd scout(::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!raw || !scout) return system_error("open a socket for half-open checks", errno);
  for (const int fd : {raw.get(), scout.get()}) {
    if (Failure failure = leave_from(fd, ipv6, portless)) return *failure;
  }
  return Way{ipv6, from, std::move(raw), std::move(scout)};
}

int HalfOpen::own_address(const Way& way, const Endpoint& server, std::array<uint8_t, 16>& own) const {
  if (!way.from.address.empty()) {
    copy(way.from.address, own);
    return 0;
  }
  // The address of the one before would hold for this one too.
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  ::connect(way.scout.get(), &none, sizeof none);
  // What a datagram would go to; none is sent.
  const Endpoint far(server.address(), 9);
  if (::connect(way.scout.get(), far.name(), far.size()) != 0) return errno;
  if (way.ipv6) {
    sockaddr_in6 name{};
    socklen_t size = sizeof name;
    if (::getsockname(way.scout.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0) return errno;
    copy(Bytes(name.sin6_addr.s6_addr, 16), own);
  } else {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    if (::getsockname(way.scout.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0) return errno;
    copy(record_bytes(name.sin_addr.s_addr), own);
  }
  return 0;
}

int HalfOpen::send(const Question& question, uint32_t id, uint32_t& sequence) {
  auto way = way_for(question);
  if (!way) return way.error().number;
  const int number = ask(question, id, *way, sequence);
  if (number == 0 || !outlived(ways_[*way].raw.get(), question.from)) return number;
  auto anew = open_way(question.to.ipv6(), question.from);
  if (!anew) return anew.error().number;
  ways_[*way] = std::move(*anew);
  return ask(question, id, *way, sequence);
}

int HalfOpen::ask(const Question& question, uint32_t id, size_t way, uint32_t& sequence) {
  if (const int number = still_ours(ways_[way].scout.get(), question.from); number != 0) return number;
  Asked asked{id, &question, {}, {}, way, {}};
  if (question.carrier != Carrier::none) {
    const bool link = question.carrier == Carrier::link;
    const int number = hops_.look(question.to, question.from, question.service.address(), link, asked.hop);
    if (number != 0) return number;
    asked.outer = asked.hop.own;
  } else if (const int number = own_address(ways_[way], question.to, asked.outer); number != 0) {
    return number;
  }
  const Endpoint& peer = question.carrier == Carrier::none ? question.to : question.service;
  Connection& connection = asked.connection;
  connection.ipv6 = question.to.ipv6();
  connection.own = asked.outer;
  copy(peer.address(), connection.peer);
  connection.own_port = static_cast<uint16_t>(families_[connection.ipv6 ? 1 : 0].first_port + random() % port_block);
  connection.peer_port = peer.port();
  do sequence = random();
  while (asked_.contains(sequence));
  if (const int number = transmit(asked, Flag::syn, sequence); number != 0) return number == EAGAIN ? ENOBUFS : number;
  asked_.emplace(sequence, asked);
  return 0;
}

int HalfOpen::transmit(const Asked& asked, Flag flag, uint32_t sequence) {
  const Question& question = *asked.question;
  Writer packet(128);
  // A server that does not hold the service's address might pass it on to who does: this machine, and that to another server.
  const uint8_t hops = question.carrier == Carrier::none ? usual_hops : one_hop;
  put_segment(packet, asked.connection, flag, sequence, hops);
  const Bytes inner = packet.bytes();
  if (packet.failed()) return EMSGSIZE;
  const auto sent = [](ssize_t count) { return count < 0 ? errno : 0; };
  if (question.carrier == Carrier::link) {
    const auto* to = reinterpret_cast<const sockaddr*>(&asked.hop.link);
    const int fd = families_[asked.connection.ipv6 ? 1 : 0].heard.get();
    return sent(::sendto(fd, inner.data(), inner.size(), 0, to, sizeof asked.hop.link));
  }
  // The port would be taken for a protocol.
  const Endpoint to(question.to.address(), 0);
  const int fd = ways_[asked.way].raw.get();
  if (question.carrier == Carrier::none) {
    return sent(::sendto(fd, inner.data(), inner.size(), 0, to.name(), to.size()));
  }
  Writer whole(256);
  const Bytes own = Bytes(asked.outer).first(question.to.address().size());
  put_tunnel(whole, question.carrier, own, question.to.address(), inner.size());
  whole.put(inner);
  if (whole.failed()) return EMSGSIZE;
  return sent(::sendto(fd, whole.bytes().data(), whole.size(), 0, to.name(), to.size()));
}

std::optional<HalfOpen::Told> HalfOpen::next(size_t index, bool& more) {
  uint8_t buffer[most_heard];
  const ssize_t count = ::recv(families_[index].heard.get(), buffer, sizeof buffer, 0);
  more = count >= 0;
  if (count <= 0) return std::nullopt;
  const auto heard = decode_heard(Bytes(buffer, static_cast<size_t>(count)), index == 1);
  const auto found = heard ? asked_.find(heard->sequence) : asked_.end();
  if (found == asked_.end() || found->second.connection != heard->connection) {
    refused_++;
    return std::nullopt;
  }
  const Asked asked = found->second;
  asked_.erase(found);
  if (heard->what == Heard::What::error) {
    return Told{asked.id, {Ending::failed, Phase::connect, static_cast<uint32_t>(heard->number)}};
  }
  if (heard->what == Heard::What::refused) return Told{asked.id, {Ending::failed, Phase::connect, ECONNREFUSED}};
  // The kernel resets by itself what it knows nothing of, unless the answer seems to come from this machine.
  if (asked.question->carrier != Carrier::none) {
    static_cast<void>(transmit(asked, Flag::reset, heard->sequence + 1));
  }
  return Told{asked.id, {Ending::connected, Phase::connect, 0}};
}

}  // namespace fl::probe
