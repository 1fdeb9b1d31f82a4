#pragma once
#include <optional>

#include "js/fields.h"
#include "probe/source.h"

namespace fl::js {

/** In the order of probe::Transport. */
constexpr std::array<const char*, 3> transports{"tcp", "udp", "sctp"};

/** The members address, port, interface and mark: '' and 0 are the kernel's choice. Nothing when one is wrong. */
std::optional<probe::Source> probe_source(Fields& from);

}  // namespace fl::js
