#pragma once
#include "vrrp/parts.h"

namespace fl::vrrp {

/** Tells who else answers for the addresses of one instance while it holds them: each once, and when they are gone. */
class Lookout {
 public:
  /** `places` gives what is held. */
  Lookout(Parts& parts, std::function<std::vector<Place>()> places);
  ~Lookout() { stop(); }

  /** Goes by these settings from now on. */
  void configure(const Settings& settings, int64_t now);
  /** The addresses have been taken: looks soon, and then every so often. */
  void start(int64_t now);
  void stop();

 private:
  void compare(const Search::Others& others, int64_t now);
  void tell(const Place& place, const Mac* mac, int64_t now);
  int64_t pause() const;

  Parts& parts_;
  std::function<std::vector<Place>()> places_;
  /** The instance's; set by configure(), which comes first. */
  const Settings* settings_ = nullptr;
  uint32_t every_ = 0;
  bool on_ = false;
  Search::Others others_;
  Timer next_;
};

}  // namespace fl::vrrp
