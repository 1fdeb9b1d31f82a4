#pragma once
// Every IPVS attribute, one row each (include/uapi/linux/ip_vs.h, enum IPVS_*_ATTR_*). STATS_ATTR_PAD and attributes of
// later kernels have no row: the decoder ignores what it does not know.
#include "ipvs/model.h"
#include "netlink/field.h"

namespace fl::ipvs {

using netlink::Kind;
using netlink::Row;
using netlink::Table;
using netlink::when_counted;
using netlink::when_id;
using netlink::when_not_zero;
using netlink::when_set;

enum TopAttr : uint16_t { top_service = 1, top_destination = 2, top_daemon = 3 };

// STATS has 32-bit numbers beside 64-bit bytes, STATS64 (4.1) has 64 bits throughout.
inline constexpr Row stats_rows[] = {
    {1, Kind::u32, 0, FL_MEMBER(Counters, connections), "connections"},
    {2, Kind::u32, 0, FL_MEMBER(Counters, inPackets), "inPackets"},
    {3, Kind::u32, 0, FL_MEMBER(Counters, outPackets), "outPackets"},
    {4, Kind::u64, 0, FL_MEMBER(Counters, inBytes), "inBytes"},
    {5, Kind::u64, 0, FL_MEMBER(Counters, outBytes), "outBytes"},
    {6, Kind::u32, 0, FL_MEMBER(Counters, connectionRate), "connectionRate"},
    {7, Kind::u32, 0, FL_MEMBER(Counters, inPacketRate), "inPacketRate"},
    {8, Kind::u32, 0, FL_MEMBER(Counters, outPacketRate), "outPacketRate"},
    {9, Kind::u32, 0, FL_MEMBER(Counters, inByteRate), "inByteRate"},
    {10, Kind::u32, 0, FL_MEMBER(Counters, outByteRate), "outByteRate"},
};
inline constexpr Table stats_table{stats_rows, sizeof(Counters)};

inline constexpr Row stats64_rows[] = {
    {1, Kind::u64, 0, FL_MEMBER(Counters, connections), "connections"},
    {2, Kind::u64, 0, FL_MEMBER(Counters, inPackets), "inPackets"},
    {3, Kind::u64, 0, FL_MEMBER(Counters, outPackets), "outPackets"},
    {4, Kind::u64, 0, FL_MEMBER(Counters, inBytes), "inBytes"},
    {5, Kind::u64, 0, FL_MEMBER(Counters, outBytes), "outBytes"},
    {6, Kind::u64, 0, FL_MEMBER(Counters, connectionRate), "connectionRate"},
    {7, Kind::u64, 0, FL_MEMBER(Counters, inPacketRate), "inPacketRate"},
    {8, Kind::u64, 0, FL_MEMBER(Counters, outPacketRate), "outPacketRate"},
    {9, Kind::u64, 0, FL_MEMBER(Counters, inByteRate), "inByteRate"},
    {10, Kind::u64, 0, FL_MEMBER(Counters, outByteRate), "outByteRate"},
};
inline constexpr Table stats64_table{stats64_rows, sizeof(Counters)};

// PROTOCOL, ADDR and PORT go out with FWMARK too: the kernel then ignores them (ip_vs_ctl.c, ip_vs_genl_parse_service).
inline constexpr Row service_rows[] = {
    {1, Kind::u16, when_id, FL_MEMBER(ObservedService, service.family), "family"},
    {2, Kind::u16, when_id, FL_MEMBER(ObservedService, service.protocol), "protocol"},
    {3, Kind::address, when_id, FL_MEMBER(ObservedService, service.address), "address"},
    {4, Kind::be16, when_id, FL_MEMBER(ObservedService, service.port), "port"},
    {5, Kind::u32, when_id | when_not_zero, FL_MEMBER(ObservedService, service.mark), "mark"},
    {6, Kind::text, when_set, FL_MEMBER(ObservedService, service.scheduler), "scheduler"},
    {7, Kind::pair32, when_set, offsetof(ObservedService, service.flags), 8, "flags"},
    {8, Kind::u32, when_set, FL_MEMBER(ObservedService, service.timeout), "timeout"},
    {9, Kind::netmask, when_set, FL_MEMBER(ObservedService, service.netmask), "netmask"},
    {10, Kind::nested, when_counted, FL_MEMBER(ObservedService, counters), "counters", &stats_table, 12},
    {11, Kind::text, when_set | when_not_zero, FL_MEMBER(ObservedService, service.engine), "engine"},
    {12, Kind::nested, when_counted, FL_MEMBER(ObservedService, counters), "counters", &stats64_table},
};
inline constexpr Table service_table{service_rows, sizeof(ObservedService), offsetof(ObservedService, service.family)};

inline constexpr Row destination_rows[] = {
    {1, Kind::address, when_id, FL_MEMBER(ObservedDestination, destination.address), "address"},
    {2, Kind::be16, when_id, FL_MEMBER(ObservedDestination, destination.port), "port"},
    {3, Kind::u32, when_set, FL_MEMBER(ObservedDestination, destination.forward), "forward"},
    {4, Kind::u32, when_set, FL_MEMBER(ObservedDestination, destination.weight), "weight"},
    {5, Kind::u32, when_set, FL_MEMBER(ObservedDestination, destination.upperThreshold), "upperThreshold"},
    {6, Kind::u32, when_set, FL_MEMBER(ObservedDestination, destination.lowerThreshold), "lowerThreshold"},
    {7, Kind::u32, 0, FL_MEMBER(ObservedDestination, activeConnections), "activeConnections"},
    {8, Kind::u32, 0, FL_MEMBER(ObservedDestination, inactiveConnections), "inactiveConnections"},
    {9, Kind::u32, 0, FL_MEMBER(ObservedDestination, persistentConnections), "persistentConnections"},
    {10, Kind::nested, when_counted, FL_MEMBER(ObservedDestination, counters), "counters", &stats_table, 12},
    {11, Kind::u16, when_id, FL_MEMBER(ObservedDestination, destination.family), "family"},
    {12, Kind::nested, when_counted, FL_MEMBER(ObservedDestination, counters), "counters", &stats64_table},
    {13, Kind::u8, when_set | when_not_zero, FL_MEMBER(ObservedDestination, destination.tunnelType), "tunnelType"},
    {14, Kind::be16, when_set | when_not_zero, FL_MEMBER(ObservedDestination, destination.tunnelPort), "tunnelPort"},
    {15, Kind::u16, when_set | when_not_zero, FL_MEMBER(ObservedDestination, destination.tunnelFlags), "tunnelFlags"},
};
inline constexpr Table destination_table{destination_rows, sizeof(ObservedDestination),
                                         offsetof(ObservedDestination, destination.family)};

// DEL_DAEMON reads the state alone; the rest has since 4.3 its own defaults, chosen by leaving it out.
inline constexpr Row daemon_rows[] = {
    {1, Kind::u32, when_id, FL_MEMBER(Daemon, state), "state"},
    {2, Kind::text, when_set, FL_MEMBER(Daemon, interface), "interface"},
    {3, Kind::u32, when_set, FL_MEMBER(Daemon, syncId), "syncId"},
    {4, Kind::u16, when_set | when_not_zero, FL_MEMBER(Daemon, maxLength), "maxLength"},
    {5, Kind::ipv4, when_set | when_not_zero, FL_MEMBER(Daemon, group4), "group4"},
    {6, Kind::ipv6, when_set | when_not_zero, FL_MEMBER(Daemon, group6), "group6"},
    {7, Kind::u16, when_set | when_not_zero, FL_MEMBER(Daemon, port), "port"},
    {8, Kind::u8, when_set | when_not_zero, FL_MEMBER(Daemon, ttl), "ttl"},
};
inline constexpr Table daemon_table{daemon_rows, sizeof(Daemon)};

// These two stand at the top level of their messages.
inline constexpr Row timeouts_rows[] = {
    {4, Kind::u32, when_set | when_not_zero, FL_MEMBER(Timeouts, tcp), "tcp"},
    {5, Kind::u32, when_set | when_not_zero, FL_MEMBER(Timeouts, tcpFin), "tcpFin"},
    {6, Kind::u32, when_set | when_not_zero, FL_MEMBER(Timeouts, udp), "udp"},
};
inline constexpr Table timeouts_table{timeouts_rows, sizeof(Timeouts)};

inline constexpr Row info_rows[] = {
    {1, Kind::u32, 0, FL_MEMBER(Info, version), "version"},
    {2, Kind::u32, 0, FL_MEMBER(Info, connectionTableSize), "connectionTableSize"},
};
inline constexpr Table info_table{info_rows, sizeof(Info)};

static_assert(sound(stats_table) && sound(stats64_table) && sound(service_table) && sound(destination_table));
static_assert(sound(daemon_table) && sound(timeouts_table) && sound(info_table));
// encode() takes the settings alone as a prefix of the observed record.
static_assert(offsetof(ObservedService, service) == 0 && offsetof(ObservedDestination, destination) == 0);

}  // namespace fl::ipvs
