#pragma once
// Our addresses as a set, so that a long list in a hostile packet costs no more than its length.
#include <array>
#include <optional>

#include "base/bytes.h"
#include "vrrp/model.h"

namespace fl::vrrp {

/** At most 255 addresses of one family; further ones are left out. Only what we put in can collide, never what a packet asks
 *  for: nobody else makes it slow. */
class AddressSet {
 public:
  static constexpr size_t most = 255;

  AddressSet(const std::vector<Address>& addresses, size_t bytes) : addresses_(addresses), bytes_(bytes) {
    for (size_t i = 0; i < addresses.size() && i < most; i++) {
      uint8_t& slot = slots_[find_slot(Bytes(addresses[i]).first(bytes_))];
      if (slot != 0) continue;
      slot = static_cast<uint8_t>(i + 1);
      size_++;
    }
  }

  /** How many different ones. */
  size_t size() const { return size_; }

  /** A number below `capacity` for one that is in the set. */
  std::optional<size_t> find(Bytes address) const {
    const size_t slot = find_slot(address);
    return slots_[slot] == 0 ? std::nullopt : std::optional(slot);
  }

  /** 2 to the power of 9. */
  static constexpr size_t capacity = 512;

 private:
  /** Where it is, or the free place where it would be. */
  size_t find_slot(Bytes address) const {
    uint64_t hash = 0;
    for (size_t i = 0; i < bytes_; i += 4) {
      uint32_t word = 0;
      std::memcpy(&word, address.data() + i, 4);
      hash = (hash ^ hash >> 32 ^ word) * 0x9e3779b97f4a7c15;
    }
    // The upper bits of a product are the mixed ones.
    size_t slot = hash >> 55;
    while (slots_[slot] != 0 && std::memcmp(addresses_[slots_[slot] - 1].data(), address.data(), bytes_) != 0) {
      slot = (slot + 1) % capacity;
    }
    return slot;
  }

  const std::vector<Address>& addresses_;
  size_t bytes_;
  size_t size_ = 0;
  /** Place among the addresses, counted from 1; 0: free. */
  std::array<uint8_t, capacity> slots_{};
};

}  // namespace fl::vrrp
