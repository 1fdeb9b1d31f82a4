import { Channel } from './channel.ts';
import { type CheckRunner, good } from './kind.ts';

/** An association of the one-to-one style (RFC 6458 4), which is used like a connection of TCP; ended with ABORT. */
export const probeSctp: CheckRunner<'sctp'> = async (target, _check, signal) => {
  await using channel = await Channel.open({ ...target, transport: 'sctp' }, signal);
  return good('connect', 'connected', `connect to ${channel.where} succeeded`);
};
