import type { Probe, Volume } from './model.ts';
import type { Ports } from './ports.ts';
import { unansweredBy } from './unanswered.ts';

/** The service that is not asked: it has just not answered, and people are to be told within a minute. SDK names. */
export const LEDGER = 'DynamoDB';
export const EC2 = 'EC2';
export const HOSTS = 'SSM';

/** A volume, and the instance that has it. */
export interface Placed {
  readonly volumeId: string;
  readonly instanceId: string;
}

/**
 * How things stand with a content volume as far as can be seen while a service does not answer: each part is asked of whoever knows it,
 * and what nobody said is missing. Nothing is guessed.
 */
export interface Standing {
  readonly at: number;
  /** What was the current volume when it was last known, and the instance that has it. */
  readonly current?: Placed | undefined;
  /** What the probe there says. */
  readonly probe?: Probe | undefined;
  /** The load balancer reaches the content there; `undefined`: it could not be asked. */
  readonly reached?: boolean | undefined;
  readonly spare?: (Placed & { readonly snapshotId: string | undefined }) | undefined;
  /** Whose word `current` and `spare` are. */
  readonly by: 'the ledger' | 'the tags in EC2' | 'nobody';
  /** When people were last told that they have something to do. Unix milliseconds. */
  readonly pagedAt?: number | undefined;
  /** What did not answer here. */
  readonly silent: readonly string[];
}

/** @param except what did not answer a moment ago is not asked again: that would take as long once more */
export async function standing(ports: Ports, volume: string, except: string): Promise<Standing> {
  const silent: string[] = [except];
  const unless = async <T>(service: string, ask: () => Promise<T>): Promise<T | undefined> => {
    if (silent.includes(service)) return undefined;
    try {
      return await ask();
    } catch (error) {
      // Denied or out: who asks for this is about to tell people, and must not be kept from it.
      silent.push(unansweredBy(error) ?? service);
      return undefined;
    }
  };
  const [ledger, volumes, reach] = await Promise.all([
    unless(LEDGER, () => ports.ledger.read(volume)),
    unless(EC2, () => ports.compute.volumes(volume)),
    ports.balancer.reach(volume),
  ]);
  const placed = ledger?.currentVolume ? fromLedger(ledger) : volumes ? fromTags(volumes) : { by: 'nobody' as const };
  const { current } = placed;
  const probe = current && (await unless(HOSTS, () => ports.host.probe(current.instanceId, volume, current.volumeId)));
  const reached = current && 'on' in reach ? reach.on.includes(current.instanceId) : undefined;
  return { ...placed, at: ports.clock.now(), probe, reached, pagedAt: ledger?.paged?.at, silent };
}

function fromLedger({
  currentVolume = '',
  owner = '',
  spare,
}: NonNullable<Awaited<ReturnType<Ports['ledger']['read']>>>): Pick<Standing, 'current' | 'spare' | 'by'> {
  return { by: 'the ledger', current: { volumeId: currentVolume, instanceId: owner }, spare };
}

/** With two volumes that carry the tag of the current one nobody can tell which it is without the ledger. */
function fromTags(volumes: readonly Volume[]): Pick<Standing, 'current' | 'spare' | 'by'> {
  const of = (role: string) =>
    volumes.flatMap((v) => {
      const host = v.role === role ? v.attachments.find((a) => a.state === 'attached')?.instanceId : undefined;
      return host === undefined ? [] : [{ volumeId: v.id, instanceId: host, snapshotId: v.madeFrom, at: v.createdAt }];
    });
  const current = of('current');
  const [spare] = of('spare').sort((a, b) => b.at - a.at);
  return { by: 'the tags in EC2', current: current.length === 1 ? current[0] : undefined, spare };
}

/** In words, one a line: only what was seen, and who said it. */
export function standingText({ at, current, probe, spare, by, silent }: Standing): string[] {
  return [
    `How it stands, seen at ${new Date(at).toISOString()} without ${silent.join(' and ')}:`,
    current
      ? `- By ${by} the current volume is ${current.volumeId} on ${current.instanceId}${probe ? `, whose probe says ${probe.state}: ${probe.detail}` : '; its probe could not be asked'}.`
      : `- Which volume is current ${by === 'nobody' ? 'could not be asked' : `${by} do not say`}.`,
    spare
      ? `- By ${by} the spare is ${spare.volumeId} on ${spare.instanceId}${spare.snapshotId ? `, made from ${spare.snapshotId}` : ''}.`
      : `- ${by === 'nobody' ? 'Whether there is a spare could not be asked' : `By ${by} there is no spare`}.`,
  ];
}
