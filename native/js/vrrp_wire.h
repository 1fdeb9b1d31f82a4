#pragma once
// Settings and packets of VRRP between C++ and JavaScript (src/model/vrrp.ts, src/model/vrrp-packet.ts).
#include "js/convert.h"
#include "js/fields.h"
#include "vrrp/describe.h"

namespace fl::js {

/** An address given as text; its family too. What is none fails the member of that name. */
vrrp::Address read_address(Fields& fields, const char* name, const Napi::Value& value, int* family = nullptr);
/** A member that has to be an address of that family. */
vrrp::Address read_address(Fields& fields, const char* name, int family);
/** 'inet' or 'inet6' as AF_*. */
int read_family(Fields& fields);

/** A WireSettings without `source` and `interface`, which concern the engine. */
vrrp::Wire read_wire(Fields& fields);

/** The text of an address of that family. */
std::string address_text(int family, const vrrp::Address& address);

/** A PacketDescription. */
Napi::Object description_object(Napi::Env env, int family, const vrrp::Description& description);

}  // namespace fl::js
