#pragma once
// The smallest test frame that does the job: cases register themselves, CHECK tells where it failed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

struct Case {
  const char* name;
  std::function<void()> run;
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int failures = 0;

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);      \
      failures++;                                                               \
    }                                                                           \
  } while (0)

#define TEST(identifier, title)                                                          \
  static void identifier();                                                              \
  static const bool identifier##_registered = (cases().push_back({title, identifier}), true); \
  static void identifier()

/** xorshift64*: the same numbers on every machine. */
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 2685821657736338717ULL;
  }
  /** 0 to limit - 1. */
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>((next() >> 32) % limit); }
  template <class T>
  void fill(T& bytes, size_t count) {
    for (size_t i = 0; i < count; i++) bytes[i] = static_cast<uint8_t>(next() >> 56);
  }

 private:
  uint64_t state_;
};
