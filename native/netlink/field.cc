#include "netlink/field.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>

#include "netlink/attr.h"

namespace fl::netlink {
namespace {

template <class T>
void store_as(std::span<uint8_t> member, uint64_t value) {
  const T narrow = static_cast<T>(value);
  std::memcpy(member.data(), &narrow, sizeof(T));
}

bool is_ipv6(const Table& table, Bytes record) { return load_integer(record.subspan(table.family, 4)) == AF_INET6; }

bool all_zero(Bytes member) {
  return std::all_of(member.begin(), member.end(), [](uint8_t byte) { return byte == 0; });
}

template <class T>
void put_integer(Writer& writer, uint16_t attribute, T value) {
  put_attr(writer, attribute, record_bytes(value));
}

void encode_integer(Writer& writer, const Row& row, uint64_t value, bool ipv6) {
  const size_t width = wire_size(row.kind);
  if (width < 8 && value >> (width * 8) != 0) return writer.fail();
  switch (row.kind) {
    case Kind::u8: return put_integer(writer, row.attribute, static_cast<uint8_t>(value));
    case Kind::u16: return put_integer(writer, row.attribute, static_cast<uint16_t>(value));
    case Kind::be16: return put_integer(writer, row.attribute, htons(static_cast<uint16_t>(value)));
    case Kind::u32: return put_integer(writer, row.attribute, static_cast<uint32_t>(value));
    case Kind::netmask:
      return put_integer(writer, row.attribute, ipv6 ? static_cast<uint32_t>(value) : htonl(static_cast<uint32_t>(value)));
    default: return put_integer(writer, row.attribute, value);
  }
}

void encode_text(Writer& writer, const Row& row, Bytes member) {
  const auto end = std::find(member.begin(), member.end(), 0);
  if (end == member.end()) return writer.fail();
  put_attr(writer, row.attribute, member.first(static_cast<size_t>(end - member.begin()) + 1));
}

void encode_row(Writer& writer, const Row& row, Bytes member, bool ipv6, uint8_t when) {
  switch (row.kind) {
    case Kind::text: return encode_text(writer, row, member);
    case Kind::address: return put_attr(writer, row.attribute, member.first(ipv6 ? 16 : 4));
    case Kind::ipv4: return put_attr(writer, row.attribute, member.first(4));
    case Kind::ipv6: return put_attr(writer, row.attribute, member.first(16));
    case Kind::pair32: return put_attr(writer, row.attribute, member.first(8));
    case Kind::blob:
      if (member[0] >= member.size()) return writer.fail();
      return put_attr(writer, row.attribute, member.subspan(1, member[0]));
    case Kind::nested: {
      const size_t start = begin_nest(writer, row.attribute);
      encode(writer, *row.nested, member, when);
      return end_nest(writer, start);
    }
    default: return encode_integer(writer, row, load_integer(member), ipv6);
  }
}

/** Copies what fits and zero-fills the rest; too long is an error, as it is to the kernel. */
bool copy_padded(std::span<uint8_t> member, Bytes payload) {
  if (payload.size() > member.size()) return false;
  std::fill(std::copy(payload.begin(), payload.end(), member.begin()), member.end(), uint8_t{0});
  return true;
}

bool decode_integer(const Row& row, Bytes payload, std::span<uint8_t> member, bool ipv6) {
  const size_t width = wire_size(row.kind);
  if (payload.size() < width) return false;
  uint64_t value = load_integer(payload.first(width));
  if (row.kind == Kind::be16) value = ntohs(static_cast<uint16_t>(value));
  if (row.kind == Kind::netmask && !ipv6) value = ntohl(static_cast<uint32_t>(value));
  store_integer(member, value);
  return true;
}

bool decode_row(const Row& row, Bytes payload, std::span<uint8_t> member, bool ipv6, bool counters) {
  switch (row.kind) {
    case Kind::text: {
      const auto end = std::find(payload.begin(), payload.end(), 0);
      const Bytes text = payload.first(static_cast<size_t>(end - payload.begin()));
      return text.size() < member.size() && copy_padded(member, text);
    }
    // IPVS pads IPv4 to 16 bytes with zeros; only the first 4 count.
    case Kind::address: return copy_padded(member, ipv6 ? payload : payload.first(std::min<size_t>(payload.size(), 4)));
    case Kind::ipv4:
    case Kind::ipv6: return copy_padded(member, payload);
    case Kind::pair32: return payload.size() >= 8 && copy_padded(member, payload.first(8));
    case Kind::blob:
      member[0] = static_cast<uint8_t>(std::min(payload.size(), member.size() - 1));
      return copy_padded(member.subspan(1), payload);
    case Kind::nested: return decode(payload, *row.nested, member, counters).ok;
    default: return decode_integer(row, payload, member, ipv6);
  }
}

const Row* find_row(const Table& table, uint16_t attribute) {
  for (const Row& row : table.rows) {
    if (row.attribute == attribute) return &row;
  }
  return nullptr;
}

}  // namespace

uint64_t load_integer(Bytes member) {
  switch (member.size()) {
    case 1: return Reader(member).value<uint8_t>();
    case 2: return Reader(member).value<uint16_t>();
    case 4: return Reader(member).value<uint32_t>();
    default: return Reader(member).value<uint64_t>();
  }
}

void store_integer(std::span<uint8_t> member, uint64_t value) {
  switch (member.size()) {
    case 1: return store_as<uint8_t>(member, value);
    case 2: return store_as<uint16_t>(member, value);
    case 4: return store_as<uint32_t>(member, value);
    default: return store_as<uint64_t>(member, value);
  }
}

void encode(Writer& writer, const Table& table, Bytes record, uint8_t when) {
  const bool ipv6 = is_ipv6(table, record);
  for (const Row& row : table.rows) {
    if ((row.when & when & (when_id | when_set)) == 0) continue;
    const Bytes member = record.subspan(row.offset, row.size);
    if ((row.when & when_not_zero) != 0 && all_zero(member)) continue;
    encode_row(writer, row, member, ipv6, when);
  }
}

Seen decode(Bytes attributes, const Table& table, std::span<uint8_t> record, bool counters) {
  Seen seen;
  // The family decides how addresses and masks read, and may stand behind them.
  AttrReader first(attributes);
  while (const auto attr = first.next()) {
    if (attr->type < 64) seen.attributes |= uint64_t{1} << attr->type;
    const Row* row = find_row(table, attr->type);
    if (row == nullptr || row->offset != table.family || wire_size(row->kind) == 0) continue;
    if (!decode_integer(*row, attr->payload, record.subspan(row->offset, row->size), false)) return seen;
  }
  if (first.failed()) return seen;

  const bool ipv6 = is_ipv6(table, record);
  AttrReader reader(attributes);
  while (const auto attr = reader.next()) {
    const Row* row = find_row(table, attr->type);
    if (row == nullptr || (!counters && (row->when & when_counted) != 0)) continue;
    if (row->unless != 0 && seen.has(row->unless)) continue;
    if (!decode_row(*row, attr->payload, record.subspan(row->offset, row->size), ipv6, counters)) return seen;
  }
  seen.ok = true;
  return seen;
}

}  // namespace fl::netlink
