import { ALARM, VOLUME_ROLE } from '../../contract/contract.ts';
import type { InstanceId, SnapshotId, VolumeId } from '../../contract/ids.ts';
import type { LedgerState, RecoveryPoint, Volume } from '../../lambda/core/world/model.ts';
import { EXIT } from '../exit.ts';
import type { Point, Status, Unasked, VolumeStatus } from './status.ts';

export interface AlarmNow {
  /** `stack/volume/kind`, or `stack/kind`. */
  readonly name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  /** Nobody has switched its actions off. */
  readonly acts: boolean;
}

/** What a status is gathered from: each part may fail, and says so by throwing. */
export interface StatusPorts {
  readonly stack: string;
  readonly region: string;
  readonly now: () => number;
  /** Names of the content volumes, with all their physical ones. */
  volumes(): Promise<ReadonlyMap<string, readonly Volume[]>>;
  ledger(volume: string): Promise<LedgerState | undefined>;
  recoveryPoints(volume: string): Promise<readonly RecoveryPoint[]>;
  alarms(): Promise<readonly AlarmNow[]>;
  journalLagMs(volume: string): Promise<number | undefined>;
  hosts(): Promise<Status['hosts']>;
  /** Confirmed subscribers of the topic. */
  subscribers(): Promise<number>;
}

const [ON, CALM] = ['ALARM', 'OK'];

/** There is no such content volume. */
export class UnknownVolume extends Error {
  readonly exitCode = EXIT.usage;

  constructor(volume: string, names: readonly string[]) {
    super(`VOLUME: received ${volume}; allowed: ${names.join(', ') || 'none, for there is no content volume'}`);
    this.name = 'UnknownVolume';
  }
}

/** Asks one thing after another; what could not be asked is named, and keeps nothing else from being asked. */
export function asking(): {
  readonly asked: <T>(what: string, ask: () => Promise<T>) => Promise<T | undefined>;
  readonly unasked: readonly Unasked[];
} {
  const unasked: Unasked[] = [];
  return {
    unasked,
    asked: async (what, ask) => {
      try {
        return await ask();
      } catch (error) {
        unasked.push({ what, why: (error as Error).message });
        return undefined;
      }
    },
  };
}

/** @param only of this content volume. @throws UnknownVolume */
export async function gather(ports: StatusPorts, only?: string): Promise<Status> {
  const { asked, unasked } = asking();
  const [found, alarms, hosts, subscribers] = await Promise.all([
    asked('EC2: volumes', () => ports.volumes()),
    asked('CloudWatch: alarms', () => ports.alarms()),
    asked('EC2 and Systems Manager: instances', () => ports.hosts()),
    asked('SNS: subscribers', () => ports.subscribers()),
  ]);
  const names = [...(found?.keys() ?? [])].sort();
  if (only !== undefined && found && !names.includes(only)) throw new UnknownVolume(only, names);
  const volumes = await Promise.all(
    names
      .filter((name) => only === undefined || name === only)
      .map(async (volume) => {
        const [ledger, points, lag] = await Promise.all([
          asked(`the ledger: ${volume}`, () => ports.ledger(volume)),
          asked(`EC2: snapshots of ${volume}`, () => ports.recoveryPoints(volume)),
          asked(`CloudWatch: the journal of ${volume}`, () => ports.journalLagMs(volume)),
        ]);
        const seen = { ledger, points, lag, alarms, physical: found?.get(volume) ?? [] };
        return ofVolume(volume, seen, ports);
      }),
  );
  const { stack, region } = ports;
  return {
    schema: 1,
    stack,
    region,
    at: ports.now(),
    volumes,
    ...(hosts && { hosts }),
    ...(alarms && { alarms: alarms.filter(({ name, state }) => state === ON && !volumeIn(name)).map(kindIn) }),
    ...(subscribers !== undefined && { subscribers }),
    unasked,
  };
}

interface Seen {
  readonly ledger: LedgerState | undefined;
  readonly points: readonly RecoveryPoint[] | undefined;
  readonly lag: number | undefined;
  readonly alarms: readonly AlarmNow[] | undefined;
  readonly physical: readonly Volume[];
}

function ofVolume(
  volume: string,
  { ledger, points = [], lag, alarms, physical }: Seen,
  ports: StatusPorts,
): VolumeStatus {
  const mine = (alarms ?? []).filter(({ name }) => volumeIn(name) === volume);
  const complete = points.filter((p) => p.state === 'completed' && p.role !== VOLUME_ROLE.quarantined);
  const newest = newestOf(complete.filter((p) => p.verdict !== 'rejected'));
  const verified = newestOf(complete.filter((p) => p.verdict === 'verified'));
  const lease = ledger?.lease && ledger.lease.until > ports.now() ? ledger.lease : undefined;
  return {
    volume,
    ...(alarms && watchOf(mine)),
    ...(ledger?.currentVolume && { current: currentOf(ledger.currentVolume, ledger.owner, ledger.generation) }),
    ...(newest && { newest }),
    ...(verified && { verified }),
    ...(ledger?.spare && { spare: spareOf(ledger.spare) }),
    ...(lag !== undefined && { journalLagMs: lag }),
    ...(lease && { heal: { healId: lease.holder, until: lease.until } }),
    ...(ledger?.paged && { paged: ledger.paged }),
    alarms: mine.filter(({ state }) => state === ON).map(kindIn),
    quarantined: physical.filter((v) => v.role === VOLUME_ROLE.quarantined).map((v) => v.id),
  };
}

/** What the alarms say that start heals. One without data says nothing, and is no calm one. */
function watchOf(mine: readonly AlarmNow[]): Pick<VolumeStatus, 'served' | 'deaf'> {
  const kinds = Object.values(ALARM);
  const found = kinds.map((kind) => mine.find((alarm) => kindIn(alarm) === kind));
  const deaf = kinds.filter((_, i) => !found[i]?.acts || ![ON, CALM].includes(found[i].state));
  if (found.some((alarm) => alarm?.state === ON)) return { served: false, deaf };
  return { ...(found.every((alarm) => alarm?.state === CALM) && { served: true }), deaf };
}

function currentOf(volumeId: VolumeId, instanceId: InstanceId | undefined, generation: number) {
  return { volumeId, generation, ...(instanceId && { instanceId }) };
}

function spareOf({ volumeId, instanceId, at }: NonNullable<LedgerState['spare']>) {
  return { volumeId, instanceId, at };
}

function newestOf(points: readonly { readonly snapshotId: SnapshotId; readonly at: number }[]): Point | undefined {
  const [newest] = [...points].sort((a, b) => b.at - a.at);
  return newest && { snapshotId: newest.snapshotId, at: newest.at };
}

/** `stack/volume/kind`: the stack's own alarms have no volume. */
function volumeIn(name: string): string | undefined {
  const parts = name.split('/');
  return parts.length === 3 ? parts[1] : undefined;
}

function kindIn({ name }: AlarmNow): string {
  return name.split('/').at(-1) ?? name;
}
