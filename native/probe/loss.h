#pragma once
#include <cstddef>
#include <vector>

namespace fl::probe {

/** How many of the latest pings were lost. */
class Loss {
 public:
  /** Counts one more, and forgets what is older than the `window` latest. */
  void add(bool lost, size_t window) {
    if (latest_.size() < window) {
      latest_.push_back(lost);
    } else {
      lost_ -= latest_[oldest_] ? 1 : 0;
      latest_[oldest_] = lost;
      oldest_ = (oldest_ + 1) % window;
    }
    lost_ += lost ? 1 : 0;
  }
  size_t seen() const { return latest_.size(); }
  size_t lost() const { return lost_; }

 private:
  std::vector<bool> latest_;
  size_t oldest_ = 0;
  size_t lost_ = 0;
};

}  // namespace fl::probe
