#pragma once
// What is long: batches and dumps, done slice by slice while JavaScript packs the next slice or unpacks the last.
#include <memory>

#include "ipvs/client.h"
#include "js/job.h"

namespace fl::js {

/** Applies the op records that `next` gives, asked again and again until it gives undefined, and tells `refuse` of the
 *  refused ones of each slice. One slice is being applied while the next is being packed, so at most two are held. */
std::unique_ptr<Lane::Task> apply_task(std::shared_ptr<ipvs::Client> client, const Napi::Function& next,
                                       const Napi::Function& refuse);

/** Hands the table to `take` in portions of {services, destinations}; a service's destinations follow it, be it over
 *  several portions. What `take` gives is how many records a portion should have from then on. One portion is being unpacked while the next is being read, so at most two are held. */
std::unique_ptr<Lane::Task> dump_task(std::shared_ptr<ipvs::Client> client, bool counters, const Napi::Function& take);

}  // namespace fl::js
