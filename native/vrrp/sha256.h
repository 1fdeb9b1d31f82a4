#pragma once
// SHA-256 (FIPS 180-4): with HMAC over it all the cryptography that an advert's trailer needs, so no library is linked for it.
#include <array>

#include "base/bytes.h"

namespace fl::vrrp {

using Digest = std::array<uint8_t, 32>;

class Sha256 {
 public:
  void update(Bytes bytes);
  /** The digest of everything so far; the object is used up. */
  Digest finish();

 private:
  void block(Bytes bytes);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> pending_{};
  uint64_t length_ = 0;
};

}  // namespace fl::vrrp
