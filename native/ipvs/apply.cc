// Batches: encode, send, match the answers, and find out what lost answers were.
#include <algorithm>
#include <cerrno>
#include <numeric>

#include "ipvs/client.h"

namespace fl::ipvs {

using netlink::Answer;

/** One op of a send and how it ended. */
struct Client::Outstanding {
  uint32_t index;
  Answer answer;
  /** move_destination: its deletion was carried out. */
  bool deleted = false;
  /** We refused it ourselves. */
  Failure objection = {};
  /** It could not be sent at all. */
  Failure unsent = {};

  bool done(OpKind kind) const { return kind != OpKind::skip && !objection && !unsent && answer.ok(); }
};

namespace {

void encode_message(netlink::Batch& batch, uint16_t family, Command command, const Op& op) {
  batch.begin(family, 0);
  if (is_service_op(op.kind)) {
    encode_service(batch.writer(), command, op.service);
  } else {
    encode_destination(batch.writer(), command, op.service, op.destination);
  }
  batch.end();
}

/** Encodes an op as one message or two; false, without a trace, when a value does not fit. */
bool encode_op(netlink::Batch& batch, uint16_t family, const Op& op) {
  const size_t before = batch.count();
  if (op.kind == OpKind::move_destination) encode_message(batch, family, Command::delete_destination, op);
  encode_message(batch, family, command_of(op.kind), op);
  if (!batch.writer().failed()) return true;
  batch.rewind(before);
  return false;
}

Error error_of(const Op& op, const Answer& answer, bool deleted) {
  Error error = refusal(command_of(op.kind), answer.number, answer.text);
  if (!answer.known) {
    error.code = Code::timeout;
    error.number = 0;
    error.text = "the kernel's answer was lost and what it holds is not what was asked";
  }
  if (deleted) error.text += "; the destination was deleted and could not be added again";
  return error;
}

}  // namespace

/** Sends as many of the ops named by `indices` as one send takes, from the first on. */
std::vector<Client::Outstanding> Client::run(std::span<const Op> ops, std::span<const uint32_t> indices) {
  netlink::Batch batch(*writer_);
  std::vector<Outstanding> results;
  results.reserve(std::min<size_t>(indices.size(), 1024));
  for (const uint32_t index : indices) {
    if (batch.full(2)) break;
    const Op& op = ops[index];
    Outstanding result{index, {true, 0, {}, false}};
    if (op.kind != OpKind::skip) {
      result.objection = objection(op);
      if (!result.objection && !encode_op(batch, family_, op)) {
        result.objection = Error{Code::invalid, 0, {}, "a value is too large for the kernel"};
      }
    }
    results.push_back(std::move(result));
  }

  std::vector<Answer> answers = batch.run(deadline());
  size_t next = 0;
  for (Outstanding& result : results) {
    const OpKind kind = ops[result.index].kind;
    if (kind == OpKind::skip || result.objection) continue;
    if (kind == OpKind::move_destination) result.deleted = answers[next++].ok();
    result.answer = std::move(answers[next++]);
  }
  return results;
}

/** Replaces lost answers by what a dump shows. Only the last change of an object can be judged so; the ones before it share
 *  its fate. */
void Client::settle(std::span<const Op> ops, std::vector<Outstanding>& results) {
  const auto lost = [](const Outstanding& result) { return !result.answer.known; };
  if (std::none_of(results.begin(), results.end(), lost)) return;
  writer_.reset();
  Reading reading{.counters = false};
  Snapshot snapshot;
  if (read(reading, SIZE_MAX, snapshot)) return;
  for (size_t i = results.size(); i-- > 0;) {
    if (!lost(results[i])) continue;
    const Op& op = ops[results[i].index];
    const auto later = std::find_if(results.begin() + static_cast<std::ptrdiff_t>(i) + 1, results.end(),
                                    [&](const Outstanding& other) { return supersedes(ops[other.index], op); });
    const bool done = later != results.end() ? later->answer.ok() : accomplished(op, snapshot);
    if (done) results[i].answer = {true, 0, {}, false};
  }
}

/** A family number that no longer is IPVS's answers ENOENT to everything: finds the new one and tries those ops once more.
 *  The error that ends the whole call: something had been carried out (`begun` says of earlier sends), which is gone. `reloads` is
 *  reloads_ from before the send. */
Failure Client::retry_stale(std::span<const Op> ops, std::vector<Outstanding>& results, uint32_t reloads, bool begun) {
  const auto unfound = [](const Outstanding& result) { return result.answer.number == ENOENT; };
  if (std::none_of(results.begin(), results.end(), unfound)) return std::nullopt;
  if (reloads == reloads_ && !stale()) return std::nullopt;
  const Error reloaded{Code::family_reloaded, 0, "apply",
                       "IPVS was unloaded and loaded again meanwhile: what was carried out before is gone"};
  const auto carried_out = [&](const Outstanding& result) { return result.done(ops[result.index].kind); };
  if (begun || std::any_of(results.begin(), results.end(), carried_out)) return reloaded;

  std::vector<uint32_t> again;
  for (const Outstanding& result : results) {
    if (unfound(result)) again.push_back(result.index);
  }
  if (const Failure failure = open()) {
    for (Outstanding& result : results) {
      if (unfound(result)) result.unsent = failure;
    }
    return std::nullopt;
  }
  std::vector<Outstanding> retried = run(ops, again);
  settle(ops, retried);
  if (std::any_of(retried.begin(), retried.end(), unfound) && stale()) return reloaded;
  size_t next = 0;
  for (Outstanding& result : results) {
    if (unfound(result) && next < retried.size()) result = std::move(retried[next++]);
  }
  return std::nullopt;
}

Failure Client::apply(std::span<const Op> ops, Progress& progress) {
  const std::lock_guard lock(mutex_);
  const auto refuse = [&](uint32_t index, Error error) {
    progress.refusals.push_back({progress.done + index, std::move(error)});
  };
  std::vector<uint32_t> order(ops.size());
  std::iota(order.begin(), order.end(), 0);
  for (std::span<const uint32_t> rest(order); !rest.empty();) {
    if (!progress.ended) {
      progress.ended = open();
      if (progress.ended) progress.ended->operation = "apply";
    }
    if (progress.ended) {
      // What was carried out already must be told, so the call as a whole has not failed.
      if (progress.done == 0 && rest.size() == ops.size()) return progress.ended;
      for (const uint32_t index : rest) refuse(index, *progress.ended);
      break;
    }
    const uint32_t reloads = reloads_;
    std::vector<Outstanding> results = run(ops, rest);
    rest = rest.subspan(results.size());
    settle(ops, results);
    if (Failure failure = retry_stale(ops, results, reloads, progress.begun)) return failure;
    for (const Outstanding& result : results) {
      const Op& op = ops[result.index];
      progress.begun |= result.done(op.kind);
      if (result.unsent) {
        refuse(result.index, *result.unsent);
      } else if (result.objection) {
        refuse(result.index, *result.objection);
      } else if (!result.answer.ok()) {
        Error error = error_of(op, result.answer, result.deleted);
        explain(op, error);
        refuse(result.index, std::move(error));
      }
    }
  }
  progress.done += static_cast<uint32_t>(ops.size());
  return std::nullopt;
}

}  // namespace fl::ipvs
