import { describe, expect, test } from 'vitest';
import { type Candidate, type Client, predictor } from '../../../src/scheduling/predict.ts';
import { added, FALLBACK, four, PORT, service, short, six } from './build.ts';

/** Answers of running kernels (6.1.176 and 6.1.192) to real connections. */
const CLIENTS: readonly Client[] = [
  { address: '192.0.2.1', port: 40000 },
  { address: '192.0.2.2', port: 40001 },
  { address: '198.51.100.7', port: 40002 },
  { address: '203.0.113.77', port: 40003 },
  { address: '10.9.0.10', port: 40004 },
];
const CLIENTS_6: readonly Client[] = [
  { address: '2001:db8:5::1', port: 40000 },
  { address: '2001:db8:5::2', port: 40001 },
  { address: '2001:db8:5::3', port: 40002 },
  { address: '2001:db8:5:1:2:3:4:5', port: 40003 },
  { address: '2001:db8:5::ff', port: 40004 },
];

const weighted = added(four(11, 1), four(12, 2), four(13, 3));
const equal = added(four(11), four(12), four(13));
const quiesced = added(four(11, 1), four(12, 0, 2), four(13, 3));
const weightedSix = added(six(11, 1), six(12, 4), six(13, 2));
const at8080 = (host: number, weight: number): Candidate => ({ ...four(host, weight, 0), port: 8080 });
const huge = added(at8080(11, 100), at8080(12, 300), at8080(13, 0), at8080(14, 7));

const ROWS: readonly [string, number, readonly Candidate[], string][] = [
  ['sh', 0, weighted, '.13 .12 .12 .12 .13'],
  ['sh', PORT, weighted, '.12 .12 .13 .13 .12'],
  ['mh', 0, weighted, '.12 .12 .12 .13 .12'],
  ['mh', PORT, weighted, '.12 .12 .12 .13 .13'],
  ['sh', 0, equal, '.11 .12 .13 .13 .11'],
  ['mh', 0, equal, '.11 .11 .12 .13 .12'],
  ['sh', 0, quiesced, '.13 - .13 .13 .13'],
  ['sh', FALLBACK, quiesced, '.13 .13 .13 .13 .13'],
  ['mh', 0, quiesced, '- - - .13 -'],
  ['mh', FALLBACK, quiesced, '.13 .11 .11 .13 .13'],
  ['mh', FALLBACK + PORT, quiesced, '.13 .13 .13 .13 .13'],
  ['sh', FALLBACK + PORT, quiesced, '.11 .11 .13 .13 .13'],
  ['mh', 0, huge, '.12 .12 .12 .11 .11'],
  ['sh', 0, huge, '.12 .12 .12 .12 .12'],
  ['dh', 0, weighted, '.11 .11 .11 .11 .11'],
];

describe('the kernel chose the same, IPv4', () => {
  test.each(ROWS)('%s flags %i', (scheduler, flags, candidates, expected) => {
    const predict = predictor(service(scheduler, flags), candidates);
    expect(CLIENTS.map((client) => short(predict(client))).join(' ')).toBe(expected);
  });
});

describe('the kernel chose the same, IPv6', () => {
  test.each([
    ['sh', 0, '.11 .12 .12 .13 .13'],
    ['mh', 0, '.11 .12 .12 .13 .13'],
    ['mh', PORT, '.12 .12 .12 .13 .11'],
    ['sh', PORT, '.12 .13 .13 .13 .13'],
  ])('%s flags %i', (scheduler, flags, expected) => {
    const predict = predictor(service(scheduler, flags, '2001:db8:9::100'), weightedSix);
    expect(CLIENTS_6.map((client) => short(predict(client))).join(' ')).toBe(expected);
  });
});

describe('the cells behind the answers are told', () => {
  const cellsOf = (
    scheduler: string,
    flags: number,
    address: string,
    list: readonly Candidate[],
    clients = CLIENTS,
  ) => {
    const predict = predictor(service(scheduler, flags, address), list);
    return clients.map((client) => Number(/(?:bucket|slot) (\d+)/.exec(predict(client).why)?.[1]));
  };

  test.each([
    ['sh', 0, [50, 148, 171, 57, 80]],
    ['sh', PORT, [214, 154, 18, 2, 123]],
    ['mh', 0, [2891, 746, 924, 2731, 1550]],
    ['mh', PORT, [3651, 1320, 3322, 579, 237]],
  ])('%s flags %i', (scheduler, flags, expected) => {
    expect(cellsOf(scheduler, flags, '10.9.0.100', weighted)).toEqual(expected);
  });

  test.each([
    ['sh', [209, 51, 149, 15, 70]],
    ['mh', [3457, 3994, 613, 1941, 1908]],
  ])('%s, IPv6', (scheduler, expected) => {
    expect(cellsOf(scheduler, 0, '2001:db8:9::100', weightedSix, CLIENTS_6)).toEqual(expected);
  });
});
