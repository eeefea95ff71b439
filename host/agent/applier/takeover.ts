import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../journal/write/source.ts';
import { MARKER, raiseRun, type VolumeMarker, writeMarker } from '../journal/marker.ts';
import { Sender, Stopped, WriterEnded } from '../journal/send.ts';
import type { Spool } from '../journal/spool.ts';
import type { JournalStore } from '../journal/store.ts';
import { ADOPTED, LATE, type Tree } from '../journal/tree.ts';
import type { Applier, Next } from './applier.ts';
import { Layout } from './layout.ts';

export interface TakeoverWorld {
  readonly volume: string;
  /** Of the owner that is to be. */
  readonly term: number;
  readonly writer: string;
  readonly mountPoint: string;
  /** `major:minor` of what is mounted there. */
  readonly device: string;
  readonly markerCopy: string;
  /** Where the index of the writer is to be, on the root disk. */
  readonly index: string;
  readonly store: JournalStore;
  readonly spool: Spool;
  readonly tree: Tree;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  /** It was left to people before all was here: how much was not applied, for it was touched. @default none */
  readonly left?: () => number;
}

/**
 * - `drained`: all that was acknowledged before the seal is here.
 * - `unsealed`: S3 does not take the seal; the writer will, before it writes anything else.
 * - `undrained`: sealed, and not all of it is here.
 * - `fenced`: somebody has a higher term; it must not serve.
 */
export interface Takeover {
  readonly state: 'drained' | 'unsealed' | 'undrained' | 'fenced';
  /** Number of the seal. */
  readonly seal: number | undefined;
  readonly cursor: number;
  /** As of the volume in the end. */
  readonly passed: boolean;
  readonly complete: number | undefined;
  /** Of which content was applied. */
  readonly files: number;
  readonly why: string | undefined;
}

const LOOK_MS = 200;

/**
 * Seals the journal with a term, reads it to the seal, and leaves the volume as its writer finds it: with its marker, and with the index of what the journal
 * has. May be done again. Whatever comes of it, the spare's tree is no more: from now on this is an owner's volume.
 *
 * @throws MarkerError where this term is another's or has ended; any error of the volume or the root disk
 */
export async function takeOver(world: TakeoverWorld, applier: Applier, deadlineMs: number): Promise<Takeover> {
  const { clock, mountPoint, device, markerCopy, volume, term, writer } = world;
  const until = clock.now() + deadlineMs;
  const isOver = () => clock.now() >= until;
  const raised = await raiseRun({ mountPoint, device, copy: markerCopy }, { volume, term, writer });
  const marker = { ...raised, acknowledged: Math.max(raised.acknowledged, applier.progress.cursor) };
  if (marker.fenced) return ended('fenced', applier, undefined, undefined);
  let seal: number | undefined;
  let why: string | undefined;
  try {
    seal = await sealed(world, marker, isOver, (trouble) => {
      why = trouble ?? why;
    });
  } catch (error) {
    if (error instanceof WriterEnded && error.why.ended === 'fenced') {
      await writeMarker(markerCopy, { ...marker, fenced: true });
      return ended('fenced', applier, seal, error.message);
    }
    if (!(error instanceof Stopped)) throw error;
  }
  why = (await drain(world, applier, seal, isOver)) ?? (seal === undefined ? why : undefined);
  const { cursor, owed } = applier.progress;
  // What people have touched is as the journal has it once the writer has stated all that is named after the marker.
  const owes = owed !== undefined || (world.left?.() ?? 0) > 0;
  const isSealed = seal !== undefined && cursor >= seal && !owes;
  // Before the seal there may be nothing to read: on a new volume, of which nothing was ever written.
  const isDrained = seal !== undefined && cursor + 1 >= seal && !owes;
  const state = seal === undefined ? 'unsealed' : isDrained ? 'drained' : 'undrained';
  const result = ended(state, applier, seal, why);
  const acknowledged = owes ? raised.acknowledged : cursor;
  await handOver(world, { ...marker, acknowledged, sealed: isSealed }, applier, !isDrained);
  return result;
}

function ended(
  state: Takeover['state'],
  applier: Applier,
  seal: number | undefined,
  why: string | undefined,
): Takeover {
  const { cursor, passed, complete, files, owed } = applier.progress;
  const upTo = state === 'undrained' ? Math.min(cursor, (seal ?? cursor + 1) - 1, (owed ?? cursor + 1) - 1) : cursor;
  return { state, seal, cursor: upTo, passed, complete, files, why };
}

async function sealed(
  { store, spool, clock, pause, volume }: TakeoverWorld,
  marker: VolumeMarker,
  isOver: () => boolean,
  trouble: (why: string | undefined) => void,
): Promise<number> {
  const sender = new Sender({ store, clock, pause, stopping: isOver, restate: () => {}, trouble });
  const found = await sender.start(marker);
  if (found !== undefined) return found;
  await spool.clear();
  await (await spool.stage()).close();
  const { term, writer, run } = marker;
  const taken = Number(clock.wall() / 1_000_000n);
  const header = { volume, term, writer, run, kind: 'seal', taken, complete: undefined } as const;
  return sender.send(await spool.make(header, []), { term, writer, run, kind: 'seal' });
}

/** Up to a number; without one, what is there. @returns why it did not get there */
async function drain(
  { clock, pause }: TakeoverWorld,
  applier: Applier,
  to: number | undefined,
  isOver: () => boolean,
): Promise<string | undefined> {
  let why: string | undefined;
  while (to === undefined || applier.progress.cursor < to) {
    if (isOver()) return why ?? 'the deadline';
    const next: Next = await applier.next();
    if (next.next === 'damaged') return `number ${applier.progress.cursor + 1} is damaged: ${next.damage.code}`;
    if (next.next === 'unfit' && !applier.goOn(Number(clock.wall() / 1_000_000n))) return next.why;
    if (next.next === 'wait' && to === undefined) return undefined;
    if (next.next === 'unheard') why = next.why;
    if (next.next === 'wait' || next.next === 'unheard') await pause(LOOK_MS);
  }
  return undefined;
}

/**
 * The index of the writer is what the journal has. Where that is not known, for the copy was not as the owner was, there is none: the writer says so, and
 * other spares begin anew. Where something is left to be applied, the writer has to know all the same how the volume was when it was left to people.
 */
async function handOver(
  world: TakeoverWorld,
  marker: VolumeMarker,
  applier: Applier,
  isBehind: boolean,
): Promise<void> {
  const { tree, index, clock, mountPoint, device, markerCopy } = world;
  const { passed, unfit } = applier.progress;
  for (const end of ['', '-wal', '-shm', '-journal', '.new']) await rm(`${index}${end}`, { force: true });
  const isLate = isBehind && unfit === undefined;
  const isKnown = passed && unfit === undefined;
  tree.transaction(() => {
    tree.setMeta(ADOPTED, isKnown ? `${clock.wall()}` : undefined);
    tree.setMeta(LATE, isLate ? `${clock.wall()}` : undefined);
  });
  if (isKnown || isLate) {
    tree.copyTo(`${index}.new`);
    await rename(`${index}.new`, index);
  }
  await writeMarker(markerCopy, marker);
  await writeMarker(join(mountPoint, MARKER), marker, device);
  tree.close();
  const { tree: path } = new Layout(mountPoint);
  for (const end of ['-wal', '-shm', '']) if (existsSync(`${path}${end}`)) await rm(`${path}${end}`);
}
