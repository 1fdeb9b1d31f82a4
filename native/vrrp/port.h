#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "vrrp/packet.h"
#include "vrrp/told.h"

namespace fl::vrrp {

/** A packet with the time the kernel took it in, in nanoseconds of the monotonic clock. */
struct Arrival {
  int64_t at = 0;
  Received packet;
};

/** Where datagrams are read to; one for all ports. */
class Trays {
 public:
  static constexpr size_t count = 32;
  // The longest advert is 8 + 255 * 16 + 28 bytes, below an IPv4 header of up to 60.
  static constexpr size_t bytes = 4352;

  std::span<uint8_t> tray(size_t index) { return std::span(space_).subspan(index * bytes, bytes); }

 private:
  std::vector<uint8_t> space_ = std::vector<uint8_t>(count * bytes);
};

/** The raw socket of one interface and family: adverts come and go through it. Shared by all instances there. */
class Port {
 public:
  /** Opens in the thread's network namespace. `listen` false: for sending only. */
  static Outcome<std::unique_ptr<Port>> open(const std::string& interface, uint32_t index, int family, bool listen);

  /** Membership of a multicast group, counted. */
  Failure join(const Address& group);
  void leave(const Address& group);

  /** One portion of what waits. Packets come in the order of their arrival. True: there may be more. */
  bool read(Trays& trays, std::vector<Arrival>& arrivals);

  int fd() const { return fd_.get(); }
  const std::string& interface() const { return interface_; }
  uint32_t index() const { return index_; }
  int family() const { return family_; }
  /** Everything that arrived before this has been read. */
  int64_t read_until() const { return read_until_; }

  Verdicts strange{};
  /** Instances that use it. */
  int users = 0;

 private:
  Port(Fd fd, std::string interface, uint32_t index, int family)
      : fd_(std::move(fd)), interface_(std::move(interface)), index_(index), family_(family) {}

  Fd fd_;
  std::string interface_;
  uint32_t index_;
  int family_;
  std::map<Address, int> groups_;
  int64_t read_until_ = 0;
};

/** Microseconds since 1970. */
int64_t wall_us();

}  // namespace fl::vrrp
