import { type ElectionSettings, OWNER } from '../model/vrrp.ts';

const STEPS = OWNER + 1;
/** VRRPv2 knows whole seconds only, so its skew is a share of one. */
const V2_SKEW_MS = 1000;

/** What a backup waits longer the lower its priority is, in milliseconds with fractions. v2: (256 - priority) / 256
 *  seconds (RFC 3768 6.1); v3: that share of the active router's interval (RFC 9568 6.1). */
export const skewMs = (version: 2 | 3, priority: number, intervalMs: number): number =>
  ((STEPS - priority) / STEPS) * (version === 2 ? V2_SKEW_MS : intervalMs);

/** How long a backup hears nobody before it takes over: `downAdverts` (3 in the RFCs) intervals and the skew
 *  (RFC 3768 6.1 Master_Down_Interval, RFC 9568 6.1 Active_Down_Interval). `intervalMs` is the one to go by. */
export const downMs = (
  settings: Pick<ElectionSettings, 'version' | 'downAdverts'>,
  priority: number,
  intervalMs: number,
): number => settings.downAdverts * intervalMs + skewMs(settings.version, priority, intervalMs);

/** The interval a backup goes by: v3 learns it from the active router (RFC 9568 6.4.2), v2 has its own. */
export const listenedIntervalMs = (
  settings: Pick<ElectionSettings, 'version' | 'intervalMs'>,
  learnedMs: number | null,
): number => (settings.version === 3 && learnedMs !== null ? learnedMs : settings.intervalMs);
