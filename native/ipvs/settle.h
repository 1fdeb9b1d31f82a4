#pragma once
#include <vector>

#include "ipvs/model.h"

namespace fl::ipvs {

/** Services with their destinations, in the kernel's list order. */
struct Snapshot {
  std::vector<ObservedService> services;
  std::vector<ObservedDestination> destinations;
};

/** Judges an op whose answer was lost by what the kernel holds now: true when it is as the op wanted it. (A move cannot be
 *  told from a set by this; being first in the list is checked too.) */
bool accomplished(const Op& op, const Snapshot& snapshot);

/** True when a destination is of another family than its service. */
bool mixes_families(const Snapshot& snapshot);

/** True when `later` changes the same object or the service it belongs to, so that the state no longer shows what `op` did. */
bool supersedes(const Op& later, const Op& op);

}  // namespace fl::ipvs
