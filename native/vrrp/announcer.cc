#include "vrrp/announcer.h"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/netns.h"

namespace fl::vrrp {
namespace {

// So many in one go when they need no gap; then adverts have their turn.
constexpr int burst = 32;
constexpr int64_t full_pause = 1'000'000;

}  // namespace

Failure PacketSocket::open() {
  // Protocol 0: nothing is received.
  auto fd = open_socket({}, AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  if (!fd) return fd.error();
  fd_ = std::move(*fd);
  return std::nullopt;
}

FrameSink::Sent PacketSocket::send(uint32_t index, const std::vector<uint8_t>& frame) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(index);
  const ssize_t sent = ::sendto(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&to), sizeof to);
  if (sent >= 0) return Sent::yes;
  return errno == ENOBUFS || errno == EAGAIN || errno == EINTR ? Sent::full : Sent::no;
}

void Announcer::announce(InstanceCounters& owner, uint32_t index, std::vector<std::vector<uint8_t>> frames,
                         uint32_t count, int64_t gap, int64_t now) {
  if (count == 0 || frames.empty()) return;
  Lane& lane = lanes_[index];
  if (!lane.timer) {
    lane.timer = std::make_unique<Timer>(timers_, [this, index](int64_t, int64_t at) { run(index, lanes_[index], at); });
  }
  for (auto& frame : frames) lane.items.push_back({&owner, std::move(frame), count, gap});
  if (!lane.timer->armed()) lane.timer->set(std::max(now, lane.free));
}

void Announcer::forget(const InstanceCounters& owner) {
  for (auto& [index, lane] : lanes_) {
    std::erase_if(lane.items, [&](const Item& item) { return item.owner == &owner; });
    if (lane.items.empty() && lane.timer) lane.timer->cancel();
  }
}

void Announcer::run(uint32_t index, Lane& lane, int64_t now) {
  // Never at once again: whatever else is due comes first.
  int64_t next = now + 1;
  for (int i = 0; i < burst && !lane.items.empty(); i++) {
    Item item = std::move(lane.items.front());
    const auto sent = sink_.send(index, item.frame);
    if (sent == FrameSink::Sent::full) {
      lane.items.front() = std::move(item);
      next = now + full_pause;
      break;
    }
    lane.items.pop_front();
    if (sent == FrameSink::Sent::yes) item.owner->announced++;
    next = now + 1 + item.gap;
    lane.free = now + item.gap;
    const bool alone = item.gap > 0;
    if (--item.left > 0) lane.items.push_back(std::move(item));
    if (alone) break;
  }
  if (!lane.items.empty()) lane.timer->set(next);
}

}  // namespace fl::vrrp
