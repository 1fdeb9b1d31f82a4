#pragma once
// The attribute tables turned towards JavaScript.
#include <napi.h>

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "netlink/field.h"

namespace fl::js {

/** One member per row: numbers, text, addresses as text ('' when zero), hardware addresses as 'aa:bb:..'. For what is asked
 *  for rarely; services and destinations travel as packed records instead (see layout()). */
Napi::Object to_object(Napi::Env env, const netlink::Table& table, Bytes record);

/** Fills the rows that are sent from an object's members. Gives the name of the first member that is not what its row says. */
std::optional<std::string> from_object(const Napi::Object& object, const netlink::Table& table,
                                       std::span<uint8_t> record);

/** {size, fields: {name: offset}} of a record. */
Napi::Object layout(Napi::Env env, const netlink::Table& table, size_t size);

/** The text of an address, 4 or 16 bytes in network order. */
std::string address_text(Bytes bytes);
/** Its bytes, 4 or 16 of them; nothing when the text is no address. */
std::optional<std::vector<uint8_t>> address_bytes(const std::string& text);

/** A new Uint8Array with a copy of `bytes`. */
Napi::Value copy_out(Napi::Env env, Bytes bytes);

/** The records in a Uint8Array, copied: JavaScript may change it while we work. Nothing when it is not a whole number of them. */
template <class T>
std::optional<std::vector<T>> copy_in(const Napi::Value& value) {
  if (!value.IsTypedArray()) return std::nullopt;
  const auto array = value.As<Napi::TypedArray>();
  if (array.TypedArrayType() != napi_uint8_array || array.ByteLength() % sizeof(T) != 0) return std::nullopt;
  const auto bytes = array.As<Napi::Uint8Array>();
  std::vector<T> records(bytes.ByteLength() / sizeof(T));
  if (!records.empty()) std::memcpy(static_cast<void*>(records.data()), bytes.Data(), bytes.ByteLength());
  return records;
}

template <class T>
Bytes bytes_of(const std::vector<T>& records) {
  return {reinterpret_cast<const uint8_t*>(records.data()), records.size() * sizeof(T)};
}

}  // namespace fl::js
