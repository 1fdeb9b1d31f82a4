#pragma once
// The only place with raw memory access: everything that parses or builds messages goes through these two.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace fl {

using Bytes = std::span<const uint8_t>;

/** Reads forward through a span. A read past the end fails for good: it and all later reads give zeros or empty spans,
 *  so that callers decode field after field and check failed() once. */
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  size_t left() const { return rest_.size(); }
  bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    rest_ = {};
  }

  Bytes take(size_t count) {
    if (count > rest_.size()) {
      fail();
      return {};
    }
    const Bytes head = rest_.first(count);
    rest_ = rest_.subspan(count);
    return head;
  }

  /** A value in the CPU's byte order; the source need not be aligned. */
  template <class T>
  T value() {
    static_assert(std::is_trivially_copyable_v<T>);
    T out{};
    const Bytes bytes = take(sizeof(T));
    if (bytes.size() == sizeof(T)) std::memcpy(&out, bytes.data(), sizeof(T));
    return out;
  }

  /** Skips at most what is left: padding after the last element may be missing. */
  void skip_padding(size_t count) { rest_ = rest_.subspan(count < rest_.size() ? count : rest_.size()); }

 private:
  Bytes rest_;
  bool failed_ = false;
};

/** Appends to a buffer of its own. A value that does not fit its field marks the writer failed; the bytes are then not to be sent. */
class Writer {
 public:
  explicit Writer(size_t reserve = 256) : data_(reserve) {}

  Bytes bytes() const { return Bytes(data_).first(size_); }
  size_t size() const { return size_; }
  bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  void clear() {
    size_ = 0;
    failed_ = false;
  }
  /** Forgets everything after `size`, the failure included: a message that cannot be built leaves no trace. */
  void rewind(size_t size) {
    if (size < size_) size_ = size;
    failed_ = false;
  }

  void put(const void* source, size_t count) {
    if (count != 0) std::memcpy(extend(count), source, count);
  }
  void put(Bytes bytes) { put(bytes.data(), bytes.size()); }
  void zeros(size_t count) {
    if (count != 0) std::memset(extend(count), 0, count);
  }
  template <class T>
  void value(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(extend(sizeof(T)), &value, sizeof(T));
  }
  void align(size_t to) { zeros((to - size_ % to) % to); }
  /** A head and what follows it, padded with zeros to whole words of 4 bytes: one step, because messages consist of these. */
  template <class Head>
  void padded(Head head, Bytes body) {
    static_assert(std::is_trivially_copyable_v<Head> && sizeof(Head) % 4 == 0);
    const size_t words = (body.size() + 3) / 4 * 4;
    uint8_t* place = extend(sizeof(Head) + words);
    std::memcpy(place, &head, sizeof(Head));
    if (words == 0) return;
    std::memset(place + sizeof(Head) + words - 4, 0, 4);
    std::memcpy(place + sizeof(Head), body.data(), body.size());
  }

  /** Overwrites bytes that are already there; anything else fails. */
  template <class T>
  void patch(size_t at, T value) {
    if (at > size_ || size_ - at < sizeof(T)) return fail();
    std::memcpy(data_.data() + at, &value, sizeof(T));
  }

 private:
  uint8_t* extend(size_t count) {
    const size_t at = size_;
    size_ += count;
    if (size_ > data_.size()) data_.resize(size_ * 2);
    return data_.data() + at;
  }

  std::vector<uint8_t> data_;
  size_t size_ = 0;
  bool failed_ = false;
};

/** The bytes of a plain record, for the tables that address its members by offset. */
template <class T>
std::span<uint8_t> record_bytes(T& record) {
  static_assert(std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>);
  return {reinterpret_cast<uint8_t*>(&record), sizeof(T)};
}
template <class T>
Bytes record_bytes(const T& record) {
  static_assert(std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>);
  return {reinterpret_cast<const uint8_t*>(&record), sizeof(T)};
}

}  // namespace fl
