// Sends one packet for each line of standard input: `udp|tcp SOURCE PORT DESTINATION PORT`. The source is whatever the
// line says, so that one machine can play any number of clients. tcp is a bare SYN. A packet that the kernel drops on its
// way out (IPVS refused it) is no error. Checksums are left 0: IPVS schedules before anybody looks at them.
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Packet {
  std::array<unsigned char, 80> bytes{};
  size_t size = 0;

  template <typename Header>
  void append(const Header& header) {
    std::memcpy(bytes.data() + size, &header, sizeof header);
    size += sizeof header;
  }
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int open_raw(int family) {
  const int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (fd < 0) fail("socket");
  return fd;
}

void append_transport(Packet& packet, bool tcp, unsigned short source, unsigned short destination) {
  if (tcp) {
    tcphdr header{};
    header.source = htons(source);
    header.dest = htons(destination);
    header.doff = 5;
    header.syn = 1;
    header.window = htons(1024);
    packet.append(header);
  } else {
    udphdr header{};
    header.source = htons(source);
    header.dest = htons(destination);
    header.len = htons(sizeof header);
    packet.append(header);
  }
}

void send_to(int fd, const Packet& packet, const void* address, socklen_t size) {
  const auto* to = static_cast<const sockaddr*>(address);
  if (sendto(fd, packet.bytes.data(), packet.size, 0, to, size) < 0 && errno != EPERM && errno != ECONNREFUSED) fail("sendto");
}

}  // namespace

int main() {
  const int four = open_raw(AF_INET);
  const int six = open_raw(AF_INET6);
  char protocol[8], source[64], destination[64];
  unsigned source_port, port;
  while (std::scanf("%7s %63s %u %63s %u", protocol, source, &source_port, destination, &port) == 5) {
    const bool tcp = std::strcmp(protocol, "tcp") == 0;
    const unsigned char kind = tcp ? IPPROTO_TCP : IPPROTO_UDP;
    const size_t length = tcp ? sizeof(tcphdr) : sizeof(udphdr);
    Packet packet;
    if (std::strchr(source, ':') == nullptr) {
      iphdr header{};
      header.version = 4;
      header.ihl = 5;
      header.ttl = 64;
      header.protocol = kind;
      header.tot_len = htons(static_cast<unsigned short>(sizeof header + length));
      sockaddr_in to{};
      to.sin_family = AF_INET;
      if (inet_pton(AF_INET, source, &header.saddr) != 1 || inet_pton(AF_INET, destination, &to.sin_addr) != 1) fail(source);
      header.daddr = to.sin_addr.s_addr;
      packet.append(header);
      append_transport(packet, tcp, static_cast<unsigned short>(source_port), static_cast<unsigned short>(port));
      send_to(four, packet, &to, sizeof to);
    } else {
      ip6_hdr header{};
      header.ip6_flow = htonl(6U << 28);
      header.ip6_plen = htons(static_cast<unsigned short>(length));
      header.ip6_nxt = kind;
      header.ip6_hlim = 64;
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      if (inet_pton(AF_INET6, source, &header.ip6_src) != 1 || inet_pton(AF_INET6, destination, &to.sin6_addr) != 1) fail(source);
      header.ip6_dst = to.sin6_addr;
      packet.append(header);
      append_transport(packet, tcp, static_cast<unsigned short>(source_port), static_cast<unsigned short>(port));
      send_to(six, packet, &to, sizeof to);
    }
  }
}
