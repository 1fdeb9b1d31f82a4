#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fl::probe {

/** Answers that were the same as the one before and were therefore not told. */
struct Tally {
  /** Of histogram buckets; the last one takes what is above all bounds. */
  static constexpr size_t most_buckets = 16;

  uint32_t count = 0;
  /** Nanoseconds of the monotonic clock when the latest was begun, and how long it took. */
  int64_t at_ns = 0;
  int64_t took_ns = 0;
  /** How long all took together. */
  int64_t sum_ns = 0;
  std::array<uint32_t, most_buckets> buckets{};
};

/** The tallies of all targets by id: counted on one thread, taken on another. */
class Tallies {
 public:
  using ById = std::unordered_map<uint32_t, Tally>;

  /** Upper bounds of the buckets, inclusive and ascending, at most most_buckets - 1. Call before any other. */
  void bound_by(std::vector<int64_t> bounds_ns) { bounds_ns_ = std::move(bounds_ns); }
  size_t buckets() const { return bounds_ns_.size() + 1; }

  void add(uint32_t id, int64_t at_ns, int64_t took_ns) {
    const auto bucket = std::lower_bound(bounds_ns_.begin(), bounds_ns_.end(), took_ns) - bounds_ns_.begin();
    const std::lock_guard lock(mutex_);
    Tally& tally = by_id_[id];
    tally.count++;
    tally.at_ns = at_ns;
    tally.took_ns = took_ns;
    tally.sum_ns += took_ns;
    tally.buckets[static_cast<size_t>(bucket)]++;
  }

  /** All since the last time. */
  ById take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(by_id_, {});
  }

 private:
  std::vector<int64_t> bounds_ns_;
  std::mutex mutex_;
  ById by_id_;
};

}  // namespace fl::probe
