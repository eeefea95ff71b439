import type { Standing } from './message.ts';
import type { Volume } from './model.ts';
import type { Ports } from './ports.ts';
import { unansweredBy } from './unanswered.ts';

/** The service that is not asked: it has just not answered, and people are to be notified within a minute. SDK names. */
export const LEDGER = 'DynamoDB';
export const EC2 = 'EC2';
export const HOSTS = 'SSM';

/** @param except what did not answer a moment ago is not asked again: that would take as long once more */
export async function standing(ports: Ports, volume: string, except: string): Promise<Standing> {
  const silent: string[] = [except];
  const unless = async <T>(service: string, ask: () => Promise<T>): Promise<T | undefined> => {
    if (silent.includes(service)) return undefined;
    try {
      return await ask();
    } catch (error) {
      // Denied or out: who asks for this is about to notify people, and must not be kept from it.
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
  currentVolume,
  owner,
  spare,
}: NonNullable<Awaited<ReturnType<Ports['ledger']['read']>>>): Pick<Standing, 'current' | 'spare' | 'by'> {
  const current = currentVolume && owner ? { volumeId: currentVolume, instanceId: owner } : undefined;
  return { by: 'ledger', current, spare };
}

/** With two volumes that carry the tag of the current one nobody can know which it is without the ledger. */
function fromTags(volumes: readonly Volume[]): Pick<Standing, 'current' | 'spare' | 'by'> {
  const of = (role: string) =>
    volumes.flatMap((v) => {
      const host = v.role === role ? v.attachments.find((a) => a.state === 'attached')?.instanceId : undefined;
      return host === undefined ? [] : [{ volumeId: v.id, instanceId: host, snapshotId: v.madeFrom, at: v.createdAt }];
    });
  const current = of('current');
  const [spare] = of('spare').sort((a, b) => b.at - a.at);
  return { by: 'tags', current: current.length === 1 ? current[0] : undefined, spare };
}
