interface CodeRow {
  /** Errors refuse the file; warnings are printed and the file is used. */
  readonly severity: 'error' | 'warning';
  readonly meaning: string;
}

/** Everything that can be wrong with a file. Codes are never reused for another meaning. */
export const CODES = {
  syntax: { severity: 'error', meaning: 'the text is not YAML; nothing else is judged until it is' },
  empty: { severity: 'error', meaning: 'the file holds no settings' },
  'several-documents': { severity: 'error', meaning: 'the file holds more than one YAML document' },
  'too-large': {
    severity: 'error',
    meaning: 'the file, or what its aliases expand to, is larger than is read',
  },
  'too-deep': { severity: 'error', meaning: 'lists and maps are nested deeper than any setting' },
  'duplicate-key': { severity: 'error', meaning: 'a map has the same key twice' },
  'unknown-key': { severity: 'error', meaning: 'there is no such setting here' },
  'missing-key': { severity: 'error', meaning: 'a setting that has no default is absent' },
  'wrong-type': { severity: 'error', meaning: 'text, number, list or map where another one belongs' },
  'bad-value': { severity: 'error', meaning: 'the right type, but not a value this setting takes' },
  'empty-list': { severity: 'error', meaning: 'a list that needs at least one item has none' },
  'duplicate-service': { severity: 'error', meaning: 'two services have one name' },
  'duplicate-listener': { severity: 'error', meaning: 'one listener is used twice, in one service or in two' },
  'duplicate-server': { severity: 'error', meaning: 'a service has one address and port twice' },
  'duplicate-server-name': { severity: 'error', meaning: 'two servers of one service have one name' },
  'duplicate-address': { severity: 'error', meaning: 'one interface holds one address twice' },
  'same-path': { severity: 'error', meaning: 'director.socket and director.state are one file' },
  'unknown-scheduler': { severity: 'error', meaning: 'the kernel has no scheduler of this name' },
  'unknown-flag': { severity: 'error', meaning: 'the scheduler has no flag of this name' },
  'not-unicast': {
    severity: 'error',
    meaning: 'an address that belongs to no single host: unspecified, broadcast, multicast, or IPv6 link-local',
  },
  'port-mismatch': {
    severity: 'error',
    meaning: "forward dr and tunnel leave the packet's port as it is, so the server cannot have another one",
  },
  'any-port': {
    severity: 'error',
    meaning: 'a listener on port 0 (every port) needs persistence, and its servers take no port',
  },
  'family-mismatch': {
    severity: 'error',
    meaning: 'a server or fallback has the address family of no listener, and only forward tunnel crosses families',
  },
  'listener-unserved': { severity: 'error', meaning: 'no server of the service can serve this listener' },
  'fallback-is-server': { severity: 'error', meaning: 'the fallback is also one of the servers' },
  'one-packet': { severity: 'error', meaning: 'onePacket with a listener that is neither udp nor fwmark' },
  'sip-protocol': { severity: 'error', meaning: 'the sip engine with a listener that is neither udp nor fwmark' },
  'bad-mask': { severity: 'error', meaning: 'a persistence mask that does not fit the family of a listener' },
  'whole-seconds': { severity: 'error', meaning: 'the kernel counts persistence in whole seconds' },
  'tunnel-unused': { severity: 'error', meaning: 'tunnel settings where nothing is forwarded by tunnel' },
  'tunnel-settings': { severity: 'error', meaning: 'a tunnel setting that its type lacks, or does not have' },
  thresholds: { severity: 'error', meaning: 'the lower threshold is above the upper one' },
  'not-multicast': { severity: 'error', meaning: 'a group for connection sync that is no multicast address' },
  'sync-length': { severity: 'error', meaning: 'a sync message longer than a datagram to the group can be' },
  'sync-families': {
    severity: 'error',
    meaning:
      'a server of another address family than its listener, beside director.sync: the kernel has one or the other',
  },
  'duplicate-instance': { severity: 'error', meaning: 'two instances, or two groups, have one name' },
  'duplicate-vrid': { severity: 'error', meaning: 'two instances of one interface and family have one vrid' },
  'unknown-instance': {
    severity: 'error',
    meaning: 'a group, a service, or director.sync names an instance that is not there',
  },
  'two-groups': { severity: 'error', meaning: 'an instance is in two groups' },
  'vrrp-family': { severity: 'error', meaning: 'an address of another family than the one the instance speaks' },
  'vrrp-version': { severity: 'error', meaning: 'a setting that this version of VRRP does not have' },
  'route-families': { severity: 'error', meaning: 'a route or a rule with addresses of two families' },
  'vrrp-group': { severity: 'error', meaning: 'an instance with a group that is no multicast address' },
  'vrrp-key': { severity: 'error', meaning: 'a key that is absent, twice there, or of a wrong length' },
  'owner-moved': { severity: 'error', meaning: 'priority 255 with what would move it' },
  'track-kind': { severity: 'error', meaning: 'a tracked thing must be exactly one kind' },
  'track-unknown': { severity: 'error', meaning: 'a tracked service that is not there' },
  'check-kind': { severity: 'error', meaning: 'a check must name exactly one kind' },
  'check-port': { severity: 'error', meaning: 'a check that cannot know its port' },
  'check-timing': { severity: 'error', meaning: 'a probe could still run when the next one of its server is due' },
  'check-phases': { severity: 'error', meaning: 'a phase of a probe may take longer than the whole' },
  'check-need': { severity: 'error', meaning: 'more good checks needed than there are' },
  'check-target': { severity: 'error', meaning: 'a check with port as well as to.port' },
  'check-login': { severity: 'error', meaning: 'a check with a password and no user' },
  'check-tls': { severity: 'error', meaning: 'a client certificate without its key, or the other way about' },
  'check-start-tls': {
    severity: 'warning',
    meaning: 'a check that begins TLS and leaves open whose certificate it takes',
  },
  'check-source': { severity: 'error', meaning: 'a source address of another family than what is probed' },
  damping: { severity: 'error', meaning: 'a flapping server is held back longer than the longest hold' },
  'role-holder': { severity: 'error', meaning: 'a role that is given to nobody, or to two at once' },
  'quorum-unreachable': { severity: 'error', meaning: 'a quorum that all servers together cannot reach' },
  'no-preempt-weight': {
    severity: 'warning',
    meaning: 'weights beside preempt: false, which keeps a living master whatever its priority',
  },
  'no-link-local': { severity: 'warning', meaning: 'an IPv6 instance without a link-local address' },
  'group-priorities': { severity: 'warning', meaning: 'instances of one group with different priorities' },
  'fallback-family': { severity: 'warning', meaning: 'a listener that the fallback cannot serve' },
  'panic-fallback': { severity: 'warning', meaning: 'a fallback that panic keeps from being used' },
  'slow-start-weight': { severity: 'warning', meaning: 'slowStart with weights too small to have steps' },
  'sh-weights': { severity: 'warning', meaning: 'weights that the 256 buckets of sh cannot show' },
  'mh-weights': { severity: 'warning', meaning: 'weights further apart than mh can tell' },
  'hash-destinations': { severity: 'warning', meaning: 'more servers than the table of sh, mh or dh has places' },
  'weight-zero': {
    severity: 'warning',
    meaning: 'a server of weight 0 whose clients are refused, not given to others',
  },
  'ovf-weights': { severity: 'warning', meaning: 'a weight of 1 with ovf, which reads weights as connections' },
  'no-weight': { severity: 'warning', meaning: 'every server of a service without fallback has weight 0' },
} as const satisfies Record<string, CodeRow>;

export type IssueCode = keyof typeof CODES;
