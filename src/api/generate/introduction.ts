/** What docs/api.md says before its tables. */
export const INTRODUCTION = `<!-- Made by \`UPDATE=1 npx vitest run --project unit test/unit/api\`. Not to be edited. -->

# The admin API

HTTP on a unix socket (\`director.socket\`, mode 0660). Root and the user that Fairlead runs as are \`admin\`; members of its
group (\`api.group\`; \`fairlead\` where there is such a group) are \`viewer\`; \`api.roles\` gives more to users and groups. Who
asks is what the kernel says of the process at the other end (\`SO_PEERCRED\`), groups included. A role may do all that the
ones before it may: \`viewer\` < \`operator\` < \`admin\`; a route of \`anyone\` asks for none. The OpenAPI 3.1 document is
[openapi.json](openapi.json), and served as \`/api/v1/openapi.json\`.

\`\`\`sh
curl --unix-socket /run/fairlead/fairlead.sock http://fairlead/api/v1/director
curl --unix-socket /run/fairlead/fairlead.sock http://fairlead/api/v1/services/web/servers/web1/drain -X POST
curl --unix-socket /run/fairlead/fairlead.sock http://fairlead/api/v1/events -H 'Accept: text/event-stream' -N
\`\`\`

\`\`\`ts
import { connect } from 'fairlead/client';

const fairlead = connect({ socket: '/run/fairlead/fairlead.sock' }); // or { host: 'https://lb1:8443', token, ca }
const { services } = await fairlead.listServices({ limit: 10 });
const drain = await fairlead.drainServer({ service: 'web', server: 'web1' });
console.log(services.length, drain.openConnections);
for await (const event of fairlead.events({ kind: 'health' })) console.log(event.text);
\`\`\`

## Over TCP

There is no TCP listener until the file names one. Off loopback it needs TLS, or \`plaintext: true\`.

\`\`\`yaml
api:
  listen:
    - address: 10.0.0.1
      port: 8443
      tls: { cert: /etc/fairlead/tls/cert.pem, key: /etc/fairlead/tls/key.pem, clientCa: /etc/fairlead/tls/clients.pem }
  roles:
    - { certificate: deploy, role: operator } # common name of a client certificate
\`\`\`

\`\`\`sh
fairlead token new --role viewer --name grafana > grafana.token   # printed once; /etc/fairlead/tokens keeps a salted hash
fairlead status --host https://lb1:8443 --token-file grafana.token --ca ca.pem
curl --cacert ca.pem -H "Authorization: Bearer $(cat grafana.token)" https://lb1:8443/metrics
\`\`\`

A token is taken back with \`fairlead token revoke\`, which counts at once; certificates are read again with each
reload that is accepted, whether the configuration differs or not (certbot: \`--deploy-hook "fairlead reload"\`): connections that
are open go on, new ones see the new certificate, and one that is unusable is told as a problem while the old one stays in use.
A file of tokens that others may read or change is not believed at all. A client certificate gives what a row of \`api.roles\` says, and
nothing without one. Requests have to be for an address, \`localhost\`, the host name, a name of the certificate or of
\`api.hosts\` (421 otherwise: DNS rebinding), and no page of another origin may make them (403). There is no CORS.

## Limits

One caller may make \`api.requestsPerSecond\` (1,000; twice as many at once), then gets 429 with \`Retry-After\`; who is not let in
may try 10 times at once and every 5 s. A listener has at most 256 connections, of one address (IPv6: one /64)
or one user other than root 64; the socket has its own. An
answer has to be taken within 60 s. Each change that was asked for is an event of kind \`audit\`: who, what, its outcome, the
revision; so are failures to prove who asks.

## Requests and answers

A request that is refused changes nothing and is answered with a problem (RFC 9457, \`application/problem+json\`) whose
\`code\` is stable. Times are numbers that end in \`Ms\`; counters are decimal text, because they outgrow a double. A list that
comes in parts has \`next\`, which is the \`cursor\` of the next question. A body is at most 1 MB, a request has to be there
within 15 s, its headers within 5 s and 8 KB. A read that answers with an ETag answers 304 to an \`If-None-Match\` with that
tag; the typed client does so by itself. Long answers come in pieces (chunked), between which the daemon does everything else.

What is set at run time (drain, maintenance, weight, state) is an override; how revisions (ETag, If-Match, 412), merge patches and
\`Idempotency-Key\` work with it is in [operations.md](operations.md).
`;
