#include "probe/attempt.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace fl::probe {

namespace {

/** So much of an unexpected answer is kept to be shown. */
constexpr size_t sample_bytes = 32;

bool begins(Bytes answer, const Question& question) {
  if (answer.size() < question.expect.size()) return false;
  for (size_t i = 0; i < question.expect.size(); i++) {
    if ((answer[i] & question.mask[i]) != (question.expect[i] & question.mask[i])) return false;
  }
  return true;
}

int pending_error(int fd) {
  int number = 0;
  socklen_t size = sizeof number;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno;
}

/** May be used again by others: it is bound to nothing, and IPv6 sockets that speak IPv4 do not change back. */
bool shares_socket(const Question& question) {
  return question.kind != Kind::udp && !question.orderly && question.from == Source{} && !question.to.mapped();
}

}  // namespace

uint32_t Attempt::interest(Kind kind) {
  return kind == Kind::udp ? EPOLLIN : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
}

std::optional<Finding> Attempt::begin(const Question& question, Sockets& sockets) {
  const bool datagram = question.kind == Kind::udp;
  auto known = shares_socket(question) ? sockets.take(question.to.ipv6()) : std::nullopt;
  watched_ = known.has_value();
  if (known) fd_ = std::move(*known);
  else if (const int number = open(question)) return failed(number);
  if (!datagram && !question.orderly) {
    // The last packet of the handshake may wait for the request, which then bears it, or for the reset, which saves it: a fifth
    // of what a check over TCP costs. To be said anew for each connection.
    const int off = 0;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
  }
  if (::connect(fd_.get(), question.to.name(), question.to.size()) == 0) return connected(question);
  if (errno == EINPROGRESS) return std::nullopt;
  if (datagram) phase_ = Phase::send;
  return failed(errno);
}

int Attempt::open(const Question& question) {
  const bool datagram = question.kind == Kind::udp;
  const bool ipv6 = question.to.ipv6();
  auto fd = open_from("", datagram ? Transport::udp : Transport::tcp, ipv6, question.from);
  if (!fd) return fd.error().number;
  fd_ = std::move(*fd);
  const int on = 1;
  const linger reset{1, 0};
  if (datagram) {
    if (question.deaf_to_errors) return 0;
    // Also what says that the host cannot be reached.
    ::setsockopt(fd_.get(), ipv6 ? SOL_IPV6 : SOL_IP, ipv6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on);
  } else if (!question.orderly) {
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  return 0;
}

std::optional<Finding> Attempt::ready(const Question& question, uint32_t events) {
  if (events & EPOLLERR) {
    const int number = pending_error(fd_.get());
    if (number != 0 && !question.deaf_to_errors) return failed(number);
  }
  if (question.kind == Kind::udp) return hear_datagram(question);
  if (phase_ == Phase::connect) return events & (EPOLLOUT | EPOLLHUP) ? connected(question) : std::nullopt;
  return talk(question);
}

void Attempt::end(const Question& question, Sockets& sockets) {
  // One that failed may have kept something of it.
  if (connected_ && watched_ && shares_socket(question)) sockets.give(std::move(fd_), question.to.ipv6());
  fd_.reset();
  connected_ = false;
  watched_ = false;
  head_.reset();
  phase_ = Phase::connect;
  sent_ = 0;
}

std::optional<Finding> Attempt::connected(const Question& question) {
  connected_ = true;
  if (question.kind == Kind::tcp) return Finding{Ending::connected, Phase::connect, 0};
  if (question.kind == Kind::http) {
    phase_ = Phase::response;
    head_ = std::make_unique<ResponseHead>();
    return talk(question);
  }
  phase_ = Phase::send;
  if (::send(fd_.get(), question.send.data(), question.send.size(), MSG_NOSIGNAL) < 0) return failed(errno);
  phase_ = Phase::response;
  return std::nullopt;
}

std::optional<Finding> Attempt::talk(const Question& question) {
  const Bytes request(question.send);
  while (sent_ < request.size()) {
    const Bytes rest = request.subspan(sent_);
    const ssize_t count = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) break;
      // A server may answer, and close, before it has heard all.
      if (errno != EPIPE && errno != ECONNRESET) return failed(errno);
      sent_ = request.size();
    } else {
      sent_ += static_cast<size_t>(count);
    }
  }
  return hear();
}

std::optional<Finding> Attempt::hear() {
  std::array<uint8_t, 4096> buffer;
  for (;;) {
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EAGAIN) return std::nullopt;
    if (count < 0) return failed(errno);
    if (count == 0) return Finding{Ending::ended, Phase::response, 0};
    switch (head_->feed(Bytes(buffer).first(static_cast<size_t>(count)))) {
      case ResponseHead::State::complete: return Finding{Ending::status, Phase::response, head_->status()};
      case ResponseHead::State::not_http: return Finding{Ending::not_http, Phase::response, 0};
      case ResponseHead::State::too_long: return Finding{Ending::too_long, Phase::response, 0};
      case ResponseHead::State::unfinished: break;
    }
  }
}

std::optional<Finding> Attempt::hear_datagram(const Question& question) {
  std::array<uint8_t, 2048> buffer;
  const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
  if (count < 0) return errno == EAGAIN || question.deaf_to_errors ? std::nullopt : std::optional(failed(errno));
  const size_t size = static_cast<size_t>(count);
  const Bytes answer = Bytes(buffer).first(std::min(size, buffer.size()));
  const auto detail = static_cast<uint32_t>(size);
  if (begins(answer, question)) return Finding{Ending::answered, Phase::match, detail};
  const Bytes shown = answer.first(std::min(answer.size(), sample_bytes));
  sample.assign(shown.begin(), shown.end());
  return Finding{Ending::unexpected, Phase::match, detail};
}

}  // namespace fl::probe
