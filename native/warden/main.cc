// fairlead-warden WILL-FD LIFE-FD: waits for the daemon's end and then does what its will says, so that no address stays
// behind and the peers know at once. The daemon starts it; nobody else should.
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "route/client.h"
#include "vrrp/will.h"

namespace {

using namespace fl;

/** How often is looked whether the heart still beats: some times within the limit. */
int look_ms(int64_t limit) { return limit == 0 ? 1000 : static_cast<int>(std::max<int64_t>(limit / 4'000'000, 5)); }

enum class Life { goes_on, over, closed };

/** Waits. The daemon says a byte before it closes in order; an end without one is a death. */
Life wait(int life, int ms, bool& farewell) {
  pollfd watched{life, POLLIN, 0};
  if (::poll(&watched, 1, ms) <= 0 || watched.revents == 0) return Life::goes_on;
  char byte = 0;
  const ssize_t got = ::read(life, &byte, 1);
  if (got > 0) farewell = true;
  if (got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN))) return Life::goes_on;
  return farewell ? Life::closed : Life::over;
}

/** What the will says, at once, and then what followed the roles that end with it. */
void carry_out(const vrrp::Will& will) {
  execute(will);
  static_cast<void>(route::Client({}).sweep(route::routing_owner));
}

int guard(const vrrp::Testament& testament, int life) {
  bool farewell = false;
  // A beat that was found too old once is not acted on again.
  int64_t stale = 0;
  for (int64_t limit = 0;;) {
    const Life state = wait(life, look_ms(limit), farewell);
    if (state == Life::closed) return 0;
    const auto will = testament.read();
    if (state == Life::over) {
      if (will) carry_out(*will);
      return 0;
    }
    limit = will ? will->limit : 0;
    const int64_t beat = testament.last_beat();
    if (limit == 0 || beat == stale || monotonic_ns() - beat <= limit) continue;
    carry_out(*will);
    stale = beat;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("fairlead-warden is started by fairlead\n", stderr);
    return 2;
  }
  // Whoever stops the daemon with all its processes means the daemon: its end is ours.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "fairlead-warden");
  static_cast<void>(::setsid());
  sched_param param{};
  param.sched_priority = 1;
  static_cast<void>(::sched_setscheduler(0, SCHED_RR, &param));
  auto testament = vrrp::Testament::adopt(Fd(std::atoi(argv[1])));
  const Fd life(std::atoi(argv[2]));
  if (!testament) return 1;
  return guard(*testament, life.get());
}
