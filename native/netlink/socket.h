#pragma once
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"

namespace fl::netlink {

/** What came from the kernel. */
struct Received {
  enum class Kind : uint8_t {
    data,
    /** The deadline passed. */
    timeout,
    /** ENOBUFS: the kernel threw answers away because the receive buffer was full. */
    overrun,
    /** The datagram was larger than the buffer: entries are missing. */
    truncated,
    failed,
  };
  Kind kind = Kind::failed;
  /** Valid until the next receive(). */
  Bytes datagram;
  /** errno of `failed`. */
  int number = 0;
};

/** One netlink socket. Not for two threads at once. */
class Socket {
 public:
  /** Opens and binds with raised buffers (as far as permitted), capped and extended acknowledgements. `groups` is the bit
   *  mask of the old multicast interface (RTMGRP_*). */
  static Outcome<Socket> open(int protocol, const std::string& netns, uint32_t groups = 0);

  /** Sends one datagram of whole messages to the kernel, which carries it out before this returns
   *  (net/netlink/af_netlink.c, netlink_unicast_kernel). Gives 0 or an errno. */
  int send(Bytes messages);

  /** The next datagram from the kernel; those of other processes are dropped (anyone may send to a netlink port). */
  Received receive(Deadline deadline);

  /** Never 0, never twice in a row of 2^32. */
  uint32_t next_sequence() { return ++sequence_ != 0 ? sequence_ : ++sequence_; }

  int fd() const { return fd_.get(); }
  /** Largest datagram that send() takes, in bytes. */
  size_t send_limit() const { return send_limit_; }
  /** Failing messages whose answers surely fit the receive buffer together. */
  size_t answer_limit() const { return answer_limit_; }

 private:
  explicit Socket(Fd fd) : fd_(std::move(fd)), buffer_(receive_bytes) {}

  // The kernel fills dump datagrams up to 32 KiB (net/netlink/af_netlink.c, netlink_dump).
  static constexpr size_t receive_bytes = 128 * 1024;

  Fd fd_;
  std::vector<uint8_t> buffer_;
  size_t send_limit_ = 0;
  size_t answer_limit_ = 0;
  uint32_t sequence_ = 0;
};

}  // namespace fl::netlink
