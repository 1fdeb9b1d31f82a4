#include "vrrp/holder.h"

#include <linux/if_addr.h>
#include <sys/socket.h>

#include <algorithm>

namespace fl::vrrp {
namespace {

route::Address record(const Place& place, uint32_t lifetime_s) {
  route::Address address{};
  const Held& held = place.held;
  address.family = static_cast<uint32_t>(held.family);
  address.index = place.index;
  address.prefix = held.prefix;
  address.owner = address_owner;
  address.scope = held.scope;
  address.lifetime = lifetime_s;
  // As src/kernel/net.ts: in use at once, and no source of what this machine sends by itself.
  if (held.family == AF_INET6) address.flags = IFA_F_NODAD | IFA_F_DEPRECATED;
  std::copy(held.address.begin(), held.address.end(), address.local);
  std::copy(held.address.begin(), held.address.end(), address.peer);
  held.label.copy(address.label, sizeof address.label - 1);
  return address;
}

}  // namespace

Holder::Key Holder::key(const route::Address& address) {
  return {address.family, address.index, address.prefix, std::to_array(address.local)};
}

Holder::Key Holder::key(const Place& place) {
  return {static_cast<uint32_t>(place.held.family), place.index, place.held.prefix, place.held.address};
}

bool Holder::foreign(const Place& place) const {
  const auto* there = links_.find_address(place.index, place.held.family, place.held.address, place.held.prefix);
  return there != nullptr && there->owner != address_owner && ours_.count(key(*there)) == 0;
}

bool Holder::ours(const Place& place) const { return ours_.count(key(record(place, 0))) != 0; }

void Holder::add(const std::vector<Place>& places, Done done) {
  Changer::Job job;
  job.id = ++last_id_;
  job.add = true;
  std::vector<Held> added;
  for (const Place& place : places) {
    if (foreign(place)) continue;
    job.addresses.push_back(record(place, lifetime_s_));
    added.push_back(place.held);
    ours_.insert(key(job.addresses.back()));
  }
  pending_[job.id] = [this, added = std::move(added), done = std::move(done)](const Changer::Job& did, int64_t now) {
    Refused refused;
    for (size_t i = 0; i < did.results.size(); i++) {
      if (!did.results[i]) continue;
      ours_.erase(key(did.addresses[i]));
      refused.emplace_back(added[i], *did.results[i]);
    }
    done(refused, now);
  };
  changer_.submit(std::move(job));
}

void Holder::remove(const std::vector<Place>& places) {
  Changer::Job job;
  job.id = ++last_id_;
  for (const Place& place : places) {
    if (foreign(place)) continue;
    job.addresses.push_back(record(place, 0));
    ours_.erase(key(job.addresses.back()));
    leaving_[key(job.addresses.back())]++;
  }
  if (!job.addresses.empty()) changer_.submit(std::move(job));
}

void Holder::sweep(std::vector<Place> places) {
  std::erase_if(places, [this](const Place& place) {
    const Held& held = place.held;
    const auto* there = links_.find_address(place.index, held.family, held.address, held.prefix);
    return there == nullptr || there->owner != address_owner;
  });
  remove(places);
}

void Holder::keep_out(ClosedSet closed, std::function<void(const Failure&, int64_t)> done) {
  Changer::Job job;
  job.id = ++last_id_;
  job.closed = std::move(closed);
  pending_[job.id] = [done = std::move(done)](const Changer::Job& did, int64_t now) { done(did.results.front(), now); };
  changer_.submit(std::move(job));
}

void Holder::finish(int64_t now) {
  for (const Changer::Job& job : changer_.take()) {
    if (auto waits = pending_.extract(job.id)) {
      waits.mapped()(job, now);
      continue;
    }
    // What was not there to be removed is not told as gone either.
    for (size_t i = 0; i < job.results.size(); i++) {
      if (job.results[i]) unexpect(key(job.addresses[i]));
    }
  }
}

void Holder::unexpect(const Key& key) {
  const auto at = leaving_.find(key);
  if (at != leaving_.end() && --at->second == 0) leaving_.erase(at);
}

bool Holder::expected(const route::Address& address) {
  const auto at = leaving_.find(key(address));
  if (at == leaving_.end()) return false;
  unexpect(key(address));
  return true;
}

}  // namespace fl::vrrp
