// Without arguments: every test. With `replay TARGET FILE...`: a fuzz target over stored inputs, without libFuzzer.
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "check.h"

// The build renames each target's LLVMFuzzerTestOneInput.
extern "C" {
int fuzz_attr(const uint8_t*, size_t);
int fuzz_message(const uint8_t*, size_t);
int fuzz_ipvs_decode(const uint8_t*, size_t);
int fuzz_route_decode(const uint8_t*, size_t);
int fuzz_routing_decode(const uint8_t*, size_t);
int fuzz_vrrp_packet(const uint8_t*, size_t);
int fuzz_probe_answers(const uint8_t*, size_t);
int fuzz_claim(const uint8_t*, size_t);
}

namespace {

struct Target {
  const char* name;
  int (*run)(const uint8_t*, size_t);
};
constexpr Target targets[] = {
    {"attr", fuzz_attr},
    {"message", fuzz_message},
    {"ipvs_decode", fuzz_ipvs_decode},
    {"route_decode", fuzz_route_decode},
    {"routing_decode", fuzz_routing_decode},
    {"vrrp_packet", fuzz_vrrp_packet},
    {"probe_answers", fuzz_probe_answers},
    {"claim", fuzz_claim},
};

int replay(const char* name, int count, char** files) {
  for (const Target& target : targets) {
    if (std::strcmp(target.name, name) != 0) continue;
    for (int i = 0; i < count; i++) {
      std::ifstream file(files[i], std::ios::binary);
      const std::string input((std::istreambuf_iterator<char>(file)), {});
      // A copy of its exact size on the heap: a read past the end is a read the sanitizer sees.
      const std::vector<uint8_t> bytes(input.begin(), input.end());
      target.run(bytes.data(), bytes.size());
    }
    std::printf("%s: %d inputs\n", name, count);
    return 0;
  }
  std::fprintf(stderr, "no fuzz target %s\n", name);
  return 2;
}

}  // namespace

int main(int count, char** arguments) {
  if (count >= 3 && std::strcmp(arguments[1], "replay") == 0) return replay(arguments[2], count - 3, arguments + 3);
  for (const Case& one : cases()) {
    const int before = failures;
    one.run();
    std::printf("%s %s\n", failures == before ? "ok" : "FAILED", one.name);
  }
  return failures == 0 ? 0 : 1;
}
