import { FakeKernel } from '../../src/kernel/fake.ts';
import { routeKey } from '../../src/model/routing.ts';
import { routingContract } from './routing.ts';

routingContract('the fake kernel', async () => {
  const { net } = new FakeKernel();
  await net.apply(
    [
      { interface: 'eth0', address: '10.77.5.1', prefix: 24 },
      { interface: 'eth0', address: '2001:db8:77:5::1', prefix: 64 },
    ].map((address) => ({ kind: 'add-address', address, why: 'contract' })),
  );
  return {
    net,
    link: 'eth0',
    foreignRoute: (route) => net.routing.foreign.add(routeKey(route)),
    foreignRule() {},
    cleanup() {},
  };
});
