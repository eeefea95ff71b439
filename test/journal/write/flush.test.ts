import { expect, test } from '@jest/globals';
import { LIMITS } from '../../../journal/write/batch.ts';
import { DirtySet } from '../../../journal/write/dirty.ts';
import { Gatherer } from '../../../journal/write/gather.ts';
import { MemoryStage, Owner, Time } from '../reference/owner.ts';
import { MemoryIndex } from './memory-index.ts';

/** Four files fill a segment, and ten times as many are made meanwhile. */
const BYTES = 100;
const PER_SEGMENT = 4;
const MEANWHILE = 40;

test('what came to light with a directory is taken before what has changed since, however much keeps coming', async () => {
  const [time, dirty, index] = [new Time(), new DirtySet(), new MemoryIndex()];
  let heard = true;
  const owner = new Owner(
    time,
    (change) => {
      if (heard) dirty.note(change, time.ms);
    },
    () => undefined,
  );
  const limits = { ...LIMITS, bytes: PER_SEGMENT * BYTES };
  const gatherer = new Gatherer({ dirty, index, source: owner, clock: time, limits });
  dirty.heardUpTo(time.ms);
  // As a course is: unpacked where nobody listens, and renamed to where it is served.
  heard = false;
  owner.files.mkdir('aside');
  const levels = ['aside', 'aside/a', 'aside/a/b'];
  for (const level of levels.slice(1)) owner.files.mkdir(level);
  for (const level of levels) for (let n = 0; n < 8; n++) owner.files.write(`${level}/${n}`, Buffer.alloc(BYTES, n));
  heard = true;
  owner.files.rename('aside', 'course');
  const asked = ++time.ms;
  dirty.hurry(true);

  let rounds = 0;
  while ((gatherer.takenUpTo ?? 0) < asked && rounds < 50) {
    dirty.heardUpTo(time.ms);
    const batch = await gatherer.gather(new MemoryStage());
    index.apply({ nodes: batch.nodes, names: batch.names });
    gatherer.acknowledged(batch, ++rounds);
    time.ms++;
    for (let n = 0; n < MEANWHILE; n++) owner.files.write(`later-${rounds}-${n}`, Buffer.alloc(BYTES, n));
  }
  // 24 files, and those of the first round that were there with them.
  expect(rounds).toBeLessThan(12);
});

test('a name whose file is replaced between each look and its reading is stated with a file that was there', async () => {
  const [time, dirty, index] = [new Time(), new DirtySet(), new MemoryIndex()];
  const owner = new Owner(
    time,
    (change) => dirty.note(change, time.ms),
    () => undefined,
  );
  let replacements = 0;
  const replace = () => {
    owner.files.write('new', Buffer.alloc(BYTES, ++replacements));
    owner.files.rename('new', 'a');
  };
  const look = owner.look.bind(owner);
  let late = 0;
  owner.look = (identity) => {
    // Of three looks at a file in each batch two are too late.
    if (owner.files.byIdentity(identity)?.kind === 'file' && late++ % 3 < 2) replace();
    return look(identity);
  };
  const gatherer = new Gatherer({ dirty, index, source: owner, clock: time });
  replace();
  const asked = ++time.ms;
  dirty.hurry(true);
  dirty.heardUpTo(asked);
  const batch = await gatherer.gather(new MemoryStage());
  const stated = batch.names.find(({ name, identity }) => name === 'a' && identity);
  expect(stated?.identity && batch.nodes.get(stated.identity)?.kind).toBe('file');
});
