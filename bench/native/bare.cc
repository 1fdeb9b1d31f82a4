// The limit the apply benchmark compares with: sends IPVS messages that were encoded beforehand, as fast as one socket
// takes them, with an acknowledgement asked for the last message of each chunk only.
//   bare FILE NETNS MESSAGES_PER_CHUNK   prints the milliseconds of the send loop and the number of refused messages
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

void need(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

void enterNamespace(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  need(fd >= 0 && setns(fd, CLONE_NEWNET) == 0, path);
  close(fd);
}

int openSocket() {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
  const int size = 8 << 20;
  const int on = 1;
  need(fd >= 0, "socket");
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  return fd;
}

uint16_t resolveFamily(int fd) {
  struct {
    nlmsghdr header;
    genlmsghdr generic;
    nlattr attribute;
    char name[8];
  } request{};
  request.header = {sizeof request, GENL_ID_CTRL, NLM_F_REQUEST, 1, 0};
  request.generic = {CTRL_CMD_GETFAMILY, 1, 0};
  request.attribute = {NLA_HDRLEN + 5, CTRL_ATTR_FAMILY_NAME};
  std::memcpy(request.name, "IPVS", 5);
  need(send(fd, &request, sizeof request, 0) > 0, "send");
  alignas(nlmsghdr) char reply[8192];
  const ssize_t size = recv(fd, reply, sizeof reply, 0);
  need(size > 0, "recv");
  for (ssize_t at = NLMSG_HDRLEN + GENL_HDRLEN; at + NLA_HDRLEN <= size;) {
    nlattr attribute;
    std::memcpy(&attribute, reply + at, sizeof attribute);
    if (attribute.nla_len < NLA_HDRLEN) break;
    if (attribute.nla_type == CTRL_ATTR_FAMILY_ID) {
      uint16_t id;
      std::memcpy(&id, reply + at + NLA_HDRLEN, sizeof id);
      return id;
    }
    at += NLA_ALIGN(attribute.nla_len);
  }
  std::fputs("no IPVS in this kernel\n", stderr);
  std::exit(1);
}

struct Chunk {
  size_t begin;
  size_t end;
  size_t last;
};

// Gives every message the family's id, and the last of each chunk the request for an acknowledgement.
std::vector<Chunk> prepare(std::vector<char>& bytes, uint16_t family, unsigned perChunk) {
  std::vector<Chunk> chunks;
  unsigned count = 0;
  for (size_t at = 0; at + NLMSG_HDRLEN <= bytes.size(); ++count) {
    auto* header = reinterpret_cast<nlmsghdr*>(bytes.data() + at);
    need(header->nlmsg_len >= NLMSG_HDRLEN && at + header->nlmsg_len <= bytes.size(), "message length");
    if (count % perChunk == 0) chunks.push_back({at, at, at});
    header->nlmsg_type = family;
    header->nlmsg_flags = NLM_F_REQUEST;
    header->nlmsg_seq = count + 1;
    chunks.back().last = at;
    at += NLMSG_ALIGN(header->nlmsg_len);
    chunks.back().end = at;
  }
  for (const Chunk& chunk : chunks) {
    reinterpret_cast<nlmsghdr*>(bytes.data() + chunk.last)->nlmsg_flags |= NLM_F_ACK;
  }
  return chunks;
}

unsigned sendChunk(int fd, const std::vector<char>& bytes, const Chunk& chunk) {
  need(send(fd, bytes.data() + chunk.begin, chunk.end - chunk.begin, 0) > 0, "send");
  const uint32_t last = reinterpret_cast<const nlmsghdr*>(bytes.data() + chunk.last)->nlmsg_seq;
  unsigned refused = 0;
  for (;;) {
    alignas(nlmsghdr) char reply[65536];
    const ssize_t size = recv(fd, reply, sizeof reply, 0);
    need(size > 0, "recv");
    int left = static_cast<int>(size);
    for (auto* header = reinterpret_cast<nlmsghdr*>(reply); NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type != NLMSG_ERROR) continue;
      if (reinterpret_cast<nlmsgerr*>(NLMSG_DATA(header))->error != 0) ++refused;
      if (header->nlmsg_seq == last) return refused;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: bare FILE NETNS MESSAGES_PER_CHUNK\n", stderr), 2;
  enterNamespace(argv[2]);
  std::ifstream file(argv[1], std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const int fd = openSocket();
  const auto chunks = prepare(bytes, resolveFamily(fd), static_cast<unsigned>(std::atoi(argv[3])));
  const auto start = std::chrono::steady_clock::now();
  unsigned refused = 0;
  for (const Chunk& chunk : chunks) refused += sendChunk(fd, bytes, chunk);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("%.3f %u\n", took.count(), refused);
  return 0;
}
