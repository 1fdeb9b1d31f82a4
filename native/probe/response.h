#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace fl::probe {

/** The head of an HTTP/1 response (RFC 9112 4 and 5), in whatever pieces it comes; bounded, because servers may be hostile. */
class ResponseHead {
 public:
  static constexpr size_t most_bytes = 16 * 1024;
  enum class State : uint8_t { unfinished, complete, not_http, too_long };

  /** Interim responses (1xx) are passed over. After any state but `unfinished` there is nothing more to feed. */
  State feed(Bytes bytes);
  /** Of a complete one. */
  uint16_t status() const { return status_; }

 private:
  State lines();
  bool begins_right() const;
  bool status_line(size_t length);
  bool header_line(size_t length) const;

  std::string held_;
  /** Where the line begins that is not read yet, and how far its end was looked for. */
  size_t line_ = 0;
  size_t looked_ = 0;
  bool in_headers_ = false;
  uint16_t status_ = 0;
};

}  // namespace fl::probe
