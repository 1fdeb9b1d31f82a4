#include "netlink/socket.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/netns.h"

namespace fl::netlink {
namespace {

constexpr int wanted_receive_bytes = 4 << 20;
constexpr int wanted_send_bytes = 1 << 20;
// An error answer costs 768 bytes of the receive buffer; extended text can take it to the next allocation size.
constexpr size_t answer_cost = 2048;
constexpr size_t send_overhead = 32;

/** Raises a buffer past the system's limit if CAP_NET_ADMIN allows, else up to it; gives what the kernel then reports
 *  (twice the request: it counts its own bookkeeping). */
size_t raise_buffer(int fd, int forced, int plain, int bytes) {
  if (::setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0) {
    ::setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof bytes);
  }
  int actual = 0;
  socklen_t length = sizeof actual;
  ::getsockopt(fd, SOL_SOCKET, plain, &actual, &length);
  return actual > 0 ? static_cast<size_t>(actual) : 0;
}

}  // namespace

Outcome<Socket> Socket::open(int protocol, const std::string& netns, uint32_t groups) {
  Outcome<Fd> fd = open_socket(netns, AF_NETLINK, SOCK_RAW, protocol);
  if (!fd) return fd.error();
  Socket socket(std::move(*fd));
  socket.answer_limit_ =
      std::max<size_t>(1, raise_buffer(socket.fd(), SO_RCVBUFFORCE, SO_RCVBUF, wanted_receive_bytes) / answer_cost);
  const size_t send_bytes = raise_buffer(socket.fd(), SO_SNDBUFFORCE, SO_SNDBUF, wanted_send_bytes);
  socket.send_limit_ = send_bytes > send_overhead ? send_bytes - send_overhead : 0;

  // Both are refused by kernels before 4.3 and 4.12, which then answer with less.
  const int on = 1;
  ::setsockopt(socket.fd(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  ::setsockopt(socket.fd(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);

  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return system_error("bind netlink socket", errno);
  }
  return socket;
}

int Socket::send(Bytes messages) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  for (;;) {
    const ssize_t sent = ::sendto(fd(), messages.data(), messages.size(), 0, reinterpret_cast<sockaddr*>(&kernel),
                                  sizeof kernel);
    if (sent == static_cast<ssize_t>(messages.size())) return 0;
    if (sent >= 0) return EMSGSIZE;
    if (errno != EINTR) return errno;
  }
}

Received Socket::receive(Deadline deadline) {
  for (;;) {
    sockaddr_nl sender{};
    iovec part{buffer_.data(), buffer_.size()};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof sender;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    // Answers are there when send() returns, so trying first saves a poll() per datagram.
    const ssize_t count = ::recvmsg(fd(), &header, MSG_DONTWAIT);
    if (count >= 0) {
      if (header.msg_namelen != sizeof sender || sender.nl_pid != 0) continue;
      if ((header.msg_flags & MSG_TRUNC) != 0) return {Received::Kind::truncated, {}, EMSGSIZE};
      return {Received::Kind::data, Bytes(buffer_).first(static_cast<size_t>(count)), 0};
    }
    if (errno == EINTR) continue;
    if (errno == ENOBUFS) return {Received::Kind::overrun, {}, ENOBUFS};
    if (errno != EAGAIN) return {Received::Kind::failed, {}, errno};

    const int wait = deadline.left_ms();
    if (wait == 0) return {Received::Kind::timeout, {}, ETIMEDOUT};
    pollfd ready{fd(), POLLIN, 0};
    if (::poll(&ready, 1, wait) < 0 && errno != EINTR) return {Received::Kind::failed, {}, errno};
  }
}

}  // namespace fl::netlink
