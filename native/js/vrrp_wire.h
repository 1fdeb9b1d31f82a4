#pragma once
// Settings and packets of VRRP between C++ and JavaScript (src/model/vrrp.ts, src/kernel/addon.ts).
#include "js/members.h"
#include "vrrp/describe.h"

namespace fl::js {

/** An address of that family; false when it is none. */
bool read_address(const Napi::Value& value, int family, vrrp::Address& address);

/** 'inet' or 'inet6' as AF_*. */
int read_family(Members& members);

/** Fills the record from a WireSettings. Gives the name of the first member that is wrong, empty when all is well. */
std::string read_wire(const Napi::Value& value, vrrp::Wire& wire);

/** The text of an address of that family. */
std::string address_text(int family, const vrrp::Address& address);

/** {version, type, vrid, priority, intervalMs, addresses, authentication, checksum, hmacKey, verdict}: a PacketDescription. */
Napi::Object description_object(Napi::Env env, int family, const vrrp::Description& description);

}  // namespace fl::js
