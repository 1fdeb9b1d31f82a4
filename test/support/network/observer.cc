// Watches one segment of namespaces from outside: answers UDP probes in every node's namespace with the node's name, sends
// such probes from the client's every millisecond, follows the nodes' addresses over netlink, and sees every advert.
//   observer --node NAME NETNS ... --client NETNS --witness NETNS --switch NETNS
// Commands on standard input: `probe ADDRESS CONTROL`, `quiet`, `dump`. What happened is kept in memory, so that writing
// does not disturb measuring, and printed by `dump`, one line each, `.` at the end; times are CLOCK_MONOTONIC nanoseconds:
//   answer NS NODE         a probe came back
//   control NS             so did one to an address that no fault touches: what is missing here is our own noise
//   add|del NS NODE LINK ADDRESS
//   advert NS PORT SOURCE DESTINATION TTL HEX    as it came in at a port of the switch
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <mutex>
#include <queue>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr unsigned short kPort = 7000;
constexpr long kPeriodNs = 1'000'000;
constexpr unsigned char kVrrp = 112;

using Buffer = std::array<unsigned char, 65536>;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int check(int result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

long long now() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1'000'000'000LL + at.tv_nsec;
}

std::map<int, std::string> links() {
  std::map<int, std::string> found;
  struct if_nameindex* all = if_nameindex();
  for (const auto* each = all; each != nullptr && each->if_name != nullptr; each++)
    found[static_cast<int>(each->if_index)] = each->if_name;
  if_freenameindex(all);
  return found;
}

/// Runs `work` in another network namespace; sockets made there stay there.
template <typename Work>
auto inside(const std::string& netns, Work work) {
  const int home = check(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "own namespace");
  const int there = check(open(netns.c_str(), O_RDONLY | O_CLOEXEC), netns.c_str());
  check(setns(there, CLONE_NEWNET), "setns");
  auto result = work();
  check(setns(home, CLONE_NEWNET), "setns");
  close(home);
  close(there);
  return result;
}

/// Writes on a thread of its own: a pipe whose reader is busy must not hold up the probes.
class Writer {
 public:
  Writer() {
    std::thread([this] { run(); }).detach();
  }

  void write(std::string text) {
    const std::lock_guard lock(mutex_);
    queue_.push(std::move(text));
    more_.notify_one();
  }

 private:
  void run() {
    sched_param none{};
    sched_setscheduler(0, SCHED_OTHER, &none);
    for (;;) {
      std::unique_lock lock(mutex_);
      more_.wait(lock, [this] { return !queue_.empty(); });
      const std::string text = std::move(queue_.front());
      queue_.pop();
      lock.unlock();
      std::fwrite(text.data(), 1, text.size(), stdout);
      std::fflush(stdout);
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::queue<std::string> queue_;
};

class Observer {
 public:
  Observer() : epoll_(check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

  void add_node(const std::string& name, const std::string& netns) {
    inside(netns, [&] {
      echo(name);
      follow_addresses(name);
      return 0;
    });
  }

  void add_client(const std::string& netns) {
    inside(netns, [&] {
      // A socket for each, because one answer has to be told from the other.
      for (const int kind : {0, 1}) {
        probes_[kind] = datagram();
        watch(probes_[kind], [this, kind] { receive_answer(kind); });
      }
      return 0;
    });
    timer_ = check(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create");
    watch(timer_, [this] { send_probes(); });
  }

  void add_witness(const std::string& netns) {
    inside(netns, [&] {
      echo("witness");
      return 0;
    });
  }

  /// Sees the adverts, and nothing else, that come in at the ports, even those that the switch then drops.
  void add_switch(const std::string& netns) {
    inside(netns, [&] {
      const int fd = check(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "packet socket");
      std::array<sock_filter, 10> filter{{
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
          BPF_JUMP(BPF_JMP | BPF_JEQ, PACKET_OUTGOING, 6, 0),
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(SKF_AD_OFF + SKF_AD_PROTOCOL)),
          BPF_JUMP(BPF_JMP | BPF_JEQ, ETH_P_IPV6, 0, 2),
          BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
          BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
          BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
          BPF_JUMP(BPF_JMP | BPF_JEQ, kVrrp, 1, 0),
          BPF_STMT(BPF_RET | BPF_K, 0),
          BPF_STMT(BPF_RET | BPF_K, 0xffff),
      }};
      const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
      check(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), "filter");
      const int room = 8 << 20;
      setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
      ports_ = links();
      sockaddr_ll every{};
      every.sll_family = AF_PACKET;
      every.sll_protocol = htons(ETH_P_ALL);
      check(bind(fd, reinterpret_cast<sockaddr*>(&every), sizeof every), "bind to all ports");
      watch(fd, [this, fd] { receive_advert(fd); });
      return 0;
    });
  }

  void run() {
    watch(STDIN_FILENO, [this] { command(); });
    std::array<epoll_event, 32> events{};
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; i++) handlers_.at(events[static_cast<size_t>(i)].data.fd)();
    }
  }

 private:
  template <typename... Values>
  void tell(const char* format, Values... values) {
    std::array<char, 512> line{};
    std::snprintf(line.data(), line.size(), format, values...);
    told_ += line.data();
  }

  void watch(int fd, std::function<void()> handler) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    check(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    handlers_[fd] = std::move(handler);
  }

  static int datagram() {
    const int fd = check(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
    const int off = 0;
    check(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), "both families");
    return fd;
  }

  /// The answer leaves from the address that was asked, so only a node that holds it can give it.
  void echo(const std::string& name) {
    const int fd = datagram();
    const int on = 1;
    check(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on), "packet information");
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(kPort);
    check(bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any), "bind");
    watch(fd, [fd, name] {
      std::array<char, 64> bytes{};
      alignas(cmsghdr) std::array<char, 256> control{};
      sockaddr_in6 from{};
      iovec part{bytes.data(), bytes.size()};
      msghdr message{};
      for (;;) {
        message = {};
        message.msg_name = &from;
        message.msg_namelen = sizeof from;
        part = {bytes.data(), bytes.size()};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (recvmsg(fd, &message, 0) < 0) return;
        part = {const_cast<char*>(name.data()), name.size()};
        sendmsg(fd, &message, MSG_DONTWAIT);
      }
    });
  }

  void receive_answer(int kind) {
    std::array<char, 64> name{};
    ssize_t size = 0;
    while ((size = recv(probes_[kind], name.data(), name.size() - 1, 0)) > 0) {
      name[static_cast<size_t>(size)] = 0;
      if (kind == 0) tell("answer %lld %s\n", now(), name.data());
      if (kind == 1) tell("control %lld\n", now());
    }
  }

  void send_probes() {
    unsigned long long ticks = 0;
    if (read(timer_, &ticks, sizeof ticks) < 0) return;
    for (const int kind : {0, 1})
      sendto(probes_[kind], "?", 1, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&targets_[kind]), sizeof(sockaddr_in6));
  }

  void follow_addresses(const std::string& node) {
    const int fd = check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), "netlink");
    const int room = 8 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    sockaddr_nl groups{};
    groups.nl_family = AF_NETLINK;
    groups.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    check(bind(fd, reinterpret_cast<sockaddr*>(&groups), sizeof groups), "netlink groups");
    watch(fd, [this, fd, node] { receive_addresses(fd, node); });
  }

  void receive_addresses(int fd, const std::string& node) {
    ssize_t size = 0;
    while ((size = recv(fd, buffer_.data(), buffer_.size(), 0)) > 0) {
      auto left = static_cast<unsigned>(size);
      for (auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data()); NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
        if (header->nlmsg_type == RTM_NEWADDR || header->nlmsg_type == RTM_DELADDR) address_event(*header, node);
      }
    }
    if (errno == ENOBUFS) tell("lost %lld %s\n", now(), node.c_str());
  }

  /// A renewed lifetime is told as a new address too; only changes count.
  void address_event(const nlmsghdr& header, const std::string& node) {
    const auto* message = static_cast<const ifaddrmsg*>(NLMSG_DATA(&header));
    auto left = static_cast<unsigned>(IFA_PAYLOAD(&header));
    const void* address = nullptr;
    for (auto* attribute = IFA_RTA(message); RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
      const bool local = attribute->rta_type == IFA_LOCAL;
      if (local || (attribute->rta_type == IFA_ADDRESS && address == nullptr)) address = RTA_DATA(attribute);
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address == nullptr || inet_ntop(message->ifa_family, address, text.data(), text.size()) == nullptr) return;
    const std::string key = node + " " + std::to_string(message->ifa_index) + " " + text.data();
    const bool added = header.nlmsg_type == RTM_NEWADDR;
    const bool changed = added ? held_.insert(key).second : held_.erase(key) > 0;
    if (changed) tell("%s %lld %s %u %s\n", added ? "add" : "del", now(), node.c_str(), message->ifa_index, text.data());
  }

  void receive_advert(int fd) {
    ssize_t count = 0;
    sockaddr_ll from{};
    socklen_t room = sizeof from;
    const auto receive = [&] { return recvfrom(fd, buffer_.data(), buffer_.size(), 0, reinterpret_cast<sockaddr*>(&from), &room); };
    while ((count = receive()) > 0) {
      const auto size = static_cast<size_t>(count);
      const bool six = ntohs(from.sll_protocol) == ETH_P_IPV6;
      const std::string& port = ports_[from.sll_ifindex];
      // The bridge itself hears everything once more.
      if (port == "br0") continue;
      if (size < (six ? sizeof(ip6_hdr) : sizeof(iphdr))) continue;
      const size_t start = six ? sizeof(ip6_hdr) : (buffer_[0] & 15U) * 4U;
      const size_t end = six ? size : std::min(size, static_cast<size_t>(buffer_[2] << 8 | buffer_[3]));
      std::array<char, INET6_ADDRSTRLEN> source{}, destination{};
      inet_ntop(six ? AF_INET6 : AF_INET, &buffer_[six ? 8 : 12], source.data(), source.size());
      inet_ntop(six ? AF_INET6 : AF_INET, &buffer_[six ? 24 : 16], destination.data(), destination.size());
      std::array<char, 97> hex{};
      for (size_t i = 0; i < 48 && start + i < end; i++) std::snprintf(&hex[i * 2], 3, "%02x", buffer_[start + i]);
      const unsigned ttl = buffer_[six ? 7 : 8];
      tell("advert %lld %s %s %s %u %s\n", now(), port.c_str(), source.data(), destination.data(), ttl, hex.data());
    }
  }

  void command() {
    std::array<char, 256> bytes{};
    const ssize_t size = read(STDIN_FILENO, bytes.data(), bytes.size());
    if (size <= 0) std::_Exit(0);
    typed_.append(bytes.data(), static_cast<size_t>(size));
    for (size_t end = 0; (end = typed_.find('\n')) != std::string::npos; typed_.erase(0, end + 1)) obey(typed_.substr(0, end));
  }

  void obey(const std::string& line) {
    std::array<char, 64> target{}, control{};
    if (std::sscanf(line.c_str(), "probe %63s %63s", target.data(), control.data()) == 2) {
      targets_[0] = destination(target.data());
      targets_[1] = destination(control.data());
      arm(kPeriodNs);
    } else if (line == "quiet") {
      arm(0);
    } else if (line == "dump") {
      writer_.write(std::exchange(told_, {}) + ".\n");
    }
  }

  void arm(long period) {
    itimerspec every{};
    every.it_value.tv_nsec = every.it_interval.tv_nsec = period;
    check(timerfd_settime(timer_, 0, &every, nullptr), "timerfd_settime");
  }

  static sockaddr_in6 destination(const std::string& address) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(kPort);
    const std::string mapped = address.find(':') == std::string::npos ? "::ffff:" + address : address;
    if (inet_pton(AF_INET6, mapped.c_str(), &to.sin6_addr) != 1) fail(address.c_str());
    return to;
  }

  int epoll_;
  int timer_ = -1;
  std::array<int, 2> probes_{-1, -1};
  std::array<sockaddr_in6, 2> targets_{};
  std::map<int, std::function<void()>> handlers_;
  std::map<int, std::string> ports_;
  std::set<std::string> held_;
  std::string told_, typed_;
  Buffer buffer_{};
  Writer writer_;
};

}  // namespace

int main(int count, char** words) {
  // A probe must not wait for those it measures. Without the right to it the noise is only larger, and told.
  sched_param priority{};
  priority.sched_priority = 10;
  sched_setscheduler(0, SCHED_RR, &priority);
  Observer observer;
  for (int i = 1; i < count; i++) {
    const std::string word = words[i];
    if (word == "--node" && i + 2 < count) {
      observer.add_node(words[i + 1], words[i + 2]);
      i += 2;
    } else if (word == "--client" && i + 1 < count) {
      observer.add_client(words[++i]);
    } else if (word == "--witness" && i + 1 < count) {
      observer.add_witness(words[++i]);
    } else if (word == "--switch" && i + 1 < count) {
      observer.add_switch(words[++i]);
    }
  }
  std::printf("ready\n");
  std::fflush(stdout);
  observer.run();
}
