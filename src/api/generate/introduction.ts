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

const fairlead = connect({ socket: '/run/fairlead/fairlead.sock' });
const { services } = await fairlead.listServices({ limit: 10 });
const drain = await fairlead.drainServer({ service: 'web', server: 'web1' });
console.log(services.length, drain.openConnections);
for await (const event of fairlead.events({ kind: 'health' })) console.log(event.text);
\`\`\`

A request that is refused changes nothing and is answered with a problem (RFC 9457, \`application/problem+json\`) whose
\`code\` is stable. Times are numbers that end in \`Ms\`; counters are decimal text, because they outgrow a double. A list that
comes in parts has \`next\`, which is the \`cursor\` of the next question. A body is at most 1 MB, a request has to be there
within 15 s, its headers within 5 s and 8 KB.

What is set at run time (drain, maintenance, weight, state) is an override; how revisions (ETag, If-Match, 412), merge patches and
\`Idempotency-Key\` work with it is in [operations.md](operations.md).
`;
