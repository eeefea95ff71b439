/**
 * What was left of the journal when a volume was left to people, and comes when S3 does: on real XFS. With `rules`, what people and journal say of the same
 * things, with `unheard` and `again` what else a takeover may meet; with a seed and a number of rounds, operations by chance, and the new owner's agent killed at any call. Prints what came of it as JSON.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { Random } from '../../../../simulator/time/random.ts';
import { MemoryFiles } from '../../../journal/reference/files.ts';
import { Generator, type Operation, perform } from '../../../journal/reference/operations.ts';
import { end, Volume } from '../kernel/lab.ts';
import { CLOCK, MARGIN, Owner, pause, Standby } from './agents.ts';
import { MemoryJournal } from './memory-store.ts';
import { OnDisk } from './on-disk.ts';
import { changeOf, MAY_CHANGE_NOTHING, pathsOf, stateOf } from './paths.ts';
import { differences, take } from './takeover.ts';

const disks = mkdtempSync(join(tmpdir(), 'remount-late-'));
let stories = 0;

interface Story {
  /** On the volume before any of it. */
  readonly before: (volume: Volume) => Promise<void>;
  /** By the old owner's users, acknowledged and not read. */
  readonly behind: (volume: Volume) => Promise<void>;
  /** By the new owner's, before anybody listens, and while S3 is silent. */
  readonly unheard: (volume: Volume) => Promise<void>;
  readonly meanwhile: (volume: Volume) => Promise<void>;
  /** Whether the copy is known to be as the journal has it. */
  readonly passed: boolean;
  /** Else it is served unsealed. */
  readonly sealed: boolean;
  /** Calls after which the new owner's agent is killed, once S3 answers. */
  readonly killedAfter: readonly number[];
}

/** @returns both volumes, to be looked at, and what the new owner's agent and a spare that follows it say */
async function play(story: Story) {
  const name = `story-${++stories}`;
  const journal = new MemoryJournal();
  const first = new Volume(`${name}-first`);
  await story.before(first);
  const owner = new Owner(first, join(disks, `${name}-1`), journal, 1);
  mkdirSync(join(disks, `${name}-1`));
  await owner.start();
  await flush(owner);
  const copyOf = async (which: string): Promise<Standby> => {
    const standby = new Standby(new Volume(`${name}-${which}`, first), journal, Date.now());
    await standby.start();
    return standby;
  };
  await pause(2 * MARGIN);
  const [next, watching] = [await copyOf('next'), await copyOf('watching')];
  if (story.passed) {
    await pause(2 * MARGIN);
    first.sh('touch passed');
    await flush(owner);
    await next.apply();
  }
  await story.behind(first);
  await flush(owner);
  owner.writer.stop();
  await owner.ended();
  if (!story.sealed) journal.mishap = () => 'busy';
  const { state } = await take(next, journal, {
    disk: join(disks, `${name}-2`),
    term: 2,
    deadlineMs: story.sealed ? 0 : 300,
  });
  next.resolver.close();
  await story.unheard(next.volume);
  const second = new Owner(next.volume, join(disks, `${name}-2`), journal, 2);
  journal.mishap = () => 'busy';
  await second.start();
  // It listens, and asks S3.
  for (let i = 0; i < 30_000 && second.writer.status.trouble === undefined; i++) await pause(20);
  await story.meanwhile(next.volume);
  await pause(100);
  journal.mishap = () => undefined;
  for (const calls of story.killedAfter) {
    await second.kill(calls);
    await second.start();
  }
  await flush(second);
  const { late } = second.writer.status;
  const unfit = await watching.apply();
  const unlike = unfit === undefined ? await differences(next.volume, watching.volume) : [];
  second.writer.stop();
  await second.ended();
  watching.stop();
  const aside = next.volume.sh('ls .remount/spare/fresh .remount/spare/limbo | grep -v : || true').trim();
  const close = () => {
    for (const volume of [first, next.volume, watching.volume]) volume.close();
  };
  return { state, old: first, now: next.volume, late, unfit, unlike, aside, close };
}

async function flush(owner: Owner): Promise<void> {
  const failed = owner.ended().then((ended) => {
    throw ended;
  });
  const { flushed, left } = await Promise.race([owner.writer.flush(60_000), failed]);
  failed.catch(() => {});
  if (!flushed) throw new Error(`not flushed, left: ${left}, ${JSON.stringify(owner.writer.status)}`);
}

const sh = (script: string) => async (volume: Volume) => {
  volume.sh(script);
};

/** Each thing that both have to do with is a directory of its own. */
async function rules(sealed: boolean): Promise<object> {
  const { state, now, late, unfit, unlike, aside, close } = await play({
    before: sh(
      'mkdir quiet moved emptied used taken; for d in quiet moved emptied used taken; do echo old >$d/old; echo gone >$d/gone; done; mkdir -p deep/er; echo x >deep/er/x',
    ),
    behind: sh(
      [
        'mkdir quiet/new; echo late >quiet/new/file; echo late >quiet/old; rm quiet/gone; ln quiet/old quiet/hard; ln -s old quiet/link',
        'mv moved renamed; echo late >renamed/more',
        'rm -r emptied',
        'echo late >used/old; rm used/gone; echo late >used/new; echo late >used/comes; echo late >used/beside',
        'mv taken/old taken/place',
        'mv deep/er shallow',
      ].join('\n'),
    ),
    unheard: sh('echo mine >emptied/mine'),
    meanwhile: sh(
      [
        'echo mine >used/old; echo mine >>used/gone; rm used/gone; echo mine >used/new',
        'echo x >used/comes; rm used/comes',
        'echo mine >taken/place',
        'echo mine >top',
      ].join('\n'),
    ),
    passed: true,
    sealed,
    killedAfter: [],
  });
  const lines = (script: string) => now.sh(script).trim().split('\n');
  const said = {
    state,
    unfit,
    unlike,
    aside,
    quiet: lines('cd quiet; cat new/file old hard link; ls'),
    renamed: lines('ls -d moved renamed 2>/dev/null; cat renamed/old renamed/more'),
    emptied: lines('cat emptied/*'),
    used: lines('cd used; ls; cat old new beside'),
    taken: lines('cd taken; ls; cat old place'),
    deep: lines('cat shallow/x; ls deep'),
    left: late?.paths.toSorted(),
  };
  close();
  return said;
}

async function unheard(): Promise<object> {
  const { state, now, late, close } = await play({
    before: sh('mkdir quiet used; echo old >used/old'),
    behind: sh('echo late >quiet/new; echo late >used/old; echo late >used/new'),
    unheard: sh('echo mine >used/mine'),
    meanwhile: async () => {},
    passed: true,
    sealed: true,
    killedAfter: [],
  });
  const lines = (script: string) => now.sh(script).trim().split('\n');
  const said = {
    drained: state,
    there: lines('cd used; cat *'),
    quiet: lines('cat quiet/new'),
    left: late?.paths.toSorted(),
  };
  close();
  return said;
}

/** A takeover ends before all is read, and is done once more by a later term: served meanwhile, or not. */
async function again(served: boolean) {
  const name = `again-${served}`;
  const journal = new MemoryJournal();
  const first = new Volume(`${name}-first`);
  first.sh('mkdir quiet used; echo old >quiet/old; echo old >used/old');
  const disk = (which: string) => join(disks, `${name}-${which}`);
  mkdirSync(disk('1'));
  const owner = new Owner(first, disk('1'), journal, 1);
  await owner.start();
  await flush(owner);
  await pause(2 * MARGIN);
  const watching = new Standby(new Volume(`${name}-watching`, first), journal, Date.now());
  const next = new Standby(new Volume(`${name}-next`, first), journal, Date.now());
  for (const standby of [watching, next]) await standby.start();
  await pause(2 * MARGIN);
  first.sh('echo late >quiet/old; echo late >used/old; echo late >used/new');
  await flush(owner);
  owner.writer.stop();
  await owner.ended();
  const { state: once } = await take(next, journal, { disk: disk('2'), term: 2, deadlineMs: 0 });
  next.resolver.close();
  if (served) next.volume.sh('echo mine >used/old; echo mine >used/mine');
  await next.again(disk('2'));
  const { state: twice } = await take(next, journal, { disk: disk('2'), term: 3, deadlineMs: 20_000 });
  next.resolver.close();
  const second = new Owner(next.volume, disk('2'), journal, 3);
  await second.start();
  await flush(second);
  const unlike = (await watching.apply()) ?? (await differences(next.volume, watching.volume));
  second.writer.stop();
  await second.ended();
  watching.stop();
  const content = next.volume.sh('cat used/old quiet/old').trim().split('\n');
  for (const volume of [first, next.volume, watching.volume]) volume.close();
  return { once, twice, unlike, content };
}

let random = new Random(0, 'late');
const counts = { rounds: 0, operations: 0, killed: 0, unfit: 0, left: 0, checked: 0 };

/** Operations that are lawful on a volume, of which a model has the same. */
class Users {
  readonly #files = new MemoryFiles(CLOCK.wall, () => {});
  readonly #generator: Generator;
  /** Paths that were changed, and how they were left. */
  readonly #left = new Map<string, string>();

  constructor(name: string) {
    this.#generator = new Generator(random.stream(name), 100_000);
  }

  async act(volume: Volume, times: number): Promise<Operation[]> {
    const resolver = await Resolver.open(volume);
    const disk = new OnDisk(volume.mountPoint, resolver);
    const done: Operation[] = [];
    const touched = new Set<string>();
    const one = async (operation: Operation) => {
      const paths = pathsOf(operation);
      const before = paths.map((path) => changeOf(volume, path));
      await disk.do(operation);
      for (const [i, path] of paths.entries())
        if (!MAY_CHANGE_NOTHING.includes(operation.op) || changeOf(volume, path) !== before[i]) touched.add(path);
      perform(this.#files, operation);
      done.push(operation);
    };
    while (done.length < times) {
      const operation = this.#generator.next(this.#files);
      if (operation.op === 'mkfifo') continue;
      if (operation.op === 'attributes' && operation.path === '') continue;
      await one(operation);
    }
    for (const operation of this.#generator.close()) await one(operation);
    resolver.close();
    counts.operations += done.length;
    for (const path of [...this.#left.keys(), ...touched]) this.#left.set(path, stateOf(volume, path));
    return done;
  }

  perform(operation: Operation): void {
    perform(this.#files, operation);
  }

  /** What is not as its users have left it. */
  wrong(volume: Volume): string[] {
    return [...this.#left].flatMap(([path, left]) => {
      counts.checked++;
      const is = stateOf(volume, path);
      return is === left ? [] : [`${path}: ${left.slice(0, 60)}, and ${is.slice(0, 60)}`];
    });
  }
}

async function byChance(seed: number): Promise<string[]> {
  counts.rounds++;
  random = new Random(seed, 'late');
  const [old, mine] = [new Users('old'), new Users('mine')];
  const quiet = random.next() < 0.25;
  const killedAfter = quiet || random.next() < 0.3 ? [] : [random.whole(1, 120), random.whole(1, 200)];
  counts.killed += killedAfter.length;
  const story = await play({
    before: async (volume) => {
      for (const operation of await old.act(volume, 40)) mine.perform(operation);
    },
    behind: async (volume) => {
      await old.act(volume, random.whole(5, 60));
    },
    unheard: async (volume) => {
      if (!quiet && random.next() < 0.5) await mine.act(volume, random.whole(1, 8));
    },
    meanwhile: async (volume) => {
      if (!quiet) await mine.act(volume, random.whole(1, 15));
    },
    passed: random.next() < 0.7,
    sealed: random.next() < 0.5,
    killedAfter,
  });
  const { now, unfit, unlike, late, aside, close } = story;
  if (unfit !== undefined) counts.unfit++;
  counts.left += late?.left ?? 0;
  const wrong = [
    ...mine.wrong(now).map((line) => `people: ${line}`),
    ...unlike.map((line) => `spare: ${line}`),
    ...(aside === '' ? [] : [`aside: ${aside}`]),
  ];
  if (quiet) {
    wrong.push(...(await differences(story.old, now)).map((line) => `late: ${line}`));
  }
  if (wrong.length > 0) {
    const { state, late } = story;
    wrong.push(JSON.stringify({ state, late, unfit, quiet, killedAfter }));
  }
  close();
  return wrong.map((line) => `seed ${seed}: ${line}`);
}

if (process.argv[2] === 'rules') end({ unsealed: await rules(false), undrained: await rules(true) });
if (process.argv[2] === 'unheard') end(await unheard());
if (process.argv[2] === 'again') {
  const [quiet, served] = [await again(false), await again(true)];
  const said = { first: quiet.once, second: quiet.twice, 'nobody had it': quiet.content };
  end({ ...said, unlike: [quiet.unlike, served.unlike].flat(), served: served.twice, 'people had it': served.content });
}
const wrong: string[] = [];
const [, , first = '1', rounds = '3'] = process.argv;
for (let seed = Number(first); seed < Number(first) + Number(rounds); seed++) wrong.push(...(await byChance(seed)));
rmSync(disks, { recursive: true });
end({ counts, wrong });
