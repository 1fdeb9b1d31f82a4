#include "probe/answer_filter.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace fl::probe {

namespace {

/** Writes a program whose jumps go forward to labels. */
class Assembler {
 public:
  enum Label : uint8_t { next, accept, drop, tcp, icmp, tunnel, generic, quoted_ports, label_count };

  void run(uint16_t code, uint32_t value = 0) { add({code, 0, 0, value}); }
  void place(Label label) { places_[label] = program_.size(); }
  void jump(uint16_t test, uint32_t value, Label when_true, Label when_false) {
    jumps_.push_back({program_.size(), when_true, when_false});
    add({static_cast<uint16_t>(BPF_JMP | test | BPF_K), 0, 0, value});
  }
  /** On the way only when it holds, or else does not. */
  void require(uint16_t test, uint32_t value) { jump(test, value, next, drop); }
  void refuse(uint16_t test, uint32_t value) { jump(test, value, drop, next); }

  std::vector<sock_filter> finish() {
    place(accept);
    run(BPF_RET | BPF_K, UINT32_MAX);
    place(drop);
    run(BPF_RET | BPF_K, 0);
    for (const Jump& one : jumps_) {
      program_[one.at].jt = distance(one.at, one.when_true);
      program_[one.at].jf = distance(one.at, one.when_false);
    }
    return program_;
  }

 private:
  struct Jump {
    size_t at;
    Label when_true;
    Label when_false;
  };
  void add(sock_filter one) { program_.push_back(one); }
  uint8_t distance(size_t at, Label to) const {
    return to == next ? uint8_t{0} : static_cast<uint8_t>(places_[to] - at - 1);
  }

  std::vector<sock_filter> program_;
  std::vector<Jump> jumps_;
  std::array<size_t, label_count> places_{};
};

constexpr uint16_t load_byte = BPF_LD | BPF_B | BPF_ABS;
constexpr uint16_t load_half = BPF_LD | BPF_H | BPF_ABS;
constexpr uint16_t load_byte_x = BPF_LD | BPF_B | BPF_IND;
constexpr uint16_t load_half_x = BPF_LD | BPF_H | BPF_IND;
constexpr uint32_t gre_bytes = 4;
constexpr uint32_t icmp_bytes = 8;

using L = Assembler::Label;

/** A port is in the accumulator. */
void require_port(Assembler& to, uint16_t first_port) {
  to.run(BPF_ALU | BPF_AND | BPF_K, static_cast<uint16_t>(~(port_block - 1)));
  to.jump(BPF_JEQ, first_port, L::accept, L::drop);
}

/** The segment's flags are in the accumulator: an acknowledgement of a SYN, or a reset. */
void require_answer(Assembler& to) {
  to.require(BPF_JSET, 16);
  to.require(BPF_JSET, 2 | 4);
}

/** X goes on to what follows the IPv4 header that begins `ahead` of it. */
void skip_header(Assembler& to, uint32_t ahead) {
  to.run(load_byte_x, ahead);
  to.run(BPF_ALU | BPF_AND | BPF_K, 15);
  to.run(BPF_ALU | BPF_LSH | BPF_K, 2);
  to.run(BPF_ALU | BPF_ADD | BPF_X);
  to.run(BPF_ALU | BPF_ADD | BPF_K, ahead);
  to.run(BPF_MISC | BPF_TAX);
}

std::vector<sock_filter> ipv4_filter(uint16_t first_port) {
  Assembler to;
  to.run(load_half, 6);
  to.refuse(BPF_JSET, 0x1fff);
  to.run(BPF_LDX | BPF_B | BPF_MSH, 0);
  to.run(load_byte, 9);
  to.jump(BPF_JEQ, IPPROTO_TCP, L::tcp, L::next);
  to.jump(BPF_JEQ, IPPROTO_ICMP, L::icmp, L::drop);
  to.place(L::tcp);
  to.run(load_byte_x, 13);
  require_answer(to);
  to.run(load_half_x, 2);
  require_port(to, first_port);
  to.place(L::icmp);
  to.run(load_byte_x, 0);
  to.jump(BPF_JEQ, ICMP_DEST_UNREACH, L::generic, L::next);
  to.require(BPF_JEQ, ICMP_TIME_EXCEEDED);
  to.place(L::generic);
  to.run(load_byte_x, icmp_bytes + 9);
  to.run(BPF_ST, 0);
  skip_header(to, icmp_bytes);
  to.run(BPF_LD | BPF_MEM, 0);
  to.jump(BPF_JEQ, IPPROTO_TCP, L::quoted_ports, L::next);
  to.jump(BPF_JEQ, IPPROTO_IPIP, L::tunnel, L::next);
  to.require(BPF_JEQ, IPPROTO_GRE);
  to.run(BPF_MISC | BPF_TXA);
  to.run(BPF_ALU | BPF_ADD | BPF_K, gre_bytes);
  to.run(BPF_MISC | BPF_TAX);
  to.place(L::tunnel);
  to.run(load_byte_x, 9);
  to.require(BPF_JEQ, IPPROTO_TCP);
  skip_header(to, 0);
  to.place(L::quoted_ports);
  to.run(load_half_x, 0);
  require_port(to, first_port);
  return to.finish();
}

/** Extension headers, which answers to ours have none of, are not looked behind. */
std::vector<sock_filter> ipv6_filter(uint16_t first_port) {
  constexpr uint32_t header = 40;
  constexpr uint32_t quoted = header + icmp_bytes;
  constexpr uint32_t inner = quoted + header;
  Assembler to;
  to.run(load_byte, 6);
  to.jump(BPF_JEQ, IPPROTO_TCP, L::tcp, L::next);
  to.jump(BPF_JEQ, IPPROTO_ICMPV6, L::icmp, L::drop);
  to.place(L::tcp);
  to.run(load_byte, header + 13);
  require_answer(to);
  to.run(load_half, header + 2);
  require_port(to, first_port);
  to.place(L::icmp);
  to.run(load_byte, header);
  to.jump(BPF_JEQ, ICMP6_DST_UNREACH, L::generic, L::next);
  to.require(BPF_JEQ, ICMP6_TIME_EXCEEDED);
  to.place(L::generic);
  to.run(BPF_LDX | BPF_IMM, inner);
  to.run(load_byte, quoted + 6);
  to.jump(BPF_JEQ, IPPROTO_TCP, L::quoted_ports, L::next);
  to.jump(BPF_JEQ, IPPROTO_IPV6, L::tunnel, L::next);
  to.require(BPF_JEQ, IPPROTO_GRE);
  to.run(BPF_LDX | BPF_IMM, inner + gre_bytes);
  to.place(L::tunnel);
  to.run(load_byte_x, 6);
  to.require(BPF_JEQ, IPPROTO_TCP);
  to.run(BPF_MISC | BPF_TXA);
  to.run(BPF_ALU | BPF_ADD | BPF_K, header);
  to.run(BPF_MISC | BPF_TAX);
  to.place(L::quoted_ports);
  to.run(load_half_x, 0);
  require_port(to, first_port);
  return to.finish();
}

}  // namespace

std::vector<sock_filter> answer_filter(bool ipv6, uint16_t first_port) {
  return ipv6 ? ipv6_filter(first_port) : ipv4_filter(first_port);
}

Failure attach_filter(int fd, const std::vector<sock_filter>& program) {
  const sock_fprog whole{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) != 0)
    return system_error("attach a filter to a socket", errno);
  return std::nullopt;
}

}  // namespace fl::probe
