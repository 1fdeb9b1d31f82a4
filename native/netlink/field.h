#pragma once
// One row per kernel attribute. The same rows encode, decode, and tell JavaScript where a member lies in its record.
#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace fl::netlink {

/** How an attribute looks on the wire; "host" is the CPU's byte order. Integer members may be wider than the wire (a value
 *  that does not fit fails the encoding), so that a caller's mistake is seen and not cut off. */
enum class Kind : uint8_t {
  u8,
  u16,
  u32,
  u64,
  /** 16 bits in network order. */
  be16,
  /** Two 32-bit host values in a row: IPVS's {flags, mask}. */
  pair32,
  /** NUL-terminated; the member is a char array, always terminated. */
  text,
  /** 4 or 16 bytes in network order by the record's family; the member has 16, zero-filled. */
  address,
  ipv4,
  ipv6,
  /** IPv4: a mask in network order. IPv6: a prefix length in host order. The member is a host integer in both. */
  netmask,
  /** Up to sizeof(member) - 1 bytes; the member's first byte is their number. */
  blob,
  /** Attributes of a table of their own, at the member's offset. */
  nested,
};

/** When a row is sent. A row without any of these is only ever received. */
enum When : uint8_t {
  /** Names the object: in every request about it. */
  when_id = 1,
  /** Only in requests that carry the whole object. */
  when_set = 2,
  /** Left out when the member is all zeros. */
  when_not_zero = 4,
  /** Counters: skipped in decoding when the caller does not want them. */
  when_counted = 8,
};

struct Table;

struct Row {
  uint16_t attribute;
  Kind kind;
  uint8_t when;
  uint16_t offset;
  uint16_t size;
  /** The member's name in JavaScript. */
  const char* name;
  const Table* nested = nullptr;
  /** An attribute that holds the same and more: when it is there, this one is ignored. */
  uint16_t unless = 0;
};

struct Table {
  std::span<const Row> rows;
  /** Size of the record the offsets are for. */
  size_t size;
  /** Offset of a 32-bit AF_INET or AF_INET6 that rules Kind::address and Kind::netmask. */
  size_t family = 0;
};

/** Appends the rows that `when` (when_id, or when_id | when_set) selects. The record may be a prefix of the table's; rows
 *  beyond it are not for sending. A value the wire cannot hold fails the writer. */
void encode(Writer& writer, const Table& table, Bytes record, uint8_t when);

/** Fills the record from attributes. Unknown ones are ignored, absent ones leave their member alone; `counters` false
 *  skips when_counted. Gives the set of attributes seen as bits (1 << type, below 64), or nothing when the input is malformed. */
struct Seen {
  bool ok = false;
  uint64_t attributes = 0;
  bool has(unsigned attribute) const { return (attributes >> attribute & 1) != 0; }
};
Seen decode(Bytes attributes, const Table& table, std::span<uint8_t> record, bool counters = true);

/** Reads or writes an integer member of 1, 2, 4 or 8 bytes. */
uint64_t load_integer(Bytes member);
void store_integer(std::span<uint8_t> member, uint64_t value);

/** Bytes an integer kind takes on the wire, 0 for the others. */
constexpr size_t wire_size(Kind kind) {
  switch (kind) {
    case Kind::u8: return 1;
    case Kind::u16:
    case Kind::be16: return 2;
    case Kind::u32:
    case Kind::netmask: return 4;
    case Kind::u64: return 8;
    default: return 0;
  }
}

/** True when every row lies inside the record and its member can hold what the wire brings; for static_assert. */
constexpr bool sound(const Table& table) {
  for (const Row& row : table.rows) {
    if (row.offset + row.size > table.size || row.attribute > 63) return false;
    if (row.size < wire_size(row.kind)) return false;
    if (wire_size(row.kind) != 0 && row.size != 1 && row.size != 2 && row.size != 4 && row.size != 8) return false;
    if (row.kind == Kind::address && row.size != 16) return false;
    if (row.kind == Kind::nested && row.size < row.nested->size) return false;
  }
  return table.family + sizeof(uint32_t) <= table.size;
}

// offsetof and sizeof of one member, and its name, in the order Row wants them.
#define FL_MEMBER(record, member) offsetof(record, member), sizeof(static_cast<record*>(nullptr)->member)

}  // namespace fl::netlink
