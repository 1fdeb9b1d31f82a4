#include "netlink/exchange.h"

#include <algorithm>
#include <cerrno>

namespace fl::netlink {
namespace {

// On Linux 6.1, 10,000 new destinations in sends of 200 to 2048 take the same time.
constexpr size_t batch_messages = 1024;
// More than any message of ours.
constexpr size_t message_bytes = 512;

}  // namespace

Answer exchange(Socket& socket, uint32_t sequence, Bytes request, Deadline deadline, const Visitor& visit) {
  Answer answer;
  if (const int number = socket.send(request); number != 0) return {true, number, {}, false};
  for (;;) {
    const Received received = socket.receive(deadline);
    if (received.kind != Received::Kind::data) {
      answer.number = received.number;
      return answer;
    }
    MessageReader reader(received.datagram);
    while (const auto message = reader.next()) {
      if (message->header.nlmsg_seq != sequence) continue;
      if ((message->header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) answer.interrupted = true;
      if (message->header.nlmsg_type == NLMSG_DONE) {
        answer.known = true;
        answer.number = parse_done(*message).number;
        return answer;
      }
      if (message->header.nlmsg_type == NLMSG_ERROR) {
        auto verdict = parse_error(*message);
        answer.known = verdict.has_value();
        answer.number = verdict ? verdict->number : EBADMSG;
        if (verdict) answer.text = std::move(verdict->text);
        return answer;
      }
      visit(*message);
    }
    if (reader.failed()) {
      answer.number = EBADMSG;
      return answer;
    }
  }
}

bool Batch::full(size_t messages) const {
  const size_t limit = std::min(batch_messages, socket_.answer_limit());
  return count() + messages > limit || writer_.size() + messages * message_bytes > socket_.send_limit();
}

void Batch::begin(uint16_t type, uint16_t flags) {
  const uint32_t sequence = socket_.next_sequence();
  if (starts_.empty()) first_ = sequence;
  last_flags_ = flags;
  starts_.push_back(begin_message(writer_, type, flags, sequence));
}

void Batch::end() { end_message(writer_, starts_.back()); }

void Batch::rewind(size_t count) {
  if (count >= starts_.size()) return;
  writer_.rewind(starts_[count]);
  starts_.resize(count);
}

std::vector<Answer> Batch::run(Deadline deadline) {
  std::vector<Answer> answers(count());
  if (answers.empty()) return answers;
  writer_.patch(starts_.back() + offsetof(nlmsghdr, nlmsg_flags),
                static_cast<uint16_t>(last_flags_ | NLM_F_REQUEST | NLM_F_ACK));

  const int sent = socket_.send(writer_.bytes());
  const uint32_t first = first_;
  writer_.clear();
  starts_.clear();
  if (sent != 0) {
    for (Answer& answer : answers) answer = {true, sent, {}, false};
    return answers;
  }

  bool overrun = false;
  int number = 0;
  while (!answers.back().known) {
    // After an overrun the final answer may be among the lost: take what is there and wait for nothing.
    const Received received = socket_.receive(overrun ? Deadline::after_ms(0) : deadline);
    if (received.kind == Received::Kind::overrun) {
      overrun = true;
      continue;
    }
    if (received.kind != Received::Kind::data) {
      number = received.number;
      break;
    }
    MessageReader reader(received.datagram);
    while (const auto message = reader.next()) {
      if (message->header.nlmsg_type != NLMSG_ERROR) continue;
      const uint32_t index = message->header.nlmsg_seq - first;
      auto verdict = parse_error(*message);
      if (index >= answers.size() || !verdict) continue;
      answers[index] = {true, verdict->number, std::move(verdict->text), false};
    }
  }
  // Silence means success only when the final answer came and nothing was thrown away before it.
  const bool complete = answers.back().known && !overrun;
  for (Answer& answer : answers) {
    if (answer.known) continue;
    answer.known = complete || (!overrun && &answer != &answers.back());
    answer.number = answer.known ? 0 : (overrun ? ENOBUFS : number);
  }
  return answers;
}

}  // namespace fl::netlink
