import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reloadDifference } from '../../../src/config/reload.ts';
import { type Config, configSchema } from '../../../src/config/schema.ts';
import { configInput } from './arbitrary.ts';

const config = (change: object = {}): Config => configSchema.parse(change);

const web = (change: object = {}, servers: object[] = [{ address: '10.0.0.11' }, { address: '10.0.0.12' }]) => ({
  services: [{ name: 'web', listen: ['tcp://10.0.0.100:80'], servers, ...change }],
});

describe('reloadDifference', () => {
  it('is empty between equals', () => {
    fc.assert(
      fc.property(configInput, (input) => {
        expect(reloadDifference(config(input as object), config(input as object))).toEqual({ live: [], restart: [] });
      }),
      { numRuns: 50 },
    );
  });

  it('names one changed weight', () => {
    const after = web({}, [{ address: '10.0.0.11', weight: 5 }, { address: '10.0.0.12' }]);
    expect(reloadDifference(config(web()), config(after)).live).toEqual(['services.web.servers.10.0.0.11.weight']);
  });

  it('does not mind the order of services, servers and addresses', () => {
    const after = web({}, [{ address: '10.0.0.12' }, { address: '10.0.0.11' }]);
    expect(reloadDifference(config(web()), config(after))).toEqual({ live: [], restart: [] });
  });

  it('names what came and what went', () => {
    const before = config({ ...web(), addresses: [{ address: '10.0.0.100/24', interface: 'eth0' }] });
    const after = config(web({ name: 'shop', check: { tcp: {} } }));
    expect(reloadDifference(before, after).live).toEqual([
      'addresses.10.0.0.100/24@eth0 (removed)',
      'services.shop (added)',
      'services.web (removed)',
    ]);
  });

  it('looks into a check, and names it whole when it comes or goes', () => {
    const one = config(web({ check: { http: { path: '/a' }, every: '1s' } }));
    const two = config(web({ check: { http: { path: '/b' }, every: '2s' } }));
    expect(reloadDifference(one, two).live).toEqual(['services.web.check.http.path', 'services.web.check.every']);
    expect(reloadDifference(config(web()), two).live).toEqual(['services.web.check']);
  });

  it('keeps apart what needs a restart', () => {
    const after = config({ director: { socket: '/run/other.sock', resync: '9s', sysctls: { conntrack: 1 } } });
    expect(reloadDifference(config(), after)).toEqual({
      live: ['director.resync', 'director.sysctls.conntrack'],
      restart: ['director.socket'],
    });
  });
});
