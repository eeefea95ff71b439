/**
 * Segments that are applied in one step, on real XFS: killed within it at call after call, and done again while S3 has the first of them alone. Prints what
 * came of it as JSON.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Identity, identity, type JournalRecord, ROOT } from '../../../../journal/record.ts';
import { encode } from '../../../../journal/segment/encode.ts';
import { end, Volume } from '../kernel/lab.ts';
import { Standby } from './agents.ts';
import { MemoryJournal } from './memory-store.ts';
import { Killed } from './mortal.ts';

const disk = mkdtempSync(join(tmpdir(), 'remount-steps-'));
const [D, E, F, G] = ['81d', '81e', '81f', '81a'].map(identity) as [Identity, Identity, Identity, Identity];
const at = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000_000_000_000n, ctime: 1n, xattrs: {} };
const directory = (identity: Identity, path: string): JournalRecord => ({
  record: 'directory',
  identity,
  path,
  ...at,
  mode: 0o755,
});
const file = (identity: Identity, path: string, text: string): JournalRecord => ({
  record: 'file',
  identity,
  path,
  ...at,
  size: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
  content: 'here',
});
const named = (directory: Identity, name: string, identity: Identity | null): JournalRecord => ({
  record: 'name',
  directory,
  name,
  identity,
  path: name,
});

/** A directory and a file are made, move, and others come into their places. */
const SEGMENTS: readonly { readonly records: JournalRecord[]; readonly content: string }[] = [
  { records: [directory(D, 'p'), named(ROOT, 'p', D), file(F, 'p/f', 'one'), named(D, 'f', F)], content: 'one' },
  { records: [named(ROOT, 'q', D), directory(E, 'p'), named(ROOT, 'p', E)], content: '' },
  {
    records: [file(F, 'q/f', 'two'), named(D, 'g', F), file(G, 'q/f', 'three'), named(D, 'f', G)],
    content: 'twothree',
  },
];

async function journalOf(): Promise<MemoryJournal> {
  const journal = new MemoryJournal();
  for (const [i, { records, content }] of SEGMENTS.entries()) {
    const header = { volume: 'alpha', term: 1, writer: 'w', run: 1, kind: 'segment', taken: 0, complete: 0 } as const;
    const chunks: Uint8Array[] = [];
    const staged = async function* () {
      if (content !== '') yield Buffer.from(content);
    };
    for await (const chunk of encode(header, records, staged())) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const path = join(disk, 'segment');
    writeFileSync(path, bytes);
    const sum = createHash('sha256').update(bytes).digest('hex');
    await journal.put(i + 1, { term: 1, writer: 'w', run: 1, kind: 'segment', sum }, { path, size: bytes.length });
  }
  return journal;
}

/** @returns what is there in the end, and whether it was killed at all */
async function killedAfter(calls: number): Promise<{ readonly killed: boolean; readonly there: string }> {
  const journal = await journalOf();
  const volume = new Volume(`steps-${calls}`);
  const marker = { volume: 'alpha', term: 1, writer: 'w', run: 1, acknowledged: 0, fenced: false, sealed: true };
  writeFileSync(join(volume.mountPoint, '.remount/journal'), JSON.stringify(marker));
  const standby = new Standby(volume, journal, 0);
  await standby.start();
  standby.life.killAfter(calls);
  const killed = await standby.applier.next().then(
    () => false,
    (error) => {
      if (!(error instanceof Killed)) throw error;
      return true;
    },
  );
  standby.stop();
  // From now on S3 has the first of them alone, for a while.
  const { read } = journal;
  journal.read = async (number) => (number === 1 ? read.call(journal, number) : { answer: 'unheard' });
  await standby.start();
  await standby.applier.next();
  journal.read = read;
  await standby.apply();
  const there = volume.sh(
    'find . -path ./.remount -prune -o -type d -print | sort; cat q/f q/g; ls .remount/spare/limbo',
  );
  standby.stop();
  volume.close();
  return { killed, there: there.trim().replaceAll('\n', ' ') };
}

/** What was changed on a spare, and not synced, when its tree was: nothing, where a power cut is to leave no cursor that is ahead of it. */
async function unsynced(): Promise<{ readonly transactions: number; readonly early: string[] }> {
  const volume = new Volume('steps-synced');
  const marker = { volume: 'alpha', term: 1, writer: 'w', run: 1, acknowledged: 0, fenced: false, sealed: true };
  writeFileSync(join(volume.mountPoint, '.remount/journal'), JSON.stringify(marker));
  const standby = new Standby(volume, await journalOf(), 0);
  await standby.start();
  let changed: string[] = [];
  const early: string[] = [];
  let transactions = 0;
  standby.watch = (call) => {
    if (['dress', 'rename', 'link'].includes(call)) changed.push(call);
    if (call === 'sync') changed = [];
    if (call !== 'transaction') return;
    transactions++;
    early.push(...changed);
  };
  await standby.apply();
  standby.stop();
  volume.close();
  return { transactions, early };
}

const there = new Set<string>();
let kills = 0;
for (let calls = 1; ; calls += 2) {
  const done = await killedAfter(calls);
  there.add(done.there);
  if (!done.killed) break;
  kills++;
}
const synced = await unsynced();
rmSync(disk, { recursive: true });
end({ there: [...there], many: kills > 10, unsynced: synced });
