#pragma once
#include <sys/types.h>

#include <string>

#include "vrrp/will.h"

namespace fl::vrrp {

/** The process that acts on our will (native/warden). It lives as long as we do. */
class Warden {
 public:
  Warden() = default;
  Warden(const Warden&) = delete;
  Warden& operator=(const Warden&) = delete;
  /** Lets it go in order: it does nothing. */
  ~Warden();

  /** Starts `program`, in the thread's network namespace. */
  Failure start(const std::string& program);
  bool running() const { return testament_.has_value(); }
  bool write(const Will& will) { return !testament_ || testament_->write(will); }
  void beat(int64_t now) {
    if (testament_) testament_->beat(now);
  }

 private:
  std::optional<Testament> testament_;
  Fd life_;
  pid_t pid_ = 0;
};

}  // namespace fl::vrrp
