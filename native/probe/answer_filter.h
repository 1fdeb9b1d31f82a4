#pragma once
#include <linux/filter.h>

#include <vector>

#include "base/error.h"

namespace fl::probe {

/** How many ports, in a row from a multiple of this number, half-open checks leave from. */
constexpr uint16_t port_block = 16;

/** A program for packets that begin with their IP header: SYN-ACKs and resets to a block of ports, and ICMP errors about
 *  what left from them, also in a tunnel. All else, which on a director may be very much, wakes nobody. */
std::vector<sock_filter> answer_filter(bool ipv6, uint16_t first_port);

/** Attaches a program to a socket. */
Failure attach_filter(int fd, const std::vector<sock_filter>& program);

}  // namespace fl::probe
