import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probe } from '../support/probe/ask.ts';
import { fileWith } from '../support/probe/stub.ts';
import { freeradius, PASSWORD, SECRET } from '../support/servers/databases.ts';
import { type RunningServer, startServer } from '../support/servers/server.ts';

describe('radius, against FreeRADIUS', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(freeradius);
  });
  afterAll(() => server?.stop());
  const secret = () => ({ secretFile: fileWith(SECRET) });

  test('Status-Server is answered', async () => {
    expect(await probe('radius', server.port, secret())).toMatchObject({ ok: true, outcome: 'accept' });
  });
  test('a user is let in, or refused', async () => {
    const user = { ...secret(), user: 'probe', passwordFile: fileWith(PASSWORD) };
    expect(await probe('radius', server.port, user)).toMatchObject({ ok: true, outcome: 'accept' });
    const wrong = { ...user, passwordFile: fileWith('wrong') };
    expect(await probe('radius', server.port, wrong, 4000)).toMatchObject({ ok: false, outcome: 'reject' });
    expect(await probe('radius', server.port, { ...wrong, accept: 'any' }, 4000)).toMatchObject({
      ok: true,
      outcome: 'reject',
    });
  });
  test('of another secret it is bad', async () => {
    expect(await probe('radius', server.port, { secretFile: fileWith('other') }, 500)).toMatchObject({ ok: false });
  });
});
