#include "vrrp/kept_out.h"

namespace fl::vrrp {
namespace {

constexpr int64_t pause = 10'000'000'000;

}  // namespace

void KeptOut::set(ClosedSet closed) {
  if (closed == closed_) return;
  closed_ = std::move(closed);
  ask();
}

void KeptOut::widen(const ClosedSet& more) {
  ClosedSet all = closed_;
  all.insert(more.begin(), more.end());
  set(std::move(all));
}

void KeptOut::ask() {
  again_.cancel();
  holder_.keep_out(closed_, [this](const Failure& failure, int64_t now) { answer(failure, now); });
}

void KeptOut::answer(const Failure& failure, int64_t now) {
  if (!failure) return told_.clear();
  again_.set(now + pause);
  if (failure->text == told_) return;
  told_ = failure->text;
  refused_(now, "accept: false is not kept, packets to the addresses are taken: " + told_);
}

}  // namespace fl::vrrp
