#include "base/peer.h"

#include <grp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "base/fd.h"
#include "check.h"

using namespace fl;

namespace {

struct Pair {
  explicit Pair(int family = AF_UNIX) {
    int fds[2] = {-1, -1};
    if (::socketpair(family, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return;
    near = Fd(fds[0]);
    far = Fd(fds[1]);
  }
  Fd near, far;
};

std::vector<uint32_t> own_groups() {
  std::vector<uint32_t> groups(static_cast<size_t>(std::max(0, ::getgroups(0, nullptr))));
  groups.resize(static_cast<size_t>(std::max(0, ::getgroups(static_cast<int>(groups.size()), groups.data()))));
  std::sort(groups.begin(), groups.end());
  return groups;
}

bool is_us(Outcome<Peer> peer) {
  if (!peer) return false;
  std::vector<uint32_t> groups = peer->groups;
  std::sort(groups.begin(), groups.end());
  return peer->pid == static_cast<uint32_t>(::getpid()) && peer->uid == ::geteuid() && peer->gid == ::getegid() &&
         groups == own_groups();
}

}  // namespace

TEST(peer_unix, "the peer of a unix socket is told with all its groups, however many") {
  const Pair here;
  CHECK(is_us(peer_of(here.near.get())));
  const pid_t child = ::fork();
  if (child == 0) {
    // Without the right to it these are the groups of before, which have to be told as well.
    std::vector<gid_t> many(5000);
    std::iota(many.begin(), many.end(), 10000);
    static_cast<void>(::setgroups(many.size(), many.data()));
    const Pair there;
    ::_exit(is_us(peer_of(there.near.get())) ? 0 : 1);
  }
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST(peer_outside, "a peer outside our PID namespace is known by its user, without a process id") {
  const Pair here;
  const uid_t user = ::geteuid();
  const pid_t child = ::fork();
  if (child == 0) {
    // Whoever is not root gets there by a user namespace, in which the peer's user has no name.
    if (::unshare(CLONE_NEWPID | (user == 0 ? 0 : CLONE_NEWUSER)) != 0) ::_exit(2);
    const pid_t inside = ::fork();
    if (inside == 0) {
      Outcome<Peer> peer = peer_of(here.near.get());
      ::_exit(peer && peer->pid == 0 && (peer->uid == user || user != 0) ? 0 : 1);
    }
    int status = -1;
    ::_exit(::waitpid(inside, &status, 0) == inside && status == 0 ? 0 : 1);
  }
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST(peer_others, "what is no connected unix socket has no peer") {
  const Fd inet(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Outcome<Peer> peer = peer_of(inet.get());
  CHECK(!peer && peer.error().number == EAFNOSUPPORT);
  const Fd lone(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(!peer_of(lone.get()));
  CHECK(!peer_of(-1));
}
