#include "route/codec.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "netlink/attr.h"
#include "route/fields.h"

namespace fl::route {

namespace {

/** The kernel sets IFA_F_DEPRECATED by itself, from a preferred lifetime of 0 (net/ipv6/addrconf.c, inet6_addr_add). */
void put_lifetimes(Writer& writer, const Address& address) {
  ifa_cacheinfo lifetimes{};
  lifetimes.ifa_valid = address.lifetime != 0 ? address.lifetime : UINT32_MAX;
  if ((address.flags & IFA_F_DEPRECATED) == 0) lifetimes.ifa_prefered = lifetimes.ifa_valid;
  netlink::put_attr(writer, IFA_CACHEINFO, record_bytes(lifetimes));
}

}  // namespace

void encode_address(Writer& writer, const Address& address, bool full) {
  ifaddrmsg header{};
  header.ifa_family = static_cast<uint8_t>(address.family);
  header.ifa_prefixlen = static_cast<uint8_t>(address.prefix);
  header.ifa_flags = static_cast<uint8_t>(address.flags);
  header.ifa_scope = static_cast<uint8_t>(address.scope);
  header.ifa_index = address.index;
  writer.value(header);
  encode(writer, address_table, record_bytes(address), full ? when_id | when_set : when_id);
  if (full && ((address.flags & IFA_F_DEPRECATED) != 0 || address.lifetime != 0)) put_lifetimes(writer, address);
}

bool decode_address(Bytes payload, Address& address) {
  address = {};
  Reader reader(payload);
  const auto header = reader.value<ifaddrmsg>();
  if (reader.failed() || (header.ifa_family != AF_INET && header.ifa_family != AF_INET6)) return false;
  address.family = header.ifa_family;
  address.prefix = header.ifa_prefixlen;
  address.flags = header.ifa_flags;
  address.index = header.ifa_index;
  address.scope = header.ifa_scope;
  const auto seen = decode(reader.take(reader.left()), address_table, record_bytes(address));
  if (!seen.has(ifa_local)) std::memcpy(address.local, address.peer, sizeof address.local);
  return seen.ok && (seen.has(ifa_address) || seen.has(ifa_local));
}

bool decode_link(Bytes payload, Link& link) {
  link = {};
  Reader reader(payload);
  const auto header = reader.value<ifinfomsg>();
  if (reader.failed() || header.ifi_family != AF_UNSPEC || header.ifi_index <= 0) return false;
  link.index = static_cast<uint32_t>(header.ifi_index);
  link.flags = header.ifi_flags;
  return decode(reader.take(reader.left()), link_table, record_bytes(link)).ok;
}

Error refusal(OpKind kind, int number, std::string text) {
  Code code = Code::kernel;
  const char* meaning = nullptr;
  switch (number) {
    case EPERM:
      code = Code::not_permitted;
      meaning = "changing addresses wants CAP_NET_ADMIN";
      break;
    case EEXIST:
      code = Code::address_exists;
      meaning = "the interface has that address already";
      break;
    case EADDRNOTAVAIL:
      if (kind == OpKind::delete_address) code = Code::address_missing;
      meaning = kind == OpKind::delete_address ? "the interface has no such address" : nullptr;
      break;
    case ENODEV:
      code = Code::link_missing;
      meaning = "the interface does not exist";
      break;
    case EACCES:
      meaning = "IPv6 is switched off on that interface";
      break;
    case EINVAL: code = Code::invalid; break;
    case ERANGE: code = Code::out_of_range; break;
    case ETIMEDOUT:
      code = Code::timeout;
      meaning = "the kernel did not answer in time";
      break;
  }
  if (text.empty()) text = meaning != nullptr ? meaning : errno_text(number);
  return {code, code == Code::timeout ? 0 : number, {}, std::move(text)};
}

}  // namespace fl::route
