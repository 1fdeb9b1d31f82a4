/** What names mean in the lab, whatever the machine's own files and name servers say. */
export const NAME_FILES: Readonly<Record<string, string>> = {
  '/etc/hosts': `127.0.0.1 localhost
::1 localhost
10.9.0.100 www.lab.example www
10.9.0.101 shop.lab.example shop
10.9.0.11 one.lab.example one
10.9.0.12 two-that-has-a-long-name.servers.lab.example two
2001:db8::100 www6.lab.example www6
2001:db8::11 one6.lab.example one6
`,
  '/etc/services': `ftp 21/tcp
domain 53/tcp
domain 53/udp
http 80/tcp www
http 80/sctp
https 443/tcp
https 443/udp
sip 5060/tcp
sip 5060/udp
`,
  // Nobody answers here, and at once.
  '/etc/resolv.conf': 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n',
};
