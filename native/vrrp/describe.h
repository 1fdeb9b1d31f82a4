#pragma once
// What a packet says, for people: of any packet, whether or not somebody would believe it.
#include "vrrp/message.h"

namespace fl::vrrp {

struct Description {
  Message message;
  /** Both false when neither fits. */
  Checksums checksums{};
  /** By the settings, or without them by what is wrong with the packet in itself: an HMAC is then not judged. */
  Verdict verdict = Verdict::accepted;
};

/** `wire` may be null. With settings that have an HMAC every packet is judged as the sender's first. Spans are the packet's. */
Description describe(int family, const Received& packet, const Wire* wire, int64_t wall_us);

}  // namespace fl::vrrp
