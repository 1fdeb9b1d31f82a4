import { element, readAll, readElement } from './ber.ts';
import { Channel } from './channel.ts';
import { bad, type CheckRunner, good } from './kind.ts';
import { readPassword } from './secret.ts';
import { quoted, tlsAtOnce, tlsOnRequest } from './session.ts';

/** Tags and names of RFC 4511. */
const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTETS = 0x04;
const BIND_REQUEST = 0x60;
const BIND_RESPONSE = 0x61;
const UNBIND = 0x42;
const EXTENDED_REQUEST = 0x77;
const EXTENDED_RESPONSE = 0x78;
const START_TLS = '1.3.6.1.4.1.1466.20037';

export const probeLdap: CheckRunner<'ldap'> = async (target, check, signal) => {
  await using channel = await Channel.open(target, signal);
  const atOnce = await tlsAtOnce(channel, target, check);
  const start = () =>
    ask(channel, 'StartTLS', 1, element(EXTENDED_REQUEST, element(0x80, START_TLS)), EXTENDED_RESPONSE);
  const later = await tlsOnRequest(channel, target, check, start);
  const password = await readPassword(check.passwordFile);
  const bind = element(
    BIND_REQUEST,
    element(INTEGER, Buffer.from([3])),
    element(OCTETS, check.bind ?? ''),
    element(0x80, password),
  );
  await ask(channel, 'bind', 2, bind, BIND_RESPONSE);
  channel.send(message(3, element(UNBIND)));
  const who = check.bind === undefined ? 'anonymous' : check.bind;
  return good('match', 'bound', `bind to ${channel.where} as ${who} succeeded${atOnce}${later}`);
};

const message = (id: number, operation: Buffer): Buffer =>
  element(SEQUENCE, element(INTEGER, Buffer.from([id])), operation);

async function ask(channel: Channel, name: string, id: number, operation: Buffer, answer: number): Promise<void> {
  const asked = `${name} to ${channel.where}`;
  channel.send(message(id, operation));
  const stranger = bad('match', 'not-ldap', `${asked} answered something that is not LDAP`);
  const bytes = await channel.take(asked, (held) => {
    const whole = readElement(held);
    if (whole === undefined || (held.length > 0 && held[0] !== SEQUENCE)) throw stranger;
    return whole === null ? null : whole.size;
  });
  const parts = readAll(readElement(bytes)?.content ?? Buffer.alloc(0));
  const response = parts?.[1];
  if (response?.tag !== answer) throw stranger;
  const [code, , text] = readAll(response.content) ?? [];
  if (code?.tag !== 0x0a || code.content.length !== 1) throw stranger;
  const result = code.content[0];
  if (result === 0) return;
  const said = text?.content.toString('utf8') ?? '';
  throw bad('match', `result-${result}`, `${asked} answered result ${result}${said === '' ? '' : ` ${quoted(said)}`}`);
}
