import type { Incident } from '../lambda/core/world/model.ts';

/** A heal's record as it lies in the ledger. @returns `undefined` for what is none, or was written by nobody who knows the format */
export function incidentIn(json: string): Incident | undefined {
  try {
    const read = JSON.parse(json) as Partial<Incident> | null;
    const whole =
      typeof read?.id === 'string' &&
      typeof read.volume === 'string' &&
      typeof read.startedAt === 'number' &&
      typeof read.trigger === 'object' &&
      Array.isArray(read.steps);
    // Records of before had no reasons as data.
    return whole
      ? ({ ...read, reasons: read.reasons ?? [], passedOver: read.passedOver ?? [] } as Incident)
      : undefined;
  } catch {
    return undefined;
  }
}
