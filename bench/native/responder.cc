// Real servers for the benchmark of health checks: one listener for each of many addresses, with faults on request.
//   responder PORT, then lines on stdin, each answered by one line:
//   up A.B.C.D COUNT      listen on so many addresses from this one on
//   defer A.B.C.D COUNT   listen so that a connection is one only with its first data (TCP_DEFER_ACCEPT): who connects and
//                         goes again costs this program nothing
//   refuse A.B.C.D COUNT  close their listeners: connections are refused
//   hang A.B.C.D COUNT    take connections and never answer
//   stats                 connections taken and requests answered since the start
//   watch                 notice connections as they are asked for, also those of other responders on this host
//   since A.B.C.D         milliseconds since the latest of an address was asked for; -1: none yet
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

enum class Kind { kListener, kSilentListener, kConnection };

using Moment = std::chrono::steady_clock::time_point;

struct Peer {
  Kind kind;
  uint32_t address = 0;
  std::string held;
};

class Responder {
 public:
  explicit Responder(uint16_t port) : port_(port), epoll_(epoll_create1(EPOLL_CLOEXEC)) { Watch(STDIN_FILENO); }

  int Run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) return 1;
      for (int i = 0; i < count; i++) {
        const int fd = events[static_cast<size_t>(i)].data.fd;
        if (fd == STDIN_FILENO) {
          if (!ReadCommands()) return 0;
        } else if (fd == watching_) {
          Notice();
        } else {
          Serve(fd);
        }
      }
    }
  }

 private:
  void Watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void Drop(int fd) {
    peers_.erase(fd);
    close(fd);
  }

  bool ReadCommands() {
    std::array<char, 4096> bytes;
    const ssize_t size = read(STDIN_FILENO, bytes.data(), bytes.size());
    if (size <= 0) return false;
    input_.append(bytes.data(), static_cast<size_t>(size));
    for (size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
      Obey(input_.substr(0, end));
      input_.erase(0, end + 1);
    }
    return true;
  }

  void Obey(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    std::string first;
    uint32_t count = 0;
    words >> command >> first >> count;
    if (command == "stats") {
      std::cout << taken_ << ' ' << answered_ << std::endl;
      return;
    }
    if (command == "watch") {
      if (watching_ < 0) watching_ = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
      if (watching_ >= 0) Watch(watching_);
      std::cout << (watching_ < 0 ? "cannot watch" : "done") << std::endl;
      return;
    }
    in_addr address{};
    if (inet_pton(AF_INET, first.c_str(), &address) != 1) {
      std::cout << "not understood: " << line << std::endl;
      return;
    }
    if (command == "since") {
      Notice();
      const auto known = asked_.find(ntohl(address.s_addr));
      const std::chrono::duration<double, std::milli> since =
          known == asked_.end() ? std::chrono::nanoseconds(-1'000'000) : std::chrono::steady_clock::now() - known->second;
      std::cout << since.count() << std::endl;
      return;
    }
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t at = ntohl(address.s_addr) + i;
      const auto known = listeners_.find(at);
      if (command == "refuse") {
        if (known == listeners_.end()) continue;
        Drop(known->second);
        listeners_.erase(known);
        continue;
      }
      const Kind kind = command == "hang" ? Kind::kSilentListener : Kind::kListener;
      if (known != listeners_.end()) {
        peers_[known->second].kind = kind;
      } else if (!Listen(at, kind, command == "defer")) {
        std::cout << "cannot listen: " << errno << std::endl;
        return;
      }
    }
    std::cout << "done" << std::endl;
  }

  /** Reads what a raw socket sees of every packet: those that begin a connection. */
  void Notice() {
    std::array<uint8_t, 256> bytes;
    for (;;) {
      const ssize_t size = recv(watching_, bytes.data(), bytes.size(), 0);
      if (size < 0) return;
      if (static_cast<size_t>(size) < sizeof(iphdr)) continue;
      iphdr outer;
      std::memcpy(&outer, bytes.data(), sizeof outer);
      const size_t length = outer.ihl * size_t{4};
      tcphdr inner;
      if (static_cast<size_t>(size) < length + sizeof inner) continue;
      std::memcpy(&inner, bytes.data() + length, sizeof inner);
      if (inner.syn && !inner.ack) asked_[ntohl(outer.daddr)] = std::chrono::steady_clock::now();
    }
  }

  bool Listen(uint32_t address, Kind kind, bool deferred) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const int seconds = 60;
    if (deferred) setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port_);
    name.sin_addr.s_addr = htonl(address);
    if (bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 || listen(fd, 4096) != 0) {
      close(fd);
      return false;
    }
    peers_[fd] = Peer{kind, address, {}};
    listeners_[address] = fd;
    Watch(fd);
    return true;
  }

  void Serve(int fd) {
    const auto found = peers_.find(fd);
    if (found == peers_.end()) return;
    if (found->second.kind != Kind::kConnection) {
      const bool silent = found->second.kind == Kind::kSilentListener;
      const int connection = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (connection < 0) return;
      taken_++;
      peers_[connection] = Peer{Kind::kConnection, silent ? 1U : 0U, {}};
      Watch(connection);
      return;
    }
    Peer& peer = found->second;
    std::array<char, 2048> bytes;
    const ssize_t size = recv(fd, bytes.data(), bytes.size(), 0);
    if (size <= 0) {
      Drop(fd);
      return;
    }
    if (peer.address == 1 || peer.held.size() > 8192) return;
    peer.held.append(bytes.data(), static_cast<size_t>(size));
    if (peer.held.find("\r\n\r\n") == std::string::npos) return;
    answered_++;
    send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    Drop(fd);
  }

  uint16_t port_;
  int epoll_;
  int watching_ = -1;
  std::unordered_map<uint32_t, Moment> asked_;
  uint64_t taken_ = 0;
  uint64_t answered_ = 0;
  std::string input_;
  std::unordered_map<int, Peer> peers_;
  std::unordered_map<uint32_t, int> listeners_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const rlimit many{200'000, 200'000};
  setrlimit(RLIMIT_NOFILE, &many);
  return Responder(static_cast<uint16_t>(std::atoi(argv[1]))).Run();
}
