import type { OverrideEdit } from '../../decide/overrides.ts';
import {
  DIRECTOR,
  instanceTarget,
  OVERRIDE_KINDS,
  type Override,
  type OverrideKind,
  type Overrides,
  type OverrideTarget,
  overrideId,
  type Setting,
  serverTarget,
  serviceTarget,
} from '../../model/override.ts';
import { mergePatch } from '../merge-patch.ts';
import type { ServerOverrides } from '../operations.ts';
import { noSuch, refuse } from '../problem.ts';
import type { Asked } from '../routes/index.ts';
import { serverOverridesSet } from '../schemas/overrides.ts';
import { instancesNow } from './instances.ts';
import { type Caller, type Handlers, type Parts, Revised } from './parts.ts';
import { freshDump } from './reading.ts';
import { oneServer, oneService } from './services.ts';

type Circumstances = Asked<'drainServer'>['body'];
type ServerAsked = { readonly params: Asked<'setWeight'>['params'] };

const setOn = (target: OverrideTarget, setting: Setting, { reason, untilMs }: Circumstances): OverrideEdit => ({
  set: { ...setting, target, ...(reason !== undefined && { reason }), ...(untilMs !== undefined && { untilMs }) },
});
const clearOn = (target: OverrideTarget, kind: OverrideKind): OverrideEdit => ({ clear: overrideId({ kind, target }) });
const maintenanceOn = (target: OverrideTarget, { on, ...rest }: Asked<'setMaintenance'>['body']): OverrideEdit =>
  on ? setOn(target, { kind: 'maintenance', value: null }, rest) : clearOn(target, 'maintenance');

export const drainEdit = (service: string, server: string, body: Circumstances): OverrideEdit =>
  setOn(serverTarget(service, server), { kind: 'drain', value: null }, body);
export const undrainEdit = (service: string, server: string): OverrideEdit =>
  clearOn(serverTarget(service, server), 'drain');

/** Makes a change in the name of who asks; the answer has to be of this revision. */
export async function change(
  { director }: Parts,
  edits: Parameters<typeof director.overrides.change>[0],
  { name, ifMatch }: Caller,
): Promise<number> {
  return (await director.overrides.change(edits, { by: name, ifRevision: ifMatch })).revision;
}

type SettingRoute =
  | 'getServerOverrides'
  | 'patchServerOverrides'
  | 'setWeight'
  | 'clearWeight'
  | 'setState'
  | 'clearState'
  | 'setServerMaintenance'
  | 'setServiceMaintenance'
  | 'setInstanceMaintenance'
  | 'setMaintenance';

export function settingHandlers(parts: Parts): Pick<Handlers, SettingRoute> {
  const { director } = parts;
  const ofServer = async ({ params: { service, server } }: ServerAsked, edit: OverrideEdit, caller: Caller) => {
    oneServer(parts, service, server);
    const revision = await change(parts, [edit], caller);
    await freshDump(parts);
    return new Revised(oneServer(parts, service, server), revision);
  };
  const target = ({ params: { service, server } }: ServerAsked): OverrideTarget => serverTarget(service, server);
  return {
    getServerOverrides: async (asked) => {
      oneServer(parts, asked.params.service, asked.params.server);
      const { overrides } = director.store.get();
      return new Revised(documentOf(overrides, target(asked)), overrides.revision);
    },
    patchServerOverrides: async (asked, caller) => {
      oneServer(parts, asked.params.service, asked.params.server);
      const edits = (present: Overrides): OverrideEdit[] => patched(present, target(asked), asked.body);
      const overrides = await director.overrides.change(edits, { by: caller.name, ifRevision: caller.ifMatch });
      return new Revised(documentOf(overrides, target(asked)), overrides.revision);
    },
    setWeight: (asked, caller) => {
      const { weight, ...rest } = asked.body;
      return ofServer(asked, setOn(target(asked), { kind: 'weight', value: weight }, rest), caller);
    },
    clearWeight: (asked, caller) => ofServer(asked, clearOn(target(asked), 'weight'), caller),
    setState: (asked, caller) => {
      const { state, ...rest } = asked.body;
      return ofServer(asked, setOn(target(asked), { kind: 'state', value: state }, rest), caller);
    },
    clearState: (asked, caller) => ofServer(asked, clearOn(target(asked), 'state'), caller),
    setServerMaintenance: (asked, caller) => ofServer(asked, maintenanceOn(target(asked), asked.body), caller),
    setServiceMaintenance: async ({ params: { service }, body }, caller) => {
      oneService(parts, service);
      const revision = await change(parts, [maintenanceOn(serviceTarget(service), body)], caller);
      await freshDump(parts);
      return new Revised(oneService(parts, service), revision);
    },
    setInstanceMaintenance: async ({ params: { instance }, body }, caller) => {
      const names = director.store.get().desired.instances.map(({ name }) => name);
      if (!names.includes(instance)) throw noSuch('instance', instance, names);
      const revision = await change(parts, [maintenanceOn(instanceTarget(instance), body)], caller);
      return new Revised(await instancesNow(parts), revision);
    },
    setMaintenance: async ({ body }, caller) => {
      const revision = await change(parts, [maintenanceOn(DIRECTOR, body)], caller);
      return new Revised(await instancesNow(parts), revision);
    },
  };
}

const KINDS = (Object.keys(OVERRIDE_KINDS) as OverrideKind[]).filter((kind) =>
  (OVERRIDE_KINDS[kind].of as readonly string[]).includes('server'),
);

const rowsOf = ({ rows }: Overrides, target: OverrideTarget): Override[] =>
  KINDS.flatMap((kind) => rows.get(overrideId({ kind, target })) ?? []);

/** What is set for one server, by kind. */
function documentOf(overrides: Overrides, target: OverrideTarget): ServerOverrides {
  return Object.fromEntries(
    rowsOf(overrides, target).map(({ kind, value, by, sinceMs, reason, untilMs }) => [
      kind,
      {
        ...(value !== null && { value }),
        ...{ by, sinceMs },
        ...(reason !== null && { reason }),
        ...(untilMs !== null && { untilMs }),
      },
    ]),
  );
}

/** The edits that make of a server's document what a merge patch says. Throws a refusal when that is no such document. */
function patched(overrides: Overrides, target: OverrideTarget, patch: unknown): OverrideEdit[] {
  const present = Object.entries(documentOf(overrides, target)).map(([kind, { by: _, sinceMs: __, ...rest }]) => [
    kind,
    rest,
  ]);
  const result = serverOverridesSet.safeParse(mergePatch(Object.fromEntries(present), patch));
  if (!result.success) {
    const errors = result.error.issues.map(({ path, message }) => ({ path: ['body', ...path].join('.'), message }));
    throw refuse('usage', { detail: errors.map(({ path, message }) => `${path}: ${message}`).join('; ') }, { errors });
  }
  const { drain, maintenance, weight, state } = result.data;
  const edits: [OverrideKind, OverrideEdit | undefined][] = [
    ['drain', drain && setOn(target, { kind: 'drain', value: null }, drain)],
    ['maintenance', maintenance && setOn(target, { kind: 'maintenance', value: null }, maintenance)],
    ['weight', weight && setOn(target, { kind: 'weight', value: weight.value }, weight)],
    ['state', state && setOn(target, { kind: 'state', value: state.value }, state)],
  ];
  return edits.map(([kind, edit]) => edit ?? clearOn(target, kind));
}
