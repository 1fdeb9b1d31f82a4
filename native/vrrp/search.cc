#include "vrrp/search.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/netns.h"
#include "vrrp/announce.h"
#include "vrrp/claim.h"

namespace fl::vrrp {
namespace {

constexpr int64_t millisecond = 1'000'000;
/** A second is ANNOUNCE_WAIT / 2 of RFC 5227 and RetransTimer of RFC 4862: whoever is alive has answered. */
constexpr int64_t window = 1000 * millisecond;
constexpr int64_t pause = 50 * millisecond;
constexpr int portion = 256;
// One may be lost.
constexpr uint32_t times = 2;
/** The longest frame that is looked at; neighbour advertisements are shorter. */
constexpr size_t longest = 256;

/** A socket that hears one protocol on one interface, from when it is whole. */
Fd open_ear(uint32_t index, uint16_t protocol, std::span<sock_filter> filter) {
  auto fd = open_socket({}, AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  if (!fd) return {};
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(protocol);
  where.sll_ifindex = static_cast<int>(index);
  const bool ready =
      (filter.empty() || ::setsockopt(fd->get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0) &&
      ::bind(fd->get(), reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
  return ready ? std::move(*fd) : Fd{};
}

/** Neighbour advertisements alone: next header and ICMP type behind an Ethernet and an IPv6 header. */
std::array<sock_filter, 6> advertisements_only() {
  return {{BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 6),
           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
           BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 40),
           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
           BPF_STMT(BPF_RET | BPF_K, longest),
           BPF_STMT(BPF_RET | BPF_K, 0)}};
}

}  // namespace

Search::Search(Timers& timers, const Links& links, Announcer& announcer)
    : links_(links), announcer_(announcer), look_(timers, [this](int64_t, int64_t now) { look(now); }) {}

void Search::begin(const void* owner, const std::vector<Place>& places, int64_t gap, Done done, int64_t now) {
  Round round;
  std::map<uint32_t, std::vector<std::vector<uint8_t>>> frames;
  for (const Place& place : places) {
    const Interface* link = links_.find(place.index);
    if (link == nullptr || !link->up() || (link->flags & (IFF_LOOPBACK | IFF_NOARP)) != 0) continue;
    round.places.push_back(place);
    frames[place.index].push_back(place.held.family == AF_INET6 ? neighbour_probe(link->mac, place.held.address)
                                                               : arp_probe(link->mac, place.held.address));
  }
  const auto spread = static_cast<int64_t>(round.places.size()) * times * gap;
  for (auto& [index, list] : frames) {
    round.ears.push_back(ear_of(index));
    announcer_.announce(nobody_, index, std::move(list), times, gap, now);
  }
  round.until = now + window + spread;
  round.done = std::move(done);
  rounds_[owner] = std::move(round);
  if (!look_.armed()) look_.set(now + pause);
}

std::shared_ptr<Search::Ear> Search::ear_of(uint32_t index) {
  auto ear = ears_[index].lock();
  if (ear) return ear;
  auto filter = advertisements_only();
  ear = std::make_shared<Ear>(Ear{open_ear(index, ETHERTYPE_ARP, {}), open_ear(index, ETHERTYPE_IPV6, filter)});
  ears_[index] = ear;
  return ear;
}

void Search::look(int64_t now) {
  std::erase_if(ears_, [](const auto& entry) { return entry.second.expired(); });
  for (const auto& [index, weak] : ears_) {
    const auto ear = weak.lock();
    if (!ear) continue;
    take(index, ear->arp);
    take(index, ear->advertisements);
  }
  std::vector<Round> over;
  for (auto at = rounds_.begin(); at != rounds_.end();) {
    if (at->second.until > now) {
      ++at;
      continue;
    }
    over.push_back(std::move(at->second));
    at = rounds_.erase(at);
  }
  for (const Round& round : over) {
    Others others;
    for (const Place& place : round.places) {
      const auto heard = round.heard.find({place.index, place.held.family, place.held.address});
      if (heard != round.heard.end()) others.emplace_back(place, heard->second);
    }
    round.done(others, now);
  }
  if (!rounds_.empty()) look_.set(now + pause);
}

void Search::take(uint32_t index, const Fd& from) {
  if (!from) return;
  std::array<uint8_t, longest> space;
  for (int i = 0; i < portion; i++) {
    sockaddr_ll sender{};
    socklen_t length = sizeof sender;
    const ssize_t size =
        ::recvfrom(from.get(), space.data(), space.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&sender), &length);
    if (size < 0) return;
    if (sender.sll_pkttype != PACKET_OUTGOING) hear(index, Bytes(space).first(static_cast<size_t>(size)));
  }
}

void Search::hear(uint32_t index, Bytes frame) {
  const auto claim = read_claim(frame);
  if (!claim) return;
  // Our own announcements come back where a switch has a loop, and one of our interfaces may answer for another.
  const auto& links = links_.all();
  if (std::any_of(links.begin(), links.end(), [&](const auto& entry) { return entry.second.mac == claim->mac; })) return;
  for (auto& [owner, round] : rounds_) {
    const bool asked = std::any_of(round.places.begin(), round.places.end(), [&](const Place& place) {
      return place.index == index && place.held.family == claim->family && place.held.address == claim->address;
    });
    if (asked) round.heard[{index, claim->family, claim->address}] = claim->mac;
  }
}

}  // namespace fl::vrrp
