#include "vrrp/will.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "vrrp/macvlan.h"
#include "vrrp/outbox.h"

namespace fl::vrrp {
namespace {

constexpr uint32_t magic = 0x464c5731;
// More than any will has; a count that is larger is no will.
constexpr uint32_t most = 1 << 16;

void put(Writer& writer, const std::string& text) {
  writer.value(static_cast<uint32_t>(text.size()));
  writer.put(text.data(), text.size());
}

std::string text(Reader& reader) {
  const Bytes bytes = reader.take(reader.value<uint32_t>());
  return {bytes.begin(), bytes.end()};
}

uint32_t count(Reader& reader) {
  const auto value = reader.value<uint32_t>();
  if (value > most) reader.fail();
  return reader.failed() ? 0 : value;
}

void put(Writer& writer, const Wire& wire) {
  writer.value(wire.version);
  writer.value(wire.family);
  writer.value(wire.vrid);
  writer.value(wire.interval_ms);
  writer.value(wire.group);
  writer.value(wire.ttl);
  writer.value(wire.checksum);
  put(writer, wire.password);
  writer.value(wire.hmac);
  writer.value(wire.active_key);
  writer.value(static_cast<uint32_t>(wire.peers.size()));
  for (const Peer& peer : wire.peers) writer.value(peer.address);
  writer.value(static_cast<uint32_t>(wire.advertised.size()));
  for (const Address& address : wire.advertised) writer.value(address);
  writer.value(static_cast<uint32_t>(wire.keys.size()));
  for (const HmacKey& key : wire.keys) {
    writer.value(key.id);
    put(writer, std::string(key.secret.begin(), key.secret.end()));
  }
}

Wire read_wire(Reader& reader) {
  Wire wire;
  wire.version = reader.value<uint8_t>();
  wire.family = reader.value<int>();
  wire.vrid = reader.value<uint8_t>();
  wire.interval_ms = reader.value<uint32_t>();
  wire.group = reader.value<Address>();
  wire.ttl = reader.value<uint8_t>();
  wire.checksum = reader.value<ChecksumForm>();
  wire.password = text(reader);
  wire.hmac = reader.value<HmacMode>();
  wire.active_key = reader.value<uint8_t>();
  for (uint32_t left = count(reader); left > 0 && !reader.failed(); left--) wire.peers.push_back({reader.value<Address>()});
  for (uint32_t left = count(reader); left > 0 && !reader.failed(); left--) wire.advertised.push_back(reader.value<Address>());
  for (uint32_t left = count(reader); left > 0 && !reader.failed(); left--) {
    const auto id = reader.value<uint8_t>();
    const std::string secret = text(reader);
    wire.keys.push_back({id, {secret.begin(), secret.end()}});
  }
  return wire;
}

void put(Writer& writer, const Place& place) {
  writer.value(place.index);
  writer.value(place.held.family);
  writer.value(place.held.address);
  writer.value(place.held.prefix);
}

Place read_place(Reader& reader) {
  Place place;
  place.index = reader.value<uint32_t>();
  place.held.family = reader.value<int>();
  place.held.address = reader.value<Address>();
  place.held.prefix = reader.value<uint8_t>();
  return place;
}

}  // namespace

void put(Writer& writer, const Will& will) {
  writer.value(magic);
  writer.value(will.limit);
  writer.value(static_cast<uint8_t>(will.keeps_out));
  writer.value(static_cast<uint32_t>(will.estates.size()));
  for (const Estate& estate : will.estates) {
    writer.value(static_cast<uint8_t>(estate.advertising));
    put(writer, estate.interface);
    writer.value(estate.index);
    writer.value(estate.source);
    put(writer, estate.wire);
    writer.value(static_cast<uint32_t>(estate.places.size()));
    for (const Place& place : estate.places) put(writer, place);
    put(writer, estate.macvlan);
  }
}

std::optional<Will> read_will(Bytes bytes) {
  Reader reader(bytes);
  if (reader.value<uint32_t>() != magic) return std::nullopt;
  Will will;
  will.limit = reader.value<int64_t>();
  will.keeps_out = reader.value<uint8_t>() != 0;
  for (uint32_t left = count(reader); left > 0 && !reader.failed(); left--) {
    Estate estate;
    estate.advertising = reader.value<uint8_t>() != 0;
    estate.interface = text(reader);
    estate.index = reader.value<uint32_t>();
    estate.source = reader.value<Address>();
    estate.wire = read_wire(reader);
    for (uint32_t places = count(reader); places > 0 && !reader.failed(); places--) {
      estate.places.push_back(read_place(reader));
    }
    estate.macvlan = text(reader);
    will.estates.push_back(std::move(estate));
  }
  return reader.failed() ? std::nullopt : std::optional(std::move(will));
}

Outcome<Testament> Testament::make() {
  Fd fd(::memfd_create("fairlead-will", MFD_CLOEXEC));
  if (!fd) return system_error("make shared memory", errno);
  if (::ftruncate(fd.get(), sizeof(Head) + capacity) != 0) return system_error("size shared memory", errno);
  return map(std::move(fd));
}

Outcome<Testament> Testament::adopt(Fd fd) { return map(std::move(fd)); }

Outcome<Testament> Testament::map(Fd fd) {
  constexpr size_t size = sizeof(Head) + capacity;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return system_error("map shared memory", errno);
  return Testament(std::move(fd), {static_cast<uint8_t*>(memory), size});
}

Testament::Testament(Testament&& other) noexcept
    : fd_(std::move(other.fd_)), memory_(std::exchange(other.memory_, {})) {}

Testament::~Testament() {
  if (!memory_.empty()) ::munmap(memory_.data(), memory_.size());
}

// Zeros are a valid head: no beat, no will.
Testament::Head& Testament::head() const { return *std::launder(reinterpret_cast<Head*>(memory_.data())); }

std::span<uint8_t> Testament::body(uint64_t version) const {
  return memory_.subspan(sizeof(Head) + version % 2 * half, half);
}

bool Testament::write(const Will& will) {
  Writer writer(4096);
  put(writer, will);
  if (writer.failed() || writer.size() > half) return false;
  Head& at = head();
  const uint64_t next = at.version.load(std::memory_order_relaxed) + 1;
  const Bytes bytes = writer.bytes();
  std::memcpy(body(next).data(), bytes.data(), bytes.size());
  at.length[next % 2].store(bytes.size(), std::memory_order_relaxed);
  at.version.store(next, std::memory_order_release);
  return true;
}

std::optional<Will> Testament::read() const {
  const Head& at = head();
  const uint64_t version = at.version.load(std::memory_order_acquire);
  const uint64_t length = at.length[version % 2].load(std::memory_order_relaxed);
  if (version == 0 || length > half) return std::nullopt;
  return read_will(body(version).first(length));
}

void execute(const Will& will) {
  // Nothing is known of interfaces here, so all that is named counts as ours.
  Links links;
  Holder holder(links, 0);
  Macvlans macvlans(links);
  Outbox outbox;
  std::vector<std::unique_ptr<Port>> ports;
  for (const Estate& estate : will.estates) {
    if (!estate.advertising) continue;
    auto port = Port::open(estate.interface, estate.index, estate.wire.family, false);
    if (!port) continue;
    HmacState hmac;
    const auto say = [&](const Address& to) {
      outbox.add({(*port)->fd(), estate.index, estate.wire.family, estate.source, to, estate.wire.ttl,
                  encode(estate.wire, 0, estate.source, to, hmac, wall_us()), nullptr, 0});
    };
    if (estate.wire.peers.empty()) say(estate.wire.group);
    for (const Peer& peer : estate.wire.peers) say(peer.address);
    ports.push_back(std::move(*port));
  }
  outbox.flush();
  if (!holder.start()) {
    for (const Estate& estate : will.estates) holder.remove(estate.places);
    holder.stop();
  }
  // Not before nothing of it is there any more.
  if (will.keeps_out) AcceptFilter::sweep();
  for (const Estate& estate : will.estates) {
    if (!estate.macvlan.empty()) macvlans.destroy(estate.macvlan);
  }
}

}  // namespace fl::vrrp
