import type { Applier } from './applier.ts';

/** Milliseconds. */
const LOOK_MS = 1000;
/** What only somebody else can end. */
const STUCK_MS = 10_000;

export interface FollowWorld {
  readonly pause: (ms: number) => Promise<void>;
  readonly stopping: () => boolean;
  /** Why it does not go on; `undefined`: it does. */
  readonly trouble: (why: string | undefined) => void;
  /** It has all that the journal has. */
  readonly head: () => void;
}

/** Applies number by number until it is to stop. @throws any error of the spare: then it is opened anew */
export async function follow(applier: Applier, { pause, stopping, trouble, head }: FollowWorld): Promise<void> {
  while (!stopping()) {
    const next = await applier.next();
    switch (next.next) {
      case 'applied':
      case 'skipped':
        trouble(undefined);
        break;
      case 'wait':
        trouble(undefined);
        head();
        await pause(LOOK_MS);
        break;
      case 'unheard':
        trouble(next.why);
        await pause(LOOK_MS);
        break;
      case 'damaged':
        trouble(`number ${applier.progress.cursor + 1} is damaged: ${next.damage.code}`);
        await pause(STUCK_MS);
        break;
      case 'unfit':
        trouble(`another base is needed: ${next.why}`);
        await pause(STUCK_MS);
    }
  }
}
