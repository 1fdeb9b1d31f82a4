// Sends whole Ethernet frames out of eth0, as fast as its queue takes them. Lines of standard input:
//   FRAMES HEX   that many times
//   sync WORD    prints WORD once all before has left
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr size_t kBatch = 64;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

class Sender {
 public:
  Sender() : fd_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) fail("socket");
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_ifindex = static_cast<int>(if_nametoindex("eth0"));
    if (bind(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) fail("bind to eth0");
  }

  void add(std::vector<unsigned char> frame) {
    frames_.push_back(std::move(frame));
    if (frames_.size() == kBatch) flush();
  }

  void flush() {
    std::array<iovec, kBatch> parts{};
    std::array<mmsghdr, kBatch> messages{};
    for (size_t i = 0; i < frames_.size(); i++) {
      parts[i] = {frames_[i].data(), frames_[i].size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (size_t sent = 0; sent < frames_.size();) {
      const int count = sendmmsg(fd_, &messages[sent], static_cast<unsigned>(frames_.size() - sent), 0);
      if (count > 0) {
        sent += static_cast<size_t>(count);
      } else if (errno == ENOBUFS || errno == EAGAIN) {
        poll(nullptr, 0, 1);
      } else if (errno != EINTR) {
        fail("sendmmsg");
      }
    }
    frames_.clear();
  }

 private:
  int fd_;
  std::vector<std::vector<unsigned char>> frames_;
};

std::vector<unsigned char> bytes_of(const std::string& hex) {
  std::vector<unsigned char> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<unsigned char>(std::strtoul(hex.substr(i, 2).c_str(), nullptr, 16)));
  }
  return bytes;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  Sender sender;
  std::string first, second;
  while (std::cin >> first >> second) {
    if (first == "sync") {
      sender.flush();
      std::cout << second << std::endl;
      continue;
    }
    const auto frame = bytes_of(second);
    for (unsigned long left = std::stoul(first); left > 0; left--) sender.add(frame);
  }
}
