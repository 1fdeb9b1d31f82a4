import { formatDuration, parseDuration } from '../../src/base/duration.ts';
import type { Effect, ElectionEvent, ElectionSettings, HeardAdvert } from '../../src/model/vrrp.ts';
import { Elector, type InstanceEffect } from '../../src/vrrp/elector.ts';

/** v3 at 1 s and the RFCs' numbers. */
export const SETTINGS: ElectionSettings = {
  version: 3,
  priority: 100,
  intervalMs: 1000,
  downAdverts: 3,
  preempt: true,
  preemptDelayMs: 0,
  startDelayMs: 0,
  assert: true,
  handoverMs: 3000,
};

type Writable = { -readonly [K in keyof ElectionSettings]: ElectionSettings[K] };

const ms = (text: string | undefined): number => {
  const parsed = parseDuration(text ?? '');
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};

/** Words that change settings, and how many words follow each. */
const WORDS: Readonly<Record<string, (settings: Writable, next: () => string | undefined) => void>> = {
  priority: (settings, next) => {
    settings.priority = Number(next());
  },
  v2: (settings) => {
    settings.version = 2;
  },
  interval: (settings, next) => {
    settings.intervalMs = ms(next());
  },
  nopreempt: (settings) => {
    settings.preempt = false;
  },
  'preempt-delay': (settings, next) => {
    settings.preemptDelayMs = ms(next());
  },
  'start-delay': (settings, next) => {
    settings.startDelayMs = ms(next());
  },
  noassert: (settings) => {
    settings.assert = false;
  },
  handover: (settings, next) => {
    settings.handoverMs = ms(next());
  },
};

function settingsOf(words: readonly string[]): ElectionSettings {
  const settings: Writable = { ...SETTINGS };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const set = WORDS[word];
    if (set === undefined) throw new Error(`unknown setting ${word}`);
    set(settings, () => rest.shift());
  }
  return settings;
}

const ORDERS: Readonly<Record<string, HeardAdvert['order']>> = { lower: -1, same: 0, higher: 1 };

/** `10.0.0.3 priority 200 interval 100ms higher` */
function advertOf(words: readonly string[]): HeardAdvert {
  const [source = '', ...rest] = words;
  const after = (word: string): string | undefined => (rest.includes(word) ? rest[rest.indexOf(word) + 1] : undefined);
  const order = ORDERS[rest.find((word) => word in ORDERS) ?? 'lower'] ?? -1;
  return { source, priority: Number(after('priority')), intervalMs: ms(after('interval') ?? '1s'), order };
}

function eventOf(at: number, kind: string | undefined, words: readonly string[]): ElectionEvent {
  const faults = words.slice(1).join(' ');
  switch (kind) {
    case 'silence':
    case 'wake':
    case 'yield':
    case 'claim':
      return { at, kind };
    case 'advert':
      return { at, kind, advert: advertOf(words) };
    case 'judged':
      return { at, kind, priority: Number(words[0]), faults: faults === '' ? [] : faults.split('; ') };
    case 'stop':
      return { at, kind, handover: words[0] === 'handover' };
    case 'disturbed':
      return { at, kind, what: words.join(' ') };
    default:
      throw new Error(`unknown event ${kind}`);
  }
}

const time = (value: number): string => formatDuration(Number(value.toFixed(3)));

function effectText(effect: Effect): string {
  switch (effect.kind) {
    case 'advertise':
      return `advertise priority ${effect.priority} every ${time(effect.everyMs)}`;
    case 'send':
      return `send priority ${effect.priority}`;
    case 'listen': {
      const { same } = effect;
      const known = same ? `, same: ${same.source} priority ${same.priority} interval ${time(same.intervalMs)}` : '';
      return `listen ${time(effect.forMs)} from ${effect.from}${known}`;
    }
    case 'wake':
      return effect.afterMs === null ? 'no wake' : `wake after ${time(effect.afterMs)}`;
    case 'release':
      return effect.afterMs === 0 ? 'release at once' : `release after ${time(effect.afterMs)}`;
    case 'role':
      return `${effect.to.toUpperCase()} (was ${effect.from}): ${effect.why}`;
    case 'rival':
    case 'notice':
      return `${effect.kind}: ${effect.why}`;
    default:
      return effect.kind;
  }
}

/** One line of a scenario done to the elector. */
function perform(elector: Elector, line: string): InstanceEffect[] {
  const match = /^(\d+\.\d+) (\w+): (\S+) ?(.*)$/.exec(line);
  if (match === null) throw new Error(`cannot read ${line}`);
  const [, seconds, name = '', kind, rest = ''] = match;
  const at = Math.round(Number(seconds) * 1e6) / 1e3;
  const words = rest.split(' ').filter((word) => word !== '');
  switch (kind) {
    case 'start':
      return [...elector.add(name, settingsOf(words), at), ...elector.handle(name, { at, kind: 'start' })];
    case 'change':
      return elector.change(name, settingsOf(words), at);
    case 'remove':
      return elector.remove(name, at, words[0] === 'handover');
    case 'group':
      return elector.group([{ name, members: words }], at);
    default:
      return elector.handle(name, eventOf(at, kind, words));
  }
}

/** Plays a scenario and gives it back as it should read: comments and events as they are, below each event what came of
 *  it. Lines of effects in the text are passed over, so a scenario that is right comes back unchanged. */
export function play(text: string): string {
  const elector = new Elector();
  const out: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ->')) continue;
    out.push(line);
    if (line.startsWith('#') || line === '') continue;
    const effects = perform(elector, line);
    const [, name] = line.split(/[ :]+/);
    if (effects.length === 0) out.push('  -> nothing');
    for (const { instance, effect } of effects) {
      out.push(`  -> ${instance === name ? '' : `${instance}: `}${effectText(effect)}`);
    }
  }
  return out.join('\n');
}
