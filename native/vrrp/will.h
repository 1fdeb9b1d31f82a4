#pragma once
// What has to be done for us when we cannot any more: the engine writes it into memory it shares with the warden.
#include <sys/types.h>

#include <atomic>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "vrrp/holder.h"
#include "vrrp/packet.h"

namespace fl::vrrp {

/** What one instance leaves. */
struct Estate {
  /** It advertises; then the priority-0 advert that ends it leaves from here. */
  bool advertising = false;
  std::string interface;
  uint32_t index = 0;
  Address source{};
  Wire wire;
  /** Our own addresses that are there. */
  std::vector<Place> places;
  /** Name of its macvlan, or empty. */
  std::string macvlan;
};

struct Will {
  /** The engine is dead or stopped when its heart has not beaten for this long, in nanoseconds; 0: it has nothing to beat for. */
  int64_t limit = 0;
  /** Packets to some addresses are kept out. */
  bool keeps_out = false;
  std::vector<Estate> estates;
};

/** Appends a will. */
void put(Writer& writer, const Will& will);
/** Reads one back; nothing when the bytes are not what put() wrote. */
std::optional<Will> read_will(Bytes bytes);

/** The shared memory: one will, replaced whole, and a heartbeat. One side writes, the other reads. */
class Testament {
 public:
  static constexpr size_t capacity = 4 << 20;

  /** Makes it (engine). */
  static Outcome<Testament> make();
  /** Maps what was made (warden). */
  static Outcome<Testament> adopt(Fd fd);
  Testament(Testament&& other) noexcept;
  Testament& operator=(Testament&&) = delete;
  ~Testament();

  int fd() const { return fd_.get(); }

  /** False when the will is too long; then the one before stays. */
  bool write(const Will& will);
  void beat(int64_t now) { head().beat.store(now, std::memory_order_relaxed); }

  int64_t last_beat() const { return head().beat.load(std::memory_order_relaxed); }
  /** The newest whole will. */
  std::optional<Will> read() const;

 private:
  struct Head {
    std::atomic<int64_t> beat;
    /** Which half holds (its lowest bit); counts up with every write. */
    std::atomic<uint64_t> version;
    std::atomic<uint64_t> length[2];
  };
  static_assert(std::atomic<int64_t>::is_always_lock_free);
  static constexpr size_t half = capacity / 2;

  Testament(Fd fd, std::span<uint8_t> memory) : fd_(std::move(fd)), memory_(memory) {}
  static Outcome<Testament> map(Fd fd);
  Head& head() const;
  std::span<uint8_t> body(uint64_t version) const;

  Fd fd_;
  std::span<uint8_t> memory_;
};

/** Carries a will out: says goodbye with priority 0 and removes addresses and macvlans. */
void execute(const Will& will);

}  // namespace fl::vrrp
