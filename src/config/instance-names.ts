import { type Family, familyOf } from '../base/ip.ts';
import type { InstanceConfig } from './schema.ts';

export interface InstanceAddress {
  readonly address: string;
  readonly prefix: number;
  readonly interface?: string | undefined;
  readonly label?: string | undefined;
  readonly scope?: 'global' | 'link' | 'host';
  readonly hold?: boolean;
}

/** The addresses of an instance, long and short form alike. */
export const instanceAddresses = ({ addresses }: Pick<InstanceConfig, 'addresses'>): InstanceAddress[] =>
  addresses.map((entry) => {
    if ('hold' in entry) {
      const { address, ...rest } = entry;
      return { ...rest, ...address };
    }
    return entry;
  });

/** The family that the virtual router speaks: that of its first address. */
export const instanceFamily = (instance: Pick<InstanceConfig, 'addresses'>): Family =>
  familyOf(instanceAddresses(instance)[0]?.address ?? '');
