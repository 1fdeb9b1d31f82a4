#pragma once
// Reading objects that our own TypeScript made.
#include <initializer_list>

#include "js/convert.h"

namespace fl::js {

/** Reads members one by one and remembers the first that is not what it has to be: callers read them all and ask once. What
 *  could not be read is zero or empty. */
class Members {
 public:
  explicit Members(const Napi::Value& value) : object_(value.IsObject() ? value.As<Napi::Object>() : Napi::Object()) {
    if (object_.IsEmpty()) wrong_ = "the object itself";
  }

  /** Name of the first wrong member, empty when all is well. */
  const std::string& wrong() const { return wrong_; }
  bool good() const { return wrong_.empty(); }
  void mark(const char* name) {
    if (good()) wrong_ = name;
  }

  Napi::Value value(const char* name) const { return object_.Get(name); }
  bool has(const char* name) const { return good() && !value(name).IsNull() && !value(name).IsUndefined(); }

  /** A whole number from 0 to `most`. */
  uint32_t number(const char* name, uint32_t most = UINT32_MAX) {
    const double number = good() && value(name).IsNumber() ? value(name).As<Napi::Number>().DoubleValue() : -1;
    if (number >= 0 && number <= most && number == static_cast<uint32_t>(number)) return static_cast<uint32_t>(number);
    mark(name);
    return 0;
  }
  uint8_t byte(const char* name) { return static_cast<uint8_t>(number(name, 255)); }

  bool flag(const char* name) {
    if (good() && value(name).IsBoolean()) return value(name).As<Napi::Boolean>();
    mark(name);
    return false;
  }

  std::string text(const char* name) {
    if (good() && value(name).IsString()) return value(name).As<Napi::String>();
    mark(name);
    return {};
  }

  /** Place of the text among `choices`. */
  size_t choice(const char* name, std::initializer_list<const char*> choices) {
    const std::string chosen = text(name);
    size_t place = 0;
    for (const char* choice : choices) {
      if (chosen == choice) return place;
      place++;
    }
    mark(name);
    return 0;
  }

  /** Calls `take` with each element; false from it marks the member wrong. */
  template <class Take>
  void list(const char* name, Take take) {
    if (!good() || !value(name).IsArray()) return mark(name);
    const auto array = value(name).As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length() && good(); i++) {
      if (!take(Napi::Value(array.Get(i)))) mark(name);
    }
  }

 private:
  Napi::Object object_;
  std::string wrong_;
};

}  // namespace fl::js
