#pragma once
#include <cstdint>
#include <vector>

#include "probe/segment.h"
#include "probe/source.h"

namespace fl::probe {

enum class Kind : uint8_t { tcp, ping, udp, http, syn };

/** What is asked of one target. */
struct Question {
  Kind kind = Kind::tcp;
  Endpoint to;
  Source from;
  /** Nanoseconds for the whole, for the connection, and from there to the answer; 0: no limit of its own. */
  int64_t timeout_ns = 0;
  int64_t connect_ns = 0;
  int64_t response_ns = 0;
  /** An answer like the one before waits until it is so long since others left for JavaScript, which is woken less often so. */
  int64_t hold_ns = 0;
  /** How far the times between repetitions may be off their mean either way, as a share of it: 0 to 1. */
  double jitter = 0;
  /** The datagram, or the request of HTTP. */
  std::vector<uint8_t> send;
  /** What an answer to a datagram must begin with, where the mask has bits; of one size. */
  std::vector<uint8_t> expect;
  std::vector<uint8_t> mask;
  /** Bytes of data in an echo request, and its time to live; 0: as the kernel has it. */
  uint16_t size = 0;
  uint8_t ttl = 0;
  /** So many of the latest pings are judged together, and so much percent of them may be lost; 0: each by itself. */
  uint16_t window = 0;
  uint8_t loss = 0;
  /** What ICMP says of a datagram is not heard. */
  bool deaf_to_errors = false;
  /** A TCP connection is ended in order, which costs a TIME_WAIT, and not reset. */
  bool orderly = false;
  /** A SYN that is carried to the server otherwise than by its own address has this one. */
  Carrier carrier = Carrier::none;
  Endpoint service;
};

enum class Phase : uint8_t { connect, send, response, match };

/** How a probe came to its end. `stalled`: the time was over long before this thread came to see it, so nothing is known. */
enum class Ending : uint8_t { connected, answered, unexpected, status, timeout, stalled, failed, ended, not_http, too_long, lossy };

struct Finding {
  Ending ending = Ending::failed;
  Phase phase = Phase::connect;
  /** An errno of `failed`, the code of `status`, the bytes of `answered` and `unexpected`; of pings that are judged together,
   *  `answered` or `lossy`, how many were lost, and above 16 bits of how many. */
  uint32_t detail = 0;

  bool operator==(const Finding&) const = default;
};

/** The one answer to each time that a target is asked. */
struct Answer {
  uint32_t id = 0;
  Finding finding;
  /** Nanoseconds of the monotonic clock when it was begun, and how long it took. */
  int64_t at_ns = 0;
  int64_t took_ns = 0;
};

}  // namespace fl::probe
