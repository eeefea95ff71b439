import { expect, test } from '@jest/globals';
import { DirtySet } from '../../../journal/write/dirty.ts';
import { Gatherer } from '../../../journal/write/gather.ts';
import { MemoryStage, Owner, Time } from '../reference/owner.ts';
import { MemoryIndex } from './memory-index.ts';

test('a directory that is renamed again before its name is due is somewhere all the same', async () => {
  const [time, dirty, index] = [new Time(), new DirtySet(), new MemoryIndex()];
  const owner = new Owner(
    time,
    (change) => dirty.note(change, time.ms),
    () => undefined,
  );
  const gatherer = new Gatherer({ dirty, index, source: owner, clock: time });
  const root = owner.files.root.identity;
  dirty.add({ of: 'node', identity: root }, 0);
  const state = async (ms: number) => {
    time.ms += ms;
    dirty.heardUpTo(time.ms);
    const { nodes, names } = await gatherer.gather(new MemoryStage());
    index.apply({ nodes, names });
  };
  owner.files.mkdir('d-0');
  await state(1001);
  const directory = index.name(root, 'd-0');
  for (let n = 1; n <= 20; n++) {
    owner.files.rename(`d-${n - 1}`, `d-${n}`);
    await state(700);
    const at = Array.from({ length: n + 1 }, (_, m) => index.name(root, `d-${m}`));
    expect(at.filter((identity) => identity === directory)).toHaveLength(1);
  }
});
