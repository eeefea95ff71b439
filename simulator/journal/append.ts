import { afterLook, afterPut, goOn, type Signature, type Step } from '../../journal/protocol.ts';
import type { VirtualClock } from '../time/clock.ts';
import { type CourseState, segmentOf } from './courses.ts';
import { type JournalObjects, SILENT } from './objects.ts';
import type { Successor } from './succession.ts';

/** After S3 was busy or silent: so much longer each time, and no longer than that (`host/agent/journal/send.ts`). Milliseconds. */
const AGAIN_MS = 1000;
const AGAIN_AT_MOST_MS = 5000;

interface Around {
  readonly clock: VirtualClock;
  readonly objects: JournalObjects;
  /** Waits while the host does nothing. @returns `false`: it is off */
  readonly awake: () => Promise<boolean>;
}

/** Who writes, and what. */
interface Segment extends Successor {
  readonly taken: number;
  readonly complete: number;
  readonly states: readonly CourseState[];
}

/** One object, until it is acknowledged. @returns its number, or why it never will be */
export async function append(
  { clock, objects, awake }: Around,
  { volume, term, writer, run, taken, complete, states }: Segment,
  from: number,
): Promise<number | 'fenced' | 'notify' | 'off'> {
  const { bytes, sum } = await segmentOf({ volume, term, writer, run, kind: 'segment', taken, complete }, states);
  const mine: Signature = { term, writer, run, kind: 'segment', sum };
  let vain = 0;
  const again = () => clock.sleep(Math.min(++vain * AGAIN_MS, AGAIN_AT_MOST_MS));
  for (let number = from, look = false; ; ) {
    if (!(await awake())) return 'off';
    let step: Step = look ? 'look' : afterPut(await objects.put(number, bytes, mine));
    // Who was frozen while the answer was on its way reads it when it goes on.
    if (!(await awake())) return 'off';
    if (step === 'look') {
      const found = await objects.look(number);
      look = found === SILENT;
      if (found === SILENT) {
        await again();
        continue;
      }
      step = afterLook(mine, found);
    }
    switch (step) {
      case 'acknowledged':
        return number;
      case 'again':
        await again();
        continue;
      case 'next':
        vain = 0;
        number++;
        continue;
      case 'fenced':
      case 'notify':
        return step;
    }
  }
}

/** From a number on that is not there: the next that is, or where nothing follows the one to write. */
export async function endFrom(
  clock: VirtualClock,
  objects: JournalObjects,
  number: number,
): Promise<{ readonly next: number; readonly isEnd: boolean }> {
  for (;;) {
    const first = await objects.first(number);
    if (typeof first === 'number') return { next: first, isEnd: false };
    const kept = first === undefined && (await objects.isKept(number - 1));
    if (first === undefined && kept !== SILENT) return { next: goOn(number - 1, kept, clock.now()), isEnd: true };
    await clock.sleep(AGAIN_MS);
  }
}
