/** The public module `fairlead/ipvs`: IPVS for programs. Reference with examples: docs/ipvs.md. */
export type { Family } from '../base/ip.ts';
export { DRAIN_OBSTACLES, type DrainObstacle } from '../decide/drain-step.ts';
export { FEATURES, type Feature, kernelHas } from '../kernel/features.ts';
export type { IpvsTimeouts, SyncDaemon } from '../kernel/ipvs.ts';
export type { Namespace } from '../kernel/namespace.ts';
export type {
  Connection,
  ConnectionFilter,
  ConnectionQuery,
  Connections,
  ConnectionsEnd,
} from '../model/connection.ts';
export { KERNEL_ERRORS, KernelError } from '../model/kernel-error.ts';
export type { Counters, IpvsInfo, ObservedDestination, ObservedService } from '../model/observed.ts';
export type { KernelErrorCode, OpFailure } from '../model/op.ts';
export { SCHEDULERS, type SchedulerName } from '../model/schedulers.ts';
export {
  type Destination,
  destinationKey,
  type Forward,
  type Persistence,
  type Protocol,
  SCHEDULER_FLAGS,
  serviceKey,
  type Tunnel,
  type VirtualService,
  type VirtualServiceId,
} from '../model/service.ts';
export { SYSCTLS, type SysctlName, type SysctlValue } from '../model/sysctls.ts';
export type { Churn } from '../scheduling/churn.ts';
export {
  type Candidate,
  type Client,
  type Prediction,
  predict,
  predictor,
  type TableSizes,
} from '../scheduling/predict.ts';
export type { Trap, Warning } from '../scheduling/warnings.ts';
export {
  type Change,
  type ChangeResult,
  type DumpOptions,
  type Ipvs,
  type MeterOptions,
  type OpenOptions,
  open,
} from './client.ts';
export { type CancelSignal, DrainError, type Drained, type DrainOptions, type DrainProgress } from './drain.ts';
export { churn, type Situation, warnings } from './forecast.ts';
export { Meter, type Metered, type MeteredRates, type MeteredService } from './meter.ts';
export { realServer, serviceId, virtualService } from './names.ts';
export type { Sysctls } from './sysctls.ts';
