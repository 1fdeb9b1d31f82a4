import { z } from 'zod';
import { count, text } from './common.ts';
import { serverStatus } from './services.ts';

const choice = {
  client: text,
  kind: z
    .enum(['destination', 'refused', 'unpredictable'])
    .describe('unpredictable: it hangs on what is not known here'),
  server: z.union([text, z.null()]).describe('the server that a new connection gets; null when none can be named'),
  destination: z.union([text, z.null()]).describe('10.0.0.11:80'),
};

export const explanation = z
  .object({
    client: text,
    service: text,
    listeners: z.array(z.object({ listener: text, ...choice, why: text })),
    servers: z.array(
      serverStatus.extend({ chain: z.array(text).describe('from the file to the kernel, a line for each step') }),
    ),
  })
  .meta({ id: 'Explanation', description: 'which server a client gets, and why' });

const share = z.number().min(0).max(1);

const removal = z
  .object({
    servers: z.array(text),
    left: share.describe('of all clients, those whose server goes'),
    others: share.describe('of the others, those who get another server nevertheless'),
    refused: share.describe('of all clients, those who are refused then'),
  })
  .meta({ id: 'Removal', description: 'shares of all clients there are, 0 to 1' });

export const forecast = z
  .object({
    service: text,
    listeners: z.array(
      z.object({
        listener: text,
        scheduler: text,
        clients: z.array(
          z.object({
            ...choice,
            without: z
              .union([z.object({ server: choice.server, destination: choice.destination }), z.null()])
              .describe('what it gets without the servers of `without`; null: none was named'),
          }),
        ),
        servers: z
          .array(z.object({ server: text, clients: count }))
          .describe('how many of the clients each server gets'),
        removal: z
          .union([removal, z.null()])
          .describe('null: nothing is removed, or the scheduler cannot be told for every client (sh, mh and dh can)'),
      }),
    ),
  })
  .meta({ id: 'Forecast', description: 'which server each of many clients gets' });

const connection = z
  .object({
    protocol: text,
    client: text,
    clientPort: z.int().describe('0: a persistence template'),
    virtual: text,
    virtualPort: z.int(),
    destination: text,
    destinationPort: z.int(),
    state: text.describe("the kernel's word: ESTABLISHED, FIN_WAIT, UDP"),
    expiresS: z.int().describe('seconds until the kernel forgets it, should no packet come'),
    service: z.union([text, z.null()]).describe('null: none of the file'),
    server: z.union([text, z.null()]).describe('null: none of the file, such as one on its way out'),
  })
  .meta({ id: 'ServiceConnection', description: "a row of the kernel's connection table" });

const connectionsEnd = z
  .object({
    end: z
      .enum(['complete', 'limit', 'time'])
      .describe('complete: the whole table was read; limit, time: there may be more'),
    given: count,
    scanned: count.describe('rows looked at'),
  })
  .meta({ id: 'ConnectionsEnd', description: 'the last line; without it the answer was cut off' });

export const connectionLine = z.union([connection, connectionsEnd]);
