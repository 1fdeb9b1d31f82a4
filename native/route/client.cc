#include "route/client.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace fl::route {

using netlink::Message;

namespace {

constexpr int dump_attempts = 4;

}  // namespace

const Link* find_link(std::span<const Link> links, const char* name) {
  for (const Link& link : links) {
    if (std::strncmp(link.name, name, sizeof link.name) == 0) return &link;
  }
  return nullptr;
}

void name_interface(Address& address, std::span<const Link> links) {
  for (const Link& link : links) {
    if (link.index == address.index) std::memcpy(address.interface, link.name, sizeof address.interface);
  }
}

Failure Client::open() {
  if (socket_) return std::nullopt;
  auto opened = netlink::Socket::open(NETLINK_ROUTE, options_.netns);
  if (!opened) return opened.error();
  socket_ = std::move(*opened);
  // Dumps that ask for some get some and not all (Linux 4.20).
  const int on = 1;
  ::setsockopt(socket_->fd(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  return std::nullopt;
}

/** Dumps until the kernel says that nothing changed meanwhile; `restart` forgets what an earlier attempt brought. */
Failure Client::dump(const char* operation, uint16_t type, Bytes header, const netlink::Visitor& visit,
                     const std::function<void()>& restart) {
  for (int attempt = 1;; attempt++) {
    if (Failure failure = open()) return failure;
    restart();
    Writer writer;
    const uint32_t sequence = socket_->next_sequence();
    const size_t start = netlink::begin_message(writer, type, NLM_F_DUMP, sequence);
    writer.put(header);
    netlink::end_message(writer, start);
    const auto answer =
        netlink::exchange(*socket_, sequence, writer.bytes(), Deadline::after_ms(options_.deadline_ms), visit);
    if (!answer.known) socket_.reset();
    const bool again = answer.interrupted || answer.number == ENOBUFS;
    if (again && attempt < dump_attempts) continue;
    if (answer.ok()) return std::nullopt;
    Error error = refusal(OpKind::add_address, answer.number, answer.text);
    error.operation = operation;
    return error;
  }
}

Outcome<std::vector<Link>> Client::read_links() {
  std::vector<Link> links;
  Failure failure = dump("list links", RTM_GETLINK, record_bytes(ifinfomsg{}),
                         [&](const Message& message) {
                           Link link;
                           if (decode_link(message.payload, link)) links.push_back(link);
                         },
                         [&] { links.clear(); });
  if (failure) return *failure;
  return links;
}

Outcome<std::vector<Link>> Client::links() {
  const std::lock_guard lock(mutex_);
  return read_links();
}

Outcome<std::vector<Address>> Client::addresses() {
  const std::lock_guard lock(mutex_);
  std::vector<Address> addresses;
  Failure failure = dump("list addresses", RTM_GETADDR, record_bytes(ifaddrmsg{}),
                         [&](const Message& message) {
                           Address address;
                           if (decode_address(message.payload, address)) addresses.push_back(address);
                         },
                         [&] { addresses.clear(); });
  if (failure) return *failure;
  auto links = read_links();
  if (!links) return links.error();
  for (Address& address : addresses) name_interface(address, *links);
  // An address whose link vanished between the two dumps is gone too.
  std::erase_if(addresses, [](const Address& address) { return address.interface[0] == 0; });
  return addresses;
}

Outcome<std::vector<Refusal>> Client::apply(std::span<const Op> ops) {
  const std::lock_guard lock(mutex_);
  auto links = read_links();
  if (!links) return links.error();
  const auto build = [&](size_t index, netlink::Batch& batch) -> Failure {
    Address address = ops[index].address;
    const Link* link = find_link(*links, address.interface);
    if (link == nullptr) return refusal(ops[index].kind, ENODEV, {});
    address.index = link->index;
    const bool adding = ops[index].kind == OpKind::add_address;
    batch.begin(adding ? RTM_NEWADDR : RTM_DELADDR, adding ? NLM_F_CREATE | NLM_F_EXCL : 0);
    encode_address(batch.writer(), address, adding);
    return std::nullopt;
  };
  return carry_out(ops.size(), build, [&](size_t index, int number, std::string text) {
    return refusal(ops[index].kind, number, std::move(text));
  });
}

Outcome<std::vector<Refusal>> Client::carry_out(size_t count, const Build& build, const Judge& judge) {
  std::vector<Refusal> refusals;
  for (size_t next = 0; next < count;) {
    if (Failure failure = open()) return *failure;
    netlink::Batch batch(*socket_);
    std::vector<uint32_t> sent;
    for (; next < count && !batch.full(1); next++) {
      const auto index = static_cast<uint32_t>(next);
      if (Failure failure = build(index, batch)) {
        refusals.push_back({index, *failure});
        continue;
      }
      batch.end();
      if (batch.writer().failed()) {
        batch.rewind(sent.size());
        refusals.push_back({index, {Code::invalid, 0, {}, "a value is too large for the kernel"}});
        continue;
      }
      sent.push_back(index);
    }
    const auto answers = batch.run(Deadline::after_ms(options_.deadline_ms));
    for (size_t i = 0; i < answers.size(); i++) {
      if (answers[i].ok()) continue;
      const int number = answers[i].known ? answers[i].number : ETIMEDOUT;
      if (!answers[i].known) socket_.reset();
      refusals.push_back({sent[i], judge(sent[i], number, answers[i].text)});
    }
  }
  std::sort(refusals.begin(), refusals.end(), [](auto& a, auto& b) { return a.index < b.index; });
  return refusals;
}

}  // namespace fl::route
