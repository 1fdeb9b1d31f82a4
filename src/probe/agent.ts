import { Channel } from './channel.ts';
import { bad, type CheckRunner, good } from './kind.ts';
import { readReport, reported } from './report.ts';

const LONGEST = 1024;

/** Asks the agent for one line. Words that are not known make it bad: an agent that nobody understands vouches for nobody. */
export const probeAgent: CheckRunner<'agent'> = async (target, { send }, signal) => {
  await using channel = await Channel.open(target, signal);
  const asked = `agent ${channel.where}`;
  if (send !== undefined) channel.send(`${send}\n`);
  // Some agents end the line, some only the connection.
  const all = await channel.take(asked, (held) => {
    const end = held.indexOf(10);
    if (end >= 0) return end + 1;
    if (held.length > LONGEST) throw bad('response', 'too-long', `${asked} answered more than ${LONGEST} bytes`);
    return channel.ended ? held.length : null;
  });
  const line = all.toString('latin1').trim();
  const said = `${asked} says ${JSON.stringify(line.slice(0, 120))}`;
  const report = readReport(line);
  const [strange] = report.unknown;
  if (line === '' || strange !== undefined)
    throw bad('match', 'not-an-agent', line === '' ? `${asked} says nothing` : `${said}: "${strange}" is unknown`);
  if (report.up === false) return { ok: false, phase: 'match', outcome: 'down', evidence: said, ...reported(report) };
  return { ...good('match', 'up', said), ...reported(report) };
};
