// Preloaded into an unmodified program (LD_PRELOAD): the program is loaded and linked once, and each command line that
// arrives on standard input runs its main() in a fork of that state. In an emulated machine loading is what a command
// costs; a fork is ten times cheaper.
//
// Request: how many words, then each word, then the standard input. Answer: the exit code, standard output, standard
// error. Every text is preceded by its length; all numbers are 32 bits wide in the CPU's order.
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Main = int (*)(int, char**, char**);
using StartMain = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);

// A program that waits for what never comes is ended, and the answer says so.
constexpr unsigned kLongestSeconds = 120;
constexpr int kSignalled = 128;

Main program_main = nullptr;

bool read_all(int fd, char* to, size_t size) {
  while (size > 0) {
    const ssize_t got = read(fd, to, size);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

void write_all(int fd, const char* from, size_t size) {
  while (size > 0) {
    const ssize_t put = write(fd, from, size);
    if (put <= 0) _exit(1);
    from += put;
    size -= static_cast<size_t>(put);
  }
}

bool read_number(uint32_t& number) { return read_all(0, reinterpret_cast<char*>(&number), sizeof number); }

bool read_text(std::string& text) {
  uint32_t size = 0;
  if (!read_number(size)) return false;
  text.resize(size);
  return read_all(0, text.data(), size);
}

void write_number(uint32_t number) { write_all(1, reinterpret_cast<const char*>(&number), sizeof number); }

void write_file(int fd) {
  struct stat status {};
  fstat(fd, &status);
  std::string text(static_cast<size_t>(status.st_size), '\0');
  lseek(fd, 0, SEEK_SET);
  if (!read_all(fd, text.data(), text.size())) _exit(1);
  write_number(static_cast<uint32_t>(text.size()));
  write_all(1, text.data(), text.size());
}

[[noreturn]] void run(std::vector<std::string>& words, const std::array<int, 3>& files, char** environment) {
  for (int fd = 0; fd < 3; fd++) dup2(files[static_cast<size_t>(fd)], fd);
  for (const int file : files) close(file);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  alarm(kLongestSeconds);
  std::exit(program_main(static_cast<int>(words.size()), arguments.data(), environment));
}

int serve(int, char**, char** environment) {
  // The program's own children are not to load this again.
  unsetenv("LD_PRELOAD");
  for (uint32_t count = 0; read_number(count);) {
    std::vector<std::string> words(count);
    for (auto& word : words) {
      if (!read_text(word)) return 1;
    }
    std::string input;
    if (!read_text(input)) return 1;
    std::array<int, 3> files{};
    for (auto& file : files) file = memfd_create("fork-server", MFD_CLOEXEC);
    write_all(files[0], input.data(), input.size());
    lseek(files[0], 0, SEEK_SET);
    const pid_t child = fork();
    if (child == 0) run(words, files, environment);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return 1;
    write_number(static_cast<uint32_t>(WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status)));
    write_file(files[1]);
    write_file(files[2]);
    for (const int file : files) close(file);
  }
  return 0;
}

}  // namespace

extern "C" int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(), void (*loader)(),
                                 void* stack_end) {
  program_main = main;
  const auto real = reinterpret_cast<StartMain>(dlsym(RTLD_NEXT, "__libc_start_main"));
  return real(serve, argc, argv, init, fini, loader, stack_end);
}
