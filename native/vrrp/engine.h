#pragma once
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "vrrp/loop.h"

namespace fl::vrrp {

/** The engine's thread. Every function may be called from any other thread, and does not wait for the network. */
class Engine {
 public:
  /** `wake` is called on the engine's thread after an event came into an empty queue. */
  explicit Engine(Options options, std::function<void()> wake) : options_(std::move(options)), outgoing_(std::move(wake)) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() { stop(); }

  /** Waits until the thread runs. Call once. */
  Failure start();
  /** Lets everything go and ends the thread. Nothing is told afterwards. */
  void stop();

  /** Replaces all instances; waits until it is done. */
  void configure(std::vector<Settings> settings);
  using Orders = std::vector<std::pair<std::string, std::vector<Order>>>;
  void order(Orders orders);
  /** Orders are carried out for this long; 0: without limit. */
  void lease(int64_t ns);
  Counters counters();
  std::deque<Event> take() { return outgoing_.take(); }

 private:
  using Command = std::function<void(Loop&, int64_t now)>;
  void post(Command command);
  /** Posts and waits; false when the engine has stopped. */
  bool call(Command command);
  Failure prepare(Loop& loop);
  void run(const std::function<void(Failure)>& started);
  bool obey(Loop& loop, int64_t now);

  Options options_;
  Outgoing outgoing_;
  Fd wake_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<Command> commands_;
  bool stopping_ = false;
};

}  // namespace fl::vrrp
