import { DURATION_EXAMPLES } from './reference.ts';

/** A whole file with every block in it; a test parses it. */
export const ANNOTATED_EXAMPLE = `director:
  name: lb1                      # the host name when absent
  onStop: leave                  # a stopped daemon leaves table and addresses; connections go on
  sysctls:
    conn_reuse_mode: 1           # any setting below net.ipv4.vs that the table names

addresses:                       # addresses this node holds itself
  - { address: 10.0.0.100/24, interface: eth0 }
  - { address: "2001:db8::100/64", interface: eth0 }

instances:                       # addresses that one of several directors holds (VRRP)
  - name: edge
    interface: eth0
    vrid: 51
    priority: 150                # the other director has 100
    advertise: 100ms
    addresses: [10.0.0.110/24, "2001:db8::110/64"]
    track:
      - { process: nginx, weight: -60 }
      - { interface: eth1 }      # without a weight: down is a fault
    notify: { master: [/usr/local/bin/became-master] }

services:
  - name: web
    listen:                      # several listeners, one set of servers
      - tcp://10.0.0.100:80
      - tcp://[2001:db8::100]:80
    scheduler: mh                # a client keeps its server...
    flags: [fallback]            # ...and gets another one while that has weight 0
    forward: dr                  # replies go straight from server to client
    check:
      http: { path: /healthz, status: 200-299 }
      every: 1s
      timeout: 800ms             # at most every
      rise: 2                    # good results in a row to come back
      fall: 3                    # bad results in a row to go
    drain: 1m                    # a server that leaves this file keeps its connections that long
    servers:                     # each serves the listeners of its own address family
      - { address: 10.0.0.11, weight: 2 }
      - { address: 10.0.0.12 }
      - { address: "2001:db8::11" }
      - { name: old, address: "2001:db8::12", thresholds: { upper: 1000 } }
    fallback: { address: 10.0.0.99, forward: tunnel, tunnel: { type: gue, port: 6080 } }

  - name: dns
    listen: [udp://10.0.0.100:53]
    scheduler: rr
    forward: nat
    onePacket: true              # every datagram is scheduled alone
    check: { tcp: {}, port: 53 } # a udp service says which TCP port to ask
    servers:
      - { address: 10.0.0.21, port: 5353 }   # only nat can change the port
      - { address: 10.0.0.22, port: 5353, check: none }

  - name: shop
    listen: [fwmark://7]         # whatever nftables marked with 7
    persistence: { timeout: 10m, mask: 24 }  # clients of one /24 stay together
    servers: [{ address: 10.0.0.31 }, { address: 10.0.0.32 }]
`;

export const introduction = `# Configuration

This page is generated from the schema (\`src/config/schema.ts\`); \`fairlead.schema.json\` beside it says the same to an
editor.

One YAML 1.2 file says everything: which addresses this node holds, which virtual services exist, and which servers stand
behind them. \`fairlead check FILE\` names every mistake at once, as \`file:line:column: message (code)\`, with the fix where
one is obvious; a file with mistakes changes nothing. Unknown keys are mistakes. \`fairlead plan FILE\` shows what would
change in the kernel, and SIGHUP makes a running daemon read its file again.

- A duration carries its unit: ${DURATION_EXAMPLES}.
- A listener is \`tcp://ADDRESS:PORT\`, \`udp://\`, \`sctp://\`, \`fwmark://MARK\` for IPv4 packets that carry a firewall mark,
  or \`fwmark6://MARK\` for IPv6 ones. An IPv6 address stands in brackets: \`tcp://[2001:db8::1]:80\`.
- A list in flow form (\`[a, b]\`) needs quotes around text that holds brackets or commas.
- An instance speaks VRRP in the family of its first address; its other addresses move with the role. Without \`services\`
  no IPVS is needed.
- A server serves the listeners of its own address family; with \`forward: tunnel\` those of both.
- Anchors and aliases (\`&name\`, \`*name\`) work; merge keys (\`<<\`) do not.

\`\`\`yaml
${ANNOTATED_EXAMPLE}\`\`\``;
