#include "probe/response.h"

#include <algorithm>
#include <string_view>

namespace fl::probe {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/** tchar of RFC 9110 5.6.2. */
bool is_token(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || others.find(c) != std::string_view::npos;
}

bool is_text(char c) { return c == '\t' || (static_cast<uint8_t>(c) >= 0x20 && c != 0x7f); }

/** `?` is a digit. */
bool looks_like(std::string_view text, std::string_view form) {
  return std::equal(text.begin(), text.end(), form.begin(), form.begin() + static_cast<std::ptrdiff_t>(text.size()),
                    [](char c, char wanted) { return wanted == '?' ? is_digit(c) : c == wanted; });
}

constexpr std::string_view start = "HTTP/1.? ???";

}  // namespace

ResponseHead::State ResponseHead::feed(Bytes bytes) {
  const size_t room = most_bytes - held_.size();
  const Bytes taken = bytes.first(std::min(room, bytes.size()));
  held_.append(taken.begin(), taken.end());
  const State state = lines();
  if (state != State::unfinished) return state;
  return held_.size() == most_bytes ? State::too_long : State::unfinished;
}

ResponseHead::State ResponseHead::lines() {
  for (;;) {
    if (!in_headers_) {
      // What stands between two messages, as others take it too.
      while (line_ < held_.size() && (held_[line_] == '\r' || held_[line_] == '\n')) looked_ = ++line_;
      if (!begins_right()) return State::not_http;
    }
    const size_t end = held_.find('\n', looked_);
    if (end == std::string::npos) {
      looked_ = held_.size();
      return State::unfinished;
    }
    if (end == line_ || held_[end - 1] != '\r') return State::not_http;
    const size_t length = end - 1 - line_;
    if (in_headers_ && length == 0) {
      if (status_ >= 200 || status_ == 101) return State::complete;
      in_headers_ = false;
    } else if (in_headers_ ? !header_line(length) : !status_line(length)) {
      return State::not_http;
    } else {
      in_headers_ = true;
    }
    line_ = looked_ = end + 1;
  }
}

bool ResponseHead::begins_right() const {
  return looks_like(std::string_view(held_).substr(line_, start.size()), start);
}

bool ResponseHead::status_line(size_t length) {
  const auto line = std::string_view(held_).substr(line_, length);
  if (line.size() < start.size() || (line.size() > start.size() && line[start.size()] != ' ')) return false;
  if (!std::all_of(line.begin(), line.end(), is_text)) return false;
  status_ = static_cast<uint16_t>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
  return status_ >= 100;
}

bool ResponseHead::header_line(size_t length) const {
  const auto line = std::string_view(held_).substr(line_, length);
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), is_token) &&
         std::all_of(line.begin() + static_cast<std::ptrdiff_t>(colon), line.end(), is_text);
}

}  // namespace fl::probe
