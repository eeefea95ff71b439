import { existsSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../../../contract/contract.ts';
import { JOURNAL_LAG, SPARE_LAG } from '../../../contract/journal.ts';
import type { Clock } from '../../../journal/write/source.ts';
import { Applier } from '../applier/applier.ts';
import { follow } from '../applier/follow.ts';
import { Late } from '../applier/late.ts';
import { openSpare, takeBack } from '../applier/open.ts';
import { takeOver } from '../applier/takeover.ts';
import type { LateCounts } from '../journal/late.ts';
import { MARKER, readMarker } from '../journal/marker.ts';
import { S3Journal } from '../journal/s3.ts';
import { journalClient } from '../journal/s3-client.ts';
import { WriterEnded } from '../journal/send.ts';
import { Spool } from '../journal/spool.ts';
import type { JournalStore } from '../journal/store.ts';
import { LATE, Tree } from '../journal/tree.ts';
import { KernelEvents } from '../kernel/events.ts';
import type { Watched } from '../kernel/helper.ts';
import { Resolver } from '../kernel/resolver.ts';
import { Writer } from '../writer/writer.ts';
import { gaugeLag } from './gauge.ts';
import { type Settings, stateOf, writerOf } from './settings.ts';
import { type Answer, ask, listen } from './socket.ts';

/** What a command prints, and exits with. */
export interface Said {
  readonly state: string;
  readonly values?: Answer;
  readonly code?: number;
}

/** A writer that has ended for good is not started again: `RestartPreventExitStatus` of its unit. No verb has this code. */
const ENDED_FOR_GOOD = 34;

/** A volume may be frozen for a snapshot, half a minute: then a change waits. Milliseconds. */
const RESOLVER_MS = 90_000;
/** Seconds. */
const DEADLINE = 10;
/** A process that is asked to stop ends what it does. Milliseconds. */
const STOP_MS = 30_000;

const CLOCK: Clock = { now: () => performance.now(), wall: () => BigInt(Date.now()) * 1_000_000n };

/** On the owner: until it is asked to stop, is fenced, or the volume is unmounted. */
export async function write(settings: Settings): Promise<Said> {
  const state = stateOf(settings);
  const mine = writerOf(settings);
  await mkdir(settings.state, { recursive: true, mode: 0o700 });
  const tree = new Tree(state.index, { durable: false });
  const events = await KernelEvents.open(watchedOf(settings));
  const resolver = await resolverOf(settings);
  const { volume, mountPoint } = settings;
  const store = storeOf(settings);
  const listening = () => rm(state.late, { force: true });
  const left = { volume, mountPoint, store, tree, resolver, ...marginOf(settings), listening, ended: tellLate };
  const late = tree.meta(LATE) === undefined ? undefined : new Late(left);
  if (!late) await listening();
  const writer = new Writer({
    ...mine,
    volume,
    mountPoint,
    markerCopy: state.markerCopy,
    store,
    tree,
    ...(late ? { late } : {}),
    spool: new Spool(state.spool),
    resolver,
    events,
    clock: CLOCK,
  });
  const server = await listen(settings.socket, async (request) => {
    if (request.ask === 'stop') writer.stop();
    if (request.ask === 'flush') return { ...(await writer.flush(request.deadlineMs)) };
    const { unreadable, complete, trouble, late, ...status } = writer.status;
    const after: Answer = late ? { late: late.segments, left: late.left } : {};
    return {
      ...status,
      unreadable: unreadable.length,
      complete: momentOf(complete),
      trouble: trouble ?? null,
      ...after,
    };
  });
  const { statsd } = settings;
  const gauge =
    statsd === undefined ? undefined : gaugeLag(statsd, { name: JOURNAL_LAG, volume, lag: () => writer.status.lag });
  onSignal(() => writer.stop());
  try {
    return { state: await writer.run() };
  } catch (error) {
    if (!(error instanceof WriterEnded)) throw error;
    return { state: error.why.ended, values: { why: error.message }, code: ENDED_FOR_GOOD };
  } finally {
    gauge?.close();
    server.close();
    resolver.close();
    tree.close();
  }
}

/** On a standby: until it is asked to stop. */
export async function followOn(settings: Settings): Promise<Said> {
  if (await isOwner(settings))
    return { state: 'busy', values: { why: 'this host is the owner of what is mounted there' }, code: EXIT.busy };
  const { resolver, tree, applier } = await spareOf(settings);
  let stopping = false;
  let wake = () => {};
  let trouble: string | undefined;
  const baseAt = Date.now() - ((await ageOf(join(settings.mountPoint, MARKER))) ?? 0);
  let headAt: number | undefined;
  const stop = () => {
    stopping = true;
    wake();
  };
  const server = await listen(settings.socket, async (request) => {
    if (request.ask === 'flush') throw new Error('a follower has nothing to flush');
    if (request.ask === 'stop') stop();
    // Whoever asks wants to know how it is now.
    else wake();
    const { cursor, term, complete, passed, files } = applier.progress;
    const head = headAt === undefined ? undefined : Date.now() - Math.round(CLOCK.now() - headAt);
    const shown = { cursor, term, passed, files, complete: momentOf(complete) };
    return { ...shown, headAt: momentOf(head), trouble: trouble ?? null };
  });
  const { statsd, volume } = settings;
  // One that starts all the time, or on one base after the other, and never has all there is, shows.
  const lag = () => (headAt === undefined ? Date.now() - (applier.progress.complete ?? baseAt) : CLOCK.now() - headAt);
  const gauge = statsd === undefined ? undefined : gaugeLag(statsd, { name: SPARE_LAG, volume, lag });
  onSignal(stop);
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const said = (why: string | undefined) => {
    trouble = why;
  };
  try {
    const head = () => {
      headAt = CLOCK.now();
    };
    await follow(applier, { pause, stopping: () => stopping, trouble: said, head });
    return { state: 'stopped' };
  } finally {
    gauge?.close();
    server.close();
    resolver.close();
    tree.close();
  }
}

/** Asks the writer that runs here. */
export async function flush(settings: Settings): Promise<Said> {
  const deadlineMs = (settings.deadline ?? DEADLINE) * 1000;
  const answer = await ask(settings.socket, { ask: 'flush', deadlineMs }, deadlineMs + 2000);
  if (!answer) return { state: 'busy', values: { why: 'no writer runs here' }, code: EXIT.busy };
  const { flushed, ...values } = answer;
  return flushed === true ? { state: 'flushed', values } : { state: 'timeout', values, code: EXIT.timeout };
}

export async function status(settings: Settings): Promise<Said> {
  const answer = await ask(settings.socket, { ask: 'status' }, 5000);
  return answer ? { state: 'running', values: answer } : { state: 'stopped' };
}

/** Takes over what is mounted here, for a writer with this term: see `takeOver`. A follower that runs here is stopped. May be done again. */
export async function drain(settings: Settings): Promise<Said> {
  const until = CLOCK.now() + (settings.deadline ?? DEADLINE) * 1000;
  const { volume, mountPoint } = settings;
  const mine = writerOf(settings);
  const state = stateOf(settings);
  const marker = await readMarker(join(mountPoint, MARKER));
  const done = marker?.term === mine.term && marker.writer === mine.writer && marker.sealed;
  if (done && existsSync(state.index))
    return { state: 'drained', values: { cursor: marker.acknowledged, passed: true } };
  await ask(settings.socket, { ask: 'stop' }, 5000);
  await unlocked(() => takeBack(mountPoint, state.index, state.markerCopy), until);
  const { resolver, tree, applier, device, left } = await spareOf(settings, until, true);
  try {
    const taken = await takeOver(
      {
        ...mine,
        volume,
        mountPoint,
        device,
        markerCopy: state.markerCopy,
        index: state.index,
        store: storeOf(settings),
        spool: new Spool(state.spool),
        tree,
        left,
        clock: CLOCK,
        pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      },
      applier,
      until - CLOCK.now(),
    );
    const { state: how, seal = null, cursor, passed, complete, files, why = null } = taken;
    return { state: how, values: { seal, cursor, passed, complete: momentOf(complete), files, why } };
  } finally {
    resolver.close();
  }
}

async function spareOf(settings: Settings, until = CLOCK.now() + STOP_MS, anew = false) {
  const { volume, mountPoint, moment } = settings;
  await mkdir(settings.state, { recursive: true, mode: 0o700 });
  const resolver = await resolverOf(settings);
  const world = { volume, mountPoint, resolver, clock: CLOCK, anew };
  const taken = moment === undefined ? {} : { moment: Date.parse(moment) };
  const tree = await unlocked(() => openSpare({ ...world, ...taken }), until);
  const of = { volume, mountPoint, store: storeOf(settings), tree, resolver, ...marginOf(settings) };
  const { device } = resolver;
  if (tree.meta(LATE) === undefined) return { resolver, tree, applier: await Applier.open(of), device, left: () => 0 };
  const late = new Late(of);
  await late.begin();
  return { resolver, tree, applier: await late.applier(), device, left: () => late.counts.left };
}

/** For people, in the log of the unit. */
function tellLate({ segments, left, paths, why }: LateCounts): void {
  console.error(`remount: what was left of the journal is applied: ${segments} segments`);
  if (why !== undefined) console.error(`remount: the rest of it is not applied: ${why}`);
  if (left === 0) return;
  console.error(
    `remount: ${left} statements are not, for what they name was touched, or may have been, since it is served:`,
  );
  for (const path of paths) console.error(`remount: left as it is: ${JSON.stringify(path)}`);
}

function marginOf({ margin }: Settings) {
  return margin === undefined ? {} : { marginMs: margin * 1000 };
}

/** Milliseconds since a file was written; `undefined` where there is none. */
async function ageOf(path: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** After `drain` this is no spare any more, whoever starts a follower again. */
async function isOwner(settings: Settings): Promise<boolean> {
  const { index, markerCopy } = stateOf(settings);
  const [here, copy] = [await readMarker(join(settings.mountPoint, MARKER)), await readMarker(markerCopy)];
  if (!here || !copy || copy.fenced || !existsSync(index)) return false;
  return here.volume === copy.volume && here.term === copy.term && here.writer === copy.writer;
}

/** Another process that is about to end may still have it. */
async function unlocked<T>(open: () => Promise<T>, until: number): Promise<T> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== 5 || CLOCK.now() >= until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function storeOf({ region, bucket, volume, endpoint }: Settings): JournalStore {
  const elsewhere = endpoint === undefined ? {} : { endpoint, forcePathStyle: true };
  return new S3Journal(journalClient({ region, ...elsewhere }), { bucket, volume });
}

function watchedOf({ mountPoint, helpers }: Settings): Watched {
  return { mountPoint, ...(helpers === undefined ? {} : { helpers }) };
}

function resolverOf(settings: Settings): Promise<Resolver> {
  return Resolver.open(watchedOf(settings), { deadlineMs: RESOLVER_MS });
}

function momentOf(complete: number | undefined): string | null {
  return complete === undefined ? null : new Date(complete).toISOString();
}

function onSignal(stop: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
}
