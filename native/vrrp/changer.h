#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "netlink/socket.h"
#include "route/model.h"
#include "vrrp/accept_filter.h"

namespace fl::vrrp {

/** Carries out changes of addresses on a thread of its own: the kernel makes every change of any link or address on the whole
 *  machine wait for one lock, and no advert may wait with it. */
class Changer {
 public:
  struct Job {
    uint64_t id = 0;
    bool add = false;
    std::vector<route::Address> addresses;
    /** In place of addresses: those whose packets are kept out from now on. */
    std::optional<ClosedSet> closed{};
    /** Filled in: one per address or for all that are closed, empty where it was done. */
    std::vector<Failure> results{};
  };

  Changer() = default;
  Changer(const Changer&) = delete;
  Changer& operator=(const Changer&) = delete;
  ~Changer() { stop(); }

  /** Starts the thread, which inherits the caller's network namespace and priority. */
  Failure start();
  /** Carries out what was submitted and ends. */
  void stop();
  /** Jobs are carried out in this order; those that wait go to the kernel together. */
  void submit(Job job);
  /** Readable when there is something to take. */
  int fd() const { return done_event_.get(); }
  std::vector<Job> take();

 private:
  void run();
  void carry_out(std::vector<Job>& jobs);
  void change(std::span<Job> jobs);

  std::optional<netlink::Socket> socket_;
  AcceptFilter filter_;
  Fd done_event_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> waiting_;
  std::vector<Job> done_;
  bool stopping_ = false;
};

}  // namespace fl::vrrp
