import { OUTPUT } from '../../contract/outputs.ts';
import type { Incident } from '../../lambda/core/world/model.ts';
import type { Connection } from '../connect.ts';
import { type Diagnosis, diagnose } from '../doctor/doctor.ts';
import type { Points } from '../points/points.ts';
import { gather } from '../status/gather.ts';
import type { Status, Unasked } from '../status/status.ts';

/** What somebody needs who was not there. Times are Unix milliseconds. */
export interface Report {
  /** Of this shape: raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly stack: string;
  readonly region: string;
  readonly at: number;
  /** Of this program, as it runs. */
  readonly node: string;
  /** Names of functions, table, topic and buckets. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly status: Status;
  readonly doctor: Diagnosis;
  /** Host software of running instances. */
  readonly versions: readonly { readonly id: string; readonly version?: string }[];
  readonly volumes: readonly {
    readonly volume: string;
    readonly points?: Points;
    /** The newest first. */
    readonly incidents?: readonly Incident[];
  }[];
  /** Asked, and not answered. */
  readonly unasked: readonly Unasked[];
}

/** Of each volume. */
const MOST_INCIDENTS = 20;

/** Asks for all of it; what cannot be had is named. No content is read, and nothing that would open anything. @throws Error of the status alone */
export async function gatherReport(connection: Connection): Promise<Report> {
  const { place, outputs, status: ports } = connection;
  const [status, seen] = await Promise.all([gather(ports), connection.doctor()]);
  const missing: Unasked[] = [];
  const had = async <T>(what: string, ask: Promise<T>): Promise<T | undefined> => {
    try {
      return await ask;
    } catch (error) {
      missing.push({ what, why: (error as Error).message });
      return undefined;
    }
  };
  const volumes = await Promise.all(
    status.volumes.map(async ({ volume }) => {
      const [points, incidents] = await Promise.all([
        had(`${volume}: recovery points`, connection.points(volume)),
        had(`${volume}: incidents`, connection.incidents(volume, MOST_INCIDENTS)),
      ]);
      return { volume, ...(points && { points }), ...(incidents && { incidents }) };
    }),
  );
  return {
    schema: 1,
    ...place,
    at: status.at,
    node: process.version,
    outputs: Object.fromEntries(outputs),
    status,
    doctor: diagnose(status, { ...seen, drills: outputs.has(OUTPUT.drill) }),
    versions: seen.versions ?? [],
    volumes,
    unasked: [...status.unasked, ...seen.unasked, ...missing],
  };
}
