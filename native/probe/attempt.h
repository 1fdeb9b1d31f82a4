#pragma once
#include <memory>
#include <optional>

#include "probe/question.h"
#include "probe/response.h"
#include "probe/sockets.h"

namespace fl::probe {

/** One time that a question is asked over a socket of its own: TCP, HTTP, a datagram. */
class Attempt {
 public:
  /** A socket is opened, or taken from those that are, and connects, unless that is the end already. */
  std::optional<Finding> begin(const Question& question, Sockets& sockets);
  /** epoll has something to say of the socket. */
  std::optional<Finding> ready(const Question& question, uint32_t events);
  /** Gives the socket back, or closes it; a connection with a reset, unless it is to end in
   *  order, so that probes leave no TIME_WAIT behind. A server that was
   *  only to take a connection hears the reset in place of the handshake's end: its program never sees one. */
  void end(const Question& question, Sockets& sockets);

  int fd() const { return fd_.get(); }
  /** epoll knows it from an earlier connection. */
  bool watched() const { return watched_; }
  void set_watched() { watched_ = true; }
  /** What epoll is to wait for: of a conversation everything, and told once. */
  static uint32_t interest(Kind kind);
  Phase phase() const { return phase_; }
  /** The first bytes of an unexpected answer. */
  std::vector<uint8_t> sample;

 private:
  /** An errno, or 0. */
  int open(const Question& question);
  std::optional<Finding> connected(const Question& question);
  std::optional<Finding> talk(const Question& question);
  std::optional<Finding> hear();
  std::optional<Finding> hear_datagram(const Question& question);
  Finding failed(int number) const { return {Ending::failed, phase_, static_cast<uint32_t>(number)}; }

  Fd fd_;
  bool watched_ = false;
  bool connected_ = false;
  Phase phase_ = Phase::connect;
  size_t sent_ = 0;
  std::unique_ptr<ResponseHead> head_;
};

}  // namespace fl::probe
