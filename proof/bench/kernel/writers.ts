/** What those who write to the volume notice of a reader of kernel events, and what it takes itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type KernelEvent, KernelEvents } from '../../../host/agent/kernel/events.ts';
import { Errno } from '../../../host/agent/kernel/requests.ts';
import { newSentinel, Resolver } from '../../../host/agent/kernel/resolver.ts';
import { must } from '../../../simulator/disks/shell.ts';
import { median } from '../measure.ts';
import { cpuOf } from './process.ts';

const OWN_DIRECTORY = '.remount';
const OWN = { path: Buffer.from(OWN_DIRECTORY) };

/** Who writes: it says how long it took, in seconds. Each has a directory of its own. */
const WRITERS = {
  'many small files': `
for i in range(n):
    with open("f%d" % i, "w") as f: f.write("x" * 1000)`,
  'one file, appended to': `
f = open("log", "wb", buffering=0)
for i in range(n): f.write(b"x" * 1000)`,
  'renamed and removed': `
for i in range(n // 2): os.mkdir("d%d" % i)
for i in range(n // 2): os.rename("d%d" % i, "e%d" % i); os.rmdir("e%d" % i)`,
} as const;
type Writer = keyof typeof WRITERS;

const MODES = ['off', 'on', 'stopped'] as const;
type Mode = (typeof MODES)[number];

/** The writer, in seconds: what passed on the clock, and what it took of a processor. */
export interface Took {
  readonly seconds: number;
  readonly cpu: number;
}

interface Round extends Took {
  /** With the reader on: from the writer's start until everything has been said. */
  readonly said?: Said;
}

interface Said {
  readonly seconds: number;
  readonly changes: number;
  /** Milliseconds of the helper, and of this process. */
  readonly helperMs: number;
  readonly nodeMs: number;
}

export interface Figures {
  readonly writer: Writer;
  /** Medians: of the writer alone, and of the others as multiples. */
  readonly alone: Took;
  readonly on: Took;
  readonly stopped: Took;
  readonly changesPerSecond: number;
  /** Milliseconds of CPU a thousand operations of the writer. */
  readonly helperMs: number;
  readonly nodeMs: number;
}

/**
 * Runs Python in a directory, with a number `n`, until it ends.
 * @param half is called where that calls `half()`
 */
export async function write(directory: string, body: string, n: number, half = () => {}): Promise<Took> {
  const script = `import os, sys, time
def half(): print("half", flush=True)
os.chdir(sys.argv[1]); n = int(sys.argv[2]); start = time.monotonic(); cpu = time.process_time()${body}
print(time.monotonic() - start, time.process_time() - cpu)`;
  const child = spawn('/usr/bin/python3', ['-c', script, directory, String(n)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
    if (text.startsWith('half\n')) {
      text = text.slice('half\n'.length);
      half();
    }
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the writer failed: exit ${code}`);
  const [seconds = 0, cpu = 0] = text.split(' ').map(Number);
  return { seconds, cpu };
}

/** A file system that is written to. */
export class Bench {
  readonly mountPoint: string;
  readonly files: number;
  #rounds = 0;

  constructor(mountPoint: string, files: number) {
    this.mountPoint = mountPoint;
    this.files = files;
  }

  async write(writer: Writer): Promise<Took> {
    const directory = join(this.mountPoint, `round-${this.#rounds++}`);
    mkdirSync(directory);
    const took = await write(directory, WRITERS[writer], this.files);
    must('sync', '--file-system', this.mountPoint);
    return took;
  }

  async round(writer: Writer, mode: Mode): Promise<Round> {
    if (mode === 'off') return await this.write(writer);
    const events = await KernelEvents.open(this);
    try {
      if (mode === 'on') return await this.#listened(writer, events);
      process.kill(events.pid, 'SIGSTOP');
      return await this.write(writer);
    } finally {
      events.close();
    }
  }

  async #listened(writer: Writer, events: KernelEvents): Promise<Round> {
    const resolver = await Resolver.open(this);
    const before = { at: performance.now(), node: process.cpuUsage(), helper: cpuOf(events.pid) };
    const id = newSentinel();
    const writing = this.write(writer).then(async (took) => {
      const touched = await resolver.sentinel(OWN, id);
      if (touched instanceof Errno) throw new Error(`no sentinel: ${touched.code}`);
      return took;
    });
    const stream = events[Symbol.asyncIterator]();
    const said = await heard(stream, id);
    const { user, system } = process.cpuUsage(before.node);
    const helperMs = cpuOf(events.pid) - before.helper;
    const seconds = (performance.now() - before.at) / 1000;
    const round = { ...(await writing), said: { ...said, seconds, helperMs, nodeMs: (user + system) / 1000 } };
    resolver.close();
    return round;
  }
}

/** Takes all that is said up to a sentinel. @throws Error where an overflow takes it away */
async function heard(stream: AsyncIterator<KernelEvent>, id: string): Promise<{ changes: number }> {
  let changes = 0;
  for (;;) {
    const { value, done } = await stream.next();
    if (done) throw new Error('the events ended');
    if (value.kind === 'changes') changes += value.changes.length;
    // The first one is of the start.
    if (value.kind === 'doubt' && value.cause !== 'started')
      throw new Error(`the reader did not keep up: ${value.cause}`);
    if (value.kind === 'reached' && value.sentinel === id) return { changes };
  }
}

export async function writers(bench: Bench, runs: number, notify: (text: string) => void): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (const writer of Object.keys(WRITERS) as Writer[]) {
    const rounds: Record<Mode, Round[]> = { off: [], on: [], stopped: [] };
    for (let run = 0; run < runs; run++) {
      // In another order each time: the file system grows.
      for (let turn = 0; turn < MODES.length; turn++) {
        const mode = MODES[(run + turn) % MODES.length] ?? 'off';
        notify(`${writer}, the reader ${mode}: ${run + 1} of ${runs}`);
        rounds[mode].push(await bench.round(writer, mode));
      }
    }
    figures.push(figuresOf(writer, rounds, bench.files));
  }
  return figures;
}

function figuresOf(writer: Writer, rounds: Record<Mode, readonly Round[]>, files: number): Figures {
  const of = (mode: Mode): Took => ({
    seconds: median(rounds[mode].map((round) => round.seconds)),
    cpu: median(rounds[mode].map((round) => round.cpu)),
  });
  const alone = of('off');
  const over = ({ seconds, cpu }: Took): Took => ({ seconds: seconds / alone.seconds, cpu: cpu / alone.cpu });
  const said = rounds.on.flatMap((round) => (round.said ? [round.said] : []));
  return {
    writer,
    alone,
    on: over(of('on')),
    stopped: over(of('stopped')),
    changesPerSecond: median(said.map((one) => one.changes / one.seconds)),
    helperMs: (median(said.map((one) => one.helperMs)) / files) * 1000,
    nodeMs: (median(said.map((one) => one.nodeMs)) / files) * 1000,
  };
}

/** Things that fit the kernel's queue. */
const QUEUED = 15_000;

/** Changes a second, out of a queue that is full when the reader begins. */
export async function drained(bench: Bench): Promise<number> {
  const events = await KernelEvents.open(bench);
  const resolver = await Resolver.open(bench);
  process.kill(events.pid, 'SIGSTOP');
  must(
    'bash',
    '-c',
    'mkdir "$1" && cd "$1" && seq "$2" | xargs mkdir',
    'bash',
    join(bench.mountPoint, 'queued'),
    String(QUEUED),
  );
  const id = newSentinel();
  await resolver.sentinel(OWN, id);
  const start = performance.now();
  process.kill(events.pid, 'SIGCONT');
  const { changes } = await heard(events[Symbol.asyncIterator](), id);
  const seconds = (performance.now() - start) / 1000;
  events.close();
  resolver.close();
  return changes / seconds;
}
