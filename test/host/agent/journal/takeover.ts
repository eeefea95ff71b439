import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Takeover, takeOver } from '../../../../host/agent/applier/takeover.ts';
import { Spool } from '../../../../host/agent/journal/spool.ts';
import type { JournalStore } from '../../../../host/agent/journal/store.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import type { Volume } from '../kernel/lab.ts';
import { CLOCK, pause, type Standby } from './agents.ts';
import { pictureOf } from './on-disk.ts';

/** A standby takes over, for a writer whose root disk is a directory. */
export function take(
  standby: Standby,
  store: JournalStore,
  { disk, term, deadlineMs }: { readonly disk: string; readonly term: number; readonly deadlineMs: number },
): Promise<Takeover> {
  mkdirSync(disk, { recursive: true });
  return takeOver(
    {
      volume: 'alpha',
      term,
      writer: `owner-${term}`,
      mountPoint: standby.volume.mountPoint,
      device: standby.volume.device,
      markerCopy: join(disk, 'marker'),
      index: join(disk, 'index'),
      store,
      spool: new Spool(join(disk, 'spool')),
      tree: standby.tree,
      left: standby.left,
      clock: CLOCK,
      pause,
    },
    standby.applier,
    deadlineMs,
  );
}

/** What is on one of two volumes and not on the other: a line each. */
export async function differences(one: Volume, other: Volume): Promise<string[]> {
  const pictures = await Promise.all(
    [one, other].map(async (volume) => {
      const resolver = await Resolver.open(volume);
      const picture = await pictureOf(volume.mountPoint, resolver);
      resolver.close();
      return picture;
    }),
  );
  const [there = [], here = []] = pictures;
  const all = [...there.filter((line) => !here.includes(line)), ...here.filter((line) => !there.includes(line))];
  return all.map((line) => line.slice(0, 120));
}
