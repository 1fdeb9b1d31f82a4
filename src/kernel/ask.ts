import { KernelError } from '../model/kernel-error.ts';
import type { ObservedService } from '../model/observed.ts';
import type { IpvsOp, KernelErrorCode, OpFailure } from '../model/op.ts';
import type { IpvsPort, SysctlPort } from '../model/ports.ts';
import {
  type Destination,
  fullNetmask,
  serviceKey,
  type Tunnel,
  type VirtualService,
  type VirtualServiceId,
} from '../model/service.ts';

/** What asking takes. `service` reads one service without dumping all, where the port can. */
export interface Asking {
  readonly ipvs: Pick<IpvsPort, 'apply' | 'dump'> & {
    service?(id: VirtualServiceId, options?: { readonly stats?: boolean }): Promise<ObservedService>;
  };
  readonly sysctls: Pick<SysctlPort, 'read'>;
}

/** Marks that nobody is likely to use. One that somebody does use is refused by the kernel, and the next is tried. */
const FIRST_MARK = 0xfa1ead00;
const MARKS = 16;
const why = 'asking what this kernel can do';

/** Questions a kernel answers: each gives whether it can. */
export const asks = {
  sysctl:
    (name: string) =>
    async ({ sysctls }: Asking): Promise<boolean> =>
      name in (await sysctls.read([name])),
  scheduler:
    (scheduler: string) =>
    (kernel: Asking): Promise<boolean> =>
      can(kernel, { scheduler }),
  engine:
    (engine: string) =>
    (kernel: Asking): Promise<boolean> =>
      can(kernel, { engine, persistence: { timeoutS: 60 } }),
  /** Kernels that do not know a tunnel's type ignore it, so what was stored is read back. */
  tunnel:
    (type: Tunnel['type']) =>
    (kernel: Asking): Promise<boolean> => {
      const tunnel: Tunnel = { type, port: type === 'gue' ? 6080 : 0, checksum: 'none' };
      return can(kernel, {}, server('192.0.2.1', tunnel), (seen) => seen.destinations[0]?.tunnel?.type === type);
    },
  schedulerFlags: (kernel: Asking): Promise<boolean> =>
    can(kernel, { scheduler: 'sh', schedulerFlags: 3 }, undefined, (seen) => seen.service.schedulerFlags === 3),
  mixedFamilies: (kernel: Asking): Promise<boolean> =>
    can(kernel, {}, server('2001:db8::1', { type: 'ipip', port: 0, checksum: 'none' })),
} as const;

const server = (address: string, tunnel: Tunnel): Destination => ({
  address,
  port: 80,
  forward: 'tunnel',
  weight: 0,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel,
});

/** Answers that mean "this kernel cannot"; any other failure is not about the feature. */
const CANNOT: ReadonlySet<KernelErrorCode> = new Set<KernelErrorCode>([
  ...(['scheduler-missing', 'engine-missing', 'invalid', 'out-of-range', 'mixed-families'] as const),
]);

/** Makes a service that no packet can meet, looks at it, and takes it away. */
async function can(
  kernel: Asking,
  settings: Partial<VirtualService>,
  destination?: Destination,
  holds?: (seen: ObservedService) => boolean,
): Promise<boolean> {
  const { ipvs } = kernel;
  const [id, refused] = await makeSpare(kernel, settings);
  if (refused) return cannot(refused);
  try {
    if (destination) {
      const [added] = await ipvs.apply([{ kind: 'add-destination', id, destination, why }]);
      if (added?.failure) return cannot(added.failure);
    }
    return holds ? holds(await look(kernel, id)) : true;
  } finally {
    await ipvs.apply([{ kind: 'delete-service', id, why }]);
  }
}

async function makeSpare(
  { ipvs }: Asking,
  settings: Partial<VirtualService>,
): Promise<readonly [VirtualServiceId, OpFailure | null]> {
  for (let i = 0; ; i++) {
    const id: VirtualServiceId = { kind: 'fwmark', mark: FIRST_MARK + i, family: 'inet' };
    const add: IpvsOp = { kind: 'add-service', service: { ...PLAIN, ...settings, id }, why };
    const [added] = await ipvs.apply([add]);
    const failure = added?.failure ?? null;
    if (failure?.code !== 'service-exists' || i === MARKS) return [id, failure];
  }
}

const PLAIN = {
  scheduler: 'rr',
  schedulerFlags: 0,
  onePacket: false,
  persistence: null,
  netmask: fullNetmask('inet'),
} as const;

async function look({ ipvs }: Asking, id: VirtualServiceId): Promise<ObservedService> {
  if (ipvs.service) return ipvs.service(id, { stats: false });
  const found = (await ipvs.dump({ stats: false })).find(({ service }) => serviceKey(service.id) === serviceKey(id));
  const gone = { code: 'service-missing', errno: 0, operation: `read ${serviceKey(id)}`, text: 'it is gone' } as const;
  if (!found) throw new KernelError(gone);
  return found;
}

function cannot(failure: OpFailure): false {
  if (CANNOT.has(failure.code)) return false;
  throw new KernelError(failure);
}
