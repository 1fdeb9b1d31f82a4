#pragma once
#include <functional>
#include <vector>

#include "netlink/message.h"
#include "netlink/socket.h"

namespace fl::netlink {

/** How a request ended. */
struct Answer {
  /** False: neither acknowledgement nor error came; `number` says what happened instead (ETIMEDOUT, ENOBUFS, ...). */
  bool known = false;
  /** Positive errno, 0 for success. */
  int number = 0;
  /** Extended acknowledgement text, mostly empty. */
  std::string text;
  /** A dump during which the list changed (NLM_F_DUMP_INTR; IPVS never says so). */
  bool interrupted = false;

  bool ok() const { return known && number == 0; }
};

/** Gets each reply message of one request. */
using Visitor = std::function<void(const Message&)>;

/** Sends a request that ends in an acknowledgement (give it NLM_F_ACK) or in NLMSG_DONE (a dump), and hands the replies with
 *  its sequence to `visit`. After an answer that is not known, reopen the socket: leftovers may still come. */
Answer exchange(Socket& socket, uint32_t sequence, Bytes request, Deadline deadline, const Visitor& visit);

/** Many requests in few sends, carried out in order, a refused one not stopping the rest. Only the last message of a send
 *  asks for an acknowledgement: errors come anyway, and an answer per message would overflow the receive buffer. */
class Batch {
 public:
  explicit Batch(Socket& socket) : socket_(socket), writer_(64 * 1024) {}

  size_t count() const { return starts_.size(); }
  /** True when `messages` more could make answers overflow or exceed one send. */
  bool full(size_t messages) const;

  /** Opens the next message; fill writer() and close it. */
  void begin(uint16_t type, uint16_t flags);
  Writer& writer() { return writer_; }
  void end();
  /** Takes the messages from the `count`-th on away again: one of them could not be built. */
  void rewind(size_t count);

  /** Sends all and empties the batch. One answer per message; those that are not known have to be verified by reading. */
  std::vector<Answer> run(Deadline deadline);

 private:
  Socket& socket_;
  Writer writer_;
  std::vector<size_t> starts_;
  uint16_t last_flags_ = 0;
  uint32_t first_ = 0;
};

}  // namespace fl::netlink
