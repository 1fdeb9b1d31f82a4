#pragma once
#include <deque>
#include <random>
#include <unordered_map>

#include "probe/attempt.h"
#include "probe/engine.h"
#include "probe/half_open.h"
#include "probe/loss.h"
#include "probe/pinger.h"
#include "probe/wheel.h"

namespace fl::probe {

/** What the engine's thread knows and does. */
class Rounds {
 public:
  Rounds(Engine& engine, const Engine::Options& options, Engine::Sink sink);
  /** Until the engine is to end. */
  void run();

 private:
  enum class State : uint8_t { idle, set, waiting, asking };
  struct Target {
    uint32_t id = 0;
    Question question;
    State state = State::idle;
    Wheel::Timer timer;
    /** When it was to be asked, and how long after that it is to be asked again. */
    int64_t start_ns = 0;
    int64_t repeat_ns = 0;
    /** The deadline of the phase while `asking`. */
    int64_t due_ns = 0;
    int64_t begun_ns = 0;
    Attempt attempt;
    /** Tells replies to this ping from those to earlier ones; of a SYN its sequence number. */
    uint32_t round = 0;
    /** Who has its address is being asked for. */
    bool sought = false;
    bool slow = false;
    Loss loss;
    /** The last finding, to tell what is news. */
    Finding last;
  };

  /** False when the engine is to end. */
  bool take_orders();
  void ready(uint64_t key, uint32_t events);
  void replied(uint64_t token, int number);
  /** Of a ping that is judged with those before it. */
  Finding together(Target& target, const Finding& finding) const;
  void fired(uint32_t id);
  void enter(Target& target);
  void begin(Target& target);
  void send_syn(Target& target);
  void set_deadline(Target& target, int64_t phase_ns, int64_t phase_from_ns);
  void finish(Target& target, const Finding& finding);
  void set(Target& target, int64_t start_ns);
  /** Counts an answer like the one before, and asks again in the rhythm. */
  void repeat(Target& target, int64_t took_ns);
  /** Gives back what an attempt held. */
  void release(Target& target);
  void fill();
  void tell(bool now);
  int wait_ms() const;
  Target* find(uint32_t id);

  Engine& engine_;
  Engine::Sink sink_;
  int epoll_;
  size_t most_[2];
  size_t asking_[2] = {0, 0};
  std::deque<uint32_t> waiting_[2];
  Wheel wheel_;
  std::minstd_rand random_;
  Pinger pinger_;
  Sockets sockets_;
  /** Whose attempt a socket serves, by descriptor; 0: nobody's. */
  std::vector<uint32_t> holders_;
  HalfOpen half_open_;
  std::unordered_map<uint32_t, Target> targets_;
  std::vector<Answer> told_;
  /** When what is told must have left; 0: nothing waits. */
  int64_t tell_by_ns_ = 0;
  /** When something left last. */
  int64_t told_ns_ = 0;
  /** Some wait that could be begun. */
  bool more_ = false;
  /** Read once a turn. */
  int64_t now_ns_ = 0;
};

}  // namespace fl::probe
