#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace fl {

/** Why something failed, in the words of KernelErrorCode (src/model/op.ts). */
enum class Code : uint8_t {
  not_permitted,
  ipvs_missing,
  family_reloaded,
  scheduler_missing,
  engine_missing,
  service_exists,
  service_missing,
  destination_exists,
  destination_missing,
  mixed_families,
  daemon_running,
  daemon_not_running,
  address_exists,
  address_missing,
  route_exists,
  route_missing,
  rule_exists,
  rule_missing,
  link_missing,
  out_of_range,
  invalid,
  timeout,
  not_attempted,
  kernel,
};

/** The code's public name, such as "scheduler-missing". */
const char* code_name(Code code);

struct Error {
  Code code = Code::kernel;
  /** Positive errno; 0 when the failure is not the kernel's. */
  int number = 0;
  /** What was asked, such as "dump". */
  std::string operation;
  /** The kernel's own words where it has some, else what the errno means here. */
  std::string text;
};

/** No error, or one. */
using Failure = std::optional<Error>;

/** What strerror says; safe in any thread. */
std::string errno_text(int number);

/** An Error for a step of an operation that failed with `number`: EPERM and EACCES mean not permitted, the rest is the
 *  kernel's. The operation itself is left for whoever knows it. */
Error system_error(const std::string& step, int number);

/** A value or the Error that took its place. */
template <class T>
class Outcome {
 public:
  using Value = T;
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  const T& operator*() const { return std::get<0>(state_); }
  T& operator*() { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  Error& error() { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace fl
