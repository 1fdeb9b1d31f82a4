#include "vrrp/warden.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace fl::vrrp {
namespace {

// Where the child finds what it gets; above the standard three.
constexpr int will_fd = 3;
constexpr int life_fd = 4;

/** posix_spawn's list of what to do with descriptors, and its end. */
class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  void give(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

Failure Warden::start(const std::string& program) {
  auto made = Testament::make();
  if (!made) return made.error();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("open a pipe", errno);
  Fd theirs(ends[0]);
  Fd ours(ends[1]);
  // Moved out of the way of the places they go to; a descriptor given to itself would stay closed on exec.
  const Fd high_will(::fcntl(made->fd(), F_DUPFD_CLOEXEC, 16));
  const Fd high_life(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, 16));
  Actions actions;
  actions.give(high_will.get(), will_fd);
  actions.give(high_life.get(), life_fd);
  std::string name = program;
  std::string will = std::to_string(will_fd);
  std::string life = std::to_string(life_fd);
  const std::array<char*, 4> arguments{name.data(), will.data(), life.data(), nullptr};
  const std::array<char*, 1> environment{nullptr};
  pid_t pid = 0;
  const int number =
      ::posix_spawn(&pid, program.c_str(), actions.get(), nullptr, arguments.data(), environment.data());
  if (number != 0) return system_error("start " + program, number);
  pid_ = pid;
  life_ = std::move(ours);
  testament_.emplace(std::move(*made));
  return std::nullopt;
}

Warden::~Warden() {
  if (pid_ == 0) return;
  const char farewell = 1;
  static_cast<void>(!::write(life_.get(), &farewell, 1));
  life_.reset();
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace fl::vrrp
