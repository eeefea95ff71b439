import { currentVolume } from './current.ts';
import type { Observation } from './model.ts';
import type { Ports } from './ports.ts';

/** Looks at the world: EC2, the ledger and, where a live instance has the current volume, its probe; where that is in doubt, EBS too. */
export async function observe(ports: Ports, volume: string): Promise<Observation> {
  const reachAt = ports.clock.now();
  const [ledger, volumes, instances, recoveryPoints, reach] = await Promise.all([
    ports.ledger.read(volume),
    ports.compute.volumes(volume),
    ports.compute.instances(),
    ports.compute.recoveryPoints(volume),
    ports.balancer.reach(volume),
  ]);
  const current = currentVolume({ ledger, volumes });
  const attachment = current?.attachments.find((a) => a.state === 'attached');
  const holder = instances.find((i) => i.id === attachment?.instanceId && i.state === 'running');
  const probe = current && holder && (await ports.host.probe(holder.id, volume, current.id));
  const doubtful = probe?.state === 'timeout' || probe?.state === 'unreachable';
  const [io, failingSince] = await Promise.all([
    doubtful && current && holder ? ports.monitor.io(current.id, holder.id) : undefined,
    probe?.state === 'serving' ? undefined : ports.monitor.failingSince(volume),
  ]);
  const at = ports.clock.now();
  const answered = 'why' in reach ? undefined : reach;
  return {
    volume,
    at,
    ledger,
    volumes,
    instances,
    recoveryPoints,
    reachableOn: answered?.on,
    reachAt,
    answering: answered?.answering,
    unasked: 'why' in reach ? reach.why : undefined,
    probe,
    io,
    failingSince,
  };
}
