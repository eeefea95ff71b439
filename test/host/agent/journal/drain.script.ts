/**
 * How long it takes to apply a journal onto a spare, on real XFS: `drain.script.ts SEGMENTS FILES LATENCY`, files of 8 KB in each segment, milliseconds until S3
 * answers. Prints milliseconds in all and for a segment, and those of this process' CPU. For people: no test looks at a time.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Applier } from '../../../../host/agent/applier/applier.ts';
import { openSpare } from '../../../../host/agent/applier/open.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { identity, type JournalRecord, ROOT } from '../../../../journal/record.ts';
import { encode } from '../../../../journal/segment/encode.ts';
import { end, Volume } from '../kernel/lab.ts';
import { CLOCK } from './agents.ts';
import { MemoryJournal } from './memory-store.ts';

const SEGMENTS = Number(process.argv[2] ?? 750);
const FILES = Number(process.argv[3] ?? 10);
const LATENCY = Number(process.argv[4] ?? 25);
const journal = new MemoryJournal();
const disk = mkdtempSync(join(tmpdir(), 'drain-'));
for (let n = 1; n <= SEGMENTS; n++) {
  const t = BigInt(Date.now()) * 1_000_000n;
  const at = { mode: 0o644, uid: 0, gid: 0, mtime: t, ctime: t, xattrs: {} };
  const d = identity(`81d${n}`);
  const records: JournalRecord[] = [
    { record: 'directory', identity: d, path: `c${n}`, ...at, mode: 0o755 },
    { record: 'name', directory: ROOT, name: `c${n}`, identity: d, path: `c${n}` },
  ];
  const contents: Buffer[] = [];
  for (let f = 0; f < FILES; f++) {
    const content = Buffer.alloc(8000, `${n} ${f} `);
    contents.push(content);
    const i = identity(`81f${n}.${f}`.replace('.', '-'));
    records.push({
      record: 'file',
      identity: i,
      path: `c${n}/f${f}`,
      ...at,
      size: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      content: 'here',
    });
    records.push({ record: 'name', directory: d, name: `f${f}`, identity: i, path: `c${n}/f${f}` });
  }
  const chunks: Uint8Array[] = [];
  const header = {
    volume: 'alpha',
    term: 1,
    writer: 'w',
    run: 1,
    kind: 'segment',
    taken: Date.now(),
    complete: Date.now(),
  } as const;
  for await (const c of encode(
    header,
    records,
    (async function* () {
      yield* contents;
    })(),
  ))
    chunks.push(c);
  const bytes = Buffer.concat(chunks);
  const path = join(disk, 'x');
  writeFileSync(path, bytes);
  await journal.put(
    n,
    { term: 1, writer: 'w', run: 1, kind: 'segment', sum: createHash('sha256').update(bytes).digest('hex') },
    { path, size: bytes.length },
  );
}
const read = journal.read.bind(journal);
journal.read = async (n) => {
  await new Promise((r) => setTimeout(r, LATENCY));
  return read(n);
};
const volume = new Volume('bench');
writeFileSync(
  join(volume.mountPoint, '.remount/journal'),
  JSON.stringify({ volume: 'alpha', term: 1, writer: 'w', run: 1, acknowledged: 0, fenced: false, sealed: true }),
);
const resolver = await Resolver.open(volume);
const tree = await openSpare({ volume: 'alpha', mountPoint: volume.mountPoint, resolver, clock: CLOCK, moment: 0 });
const applier = await Applier.open({ volume: 'alpha', mountPoint: volume.mountPoint, store: journal, tree, resolver });
const from = performance.now();
const before = process.cpuUsage();
for (;;) {
  const { next } = await applier.next();
  if (next === 'wait') break;
  if (next !== 'applied') throw new Error(next);
}
const used = process.cpuUsage(before);
const ms = performance.now() - from;
const files = volume.sh('find . -path ./.remount -prune -o -type f -print | wc -l').trim();
const { cursor } = applier.progress;
resolver.close();
tree.close();
const [perSegment, cpu] = [ms / SEGMENTS, (used.user + used.system) / 1000];
end({ files, cursor, ms, perSegment, cpu }, volume);
