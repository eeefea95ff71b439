import type { VolumeClaim } from '../core/keep/keep.ts';

/**
 * Reads the properties of the custom resource; CloudFormation makes texts of all values.
 *
 * @throws Error naming the property and what was received.
 */
export function readClaim(properties: Readonly<Record<string, unknown>>): VolumeClaim {
  const text = (name: string): string => {
    const value = properties[name];
    if (typeof value !== 'string' || value === '')
      throw new Error(`${name}: received ${JSON.stringify(value)}; allowed: a non-empty text`);
    return value;
  };
  const whole = (name: string): number => {
    const value = Number(text(name));
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`${name}: received ${JSON.stringify(properties[name])}; allowed: a whole number of at least 1`);
    return value;
  };
  return {
    volume: text('Volume'),
    zone: text('Zone'),
    sizeGiB: whole('SizeGiB'),
    type: text('VolumeType'),
    iops: whole('Iops'),
    throughputMiBs: whole('ThroughputMiBs'),
  };
}
