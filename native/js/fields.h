#pragma once
#include <napi.h>

#include <array>
#include <optional>
#include <string>

namespace fl::js {

/** Reads the members of an object one after the other and remembers the first that is not what it should be: callers read
 *  all and look at wrong() once. */
class Fields {
 public:
  explicit Fields(const Napi::Value& value) : object_(value.IsObject() ? value.As<Napi::Object>() : Napi::Object()) {
    if (object_.IsEmpty()) wrong_ = "an object";
  }

  const std::optional<std::string>& wrong() const { return wrong_; }
  void fail(const std::string& name) {
    if (!wrong_) wrong_ = name;
  }
  void adopt(const Fields& inner) {
    if (inner.wrong_) fail(*inner.wrong_);
  }

  Napi::Value get(const char* name) const { return object_.Get(name); }
  bool is_null(const char* name) const { return wrong_ || object_.Get(name).IsNull(); }

  /** A whole number of 0 to `most`. */
  template <class T>
  T whole(const char* name, double most) {
    const double number = real(name);
    if (!(number >= 0 && number <= most) || number != static_cast<double>(static_cast<uint64_t>(number))) {
      fail(name);
      return T{};
    }
    return static_cast<T>(number);
  }

  double real(const char* name) {
    if (wrong_) return 0;
    const Napi::Value value = object_.Get(name);
    if (value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
    fail(name);
    return 0;
  }

  bool flag(const char* name) {
    if (wrong_) return false;
    const Napi::Value value = object_.Get(name);
    if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
    fail(name);
    return false;
  }

  std::string text(const char* name) {
    if (wrong_) return {};
    const Napi::Value value = object_.Get(name);
    if (value.IsString()) return value.As<Napi::String>().Utf8Value();
    fail(name);
    return {};
  }

  /** A word of a list, as its place in it. */
  template <size_t N>
  size_t word(const char* name, const std::array<const char*, N>& words) {
    const std::string found = text(name);
    for (size_t i = 0; i < N; i++) {
      if (found == words[i]) return i;
    }
    fail(name);
    return 0;
  }

  template <class Each>
  void each(const char* name, Each each) {
    if (wrong_) return;
    const Napi::Value value = object_.Get(name);
    if (!value.IsArray()) return fail(name);
    const auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length() && !wrong_; i++) each(array.Get(i));
  }

 private:
  Napi::Object object_;
  std::optional<std::string> wrong_;
};

}  // namespace fl::js
