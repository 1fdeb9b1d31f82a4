#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "probe/question.h"
#include "probe/tally.h"

namespace fl::probe {

/** Asks very many targets on one thread of its own. Whoever ordered decides when a target is asked again, or lets it be repeated
 *  until the answer changes; the engine opens sockets, keeps deadlines, and tells one answer for each time, or counts it. */
class Engine {
 public:
  struct Options {
    /** A path, or '' for the process's own. */
    std::string netns;
    /** Sockets at once, and how many of them for targets that were slow last time: however many hang, the others find room. */
    size_t most = 1024;
    size_t most_slow = 640;
    /** Of the tallies. */
    std::vector<int64_t> bounds_ns;
  };
  struct Ask {
    uint32_t id = 0;
    /** Of the monotonic clock; what is past is now. */
    int64_t at_ns = 0;
    /** Asked again in this rhythm as long as the answer is the one told last; such answers are counted and not told. 0: once.
     *  An unexpected answer is always told, since what is in it may differ. */
    int64_t repeat_ns = 0;
  };
  /** On the engine's thread. */
  using Sink = std::function<void(std::span<const Answer>)>;

  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() { stop(); }

  /** Call once. */
  Failure start(Options options, Sink sink);
  /** Ends the thread and closes everything; nothing is told after it. */
  void stop();

  // From one thread, which never waits.
  uint32_t add(Question question);
  /** It is not asked any more; an answer may still be on its way. */
  void remove(uint32_t id);
  /** A target that waits for its time gets the new one; those that are being asked, or are not known, are passed over. */
  void ask(std::span<const Ask> asks);
  /** The next answer is told, whatever it is; it ends the repetition. */
  void tell_next(uint32_t id) { give({Order::Kind::tell_next, {id}, {}}); }
  /** What was counted and not told since the last time. */
  Tallies::ById take_tallies() { return tallies_.take(); }
  size_t buckets() const { return tallies_.buckets(); }
  /** The first bytes of the latest unexpected answer, once. */
  std::vector<uint8_t> take_sample(uint32_t id);
  /** Answers that fit nothing that was asked. From any thread. */
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  friend class Rounds;
  struct Order {
    enum class Kind : uint8_t { add, remove, ask, tell_next } kind;
    Ask ask;
    Question question;
  };
  void give(Order order);

  std::thread thread_;
  Fd epoll_;
  /** An eventfd that wakes the thread for orders. */
  Fd wake_;
  std::mutex mutex_;
  std::atomic<uint64_t> refused_{0};
  bool ended_ = false;
  uint32_t last_id_ = 0;
  std::vector<Order> orders_;
  std::map<uint32_t, std::vector<uint8_t>> samples_;
  Tallies tallies_;
};

}  // namespace fl::probe
