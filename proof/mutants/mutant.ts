export interface Edit {
  readonly file: string;
  /** Must be in the file once. */
  readonly code: string;
  readonly instead: string;
}

/**
 * A rule of the healer, or a part that something proves, broken in the code (in all places, where it is held in more than one);
 * and what must notice it, by the promise that it names.
 */
export interface Mutant {
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** Arguments of Node: what is played on the broken code. */
  readonly play: readonly string[];
  /** What must come of it: any of these. */
  readonly notices: readonly Notice[];
  /** Arguments of Node: what must pass on the sound code. @default what is played */
  readonly sound?: readonly string[];
}

/** How something notices. */
export type Notice =
  /** A promise is broken: this one, or any. */
  | { readonly promise: string | undefined }
  /** It cannot be played to its end, and this is in what the process says then: of an error in it there is nothing else. */
  | { readonly dies: string }
  /** A test with this in its title fails. */
  | { readonly test: string };

/** Some promise is broken. */
export const PROMISE: Notice = { promise: undefined };

/** @param seed where it is by chance whether the moment comes that shows it */
export const simulate = (story: string, faults: string, seed = 1) =>
  ['proof/faults/main.ts', '--scenario', story, '--seed', `${seed}`, '--replay', faults, '--json'] as const;
export const rehearse = (scenario: string) =>
  ['rehearsal/main.ts', '--scenario', scenario, '--seed', '1', '--json', '--disks', 'memory'] as const;

/** Each scenario proves a part of the code: with that part broken, the scenario must fail. */
export function broken(scenario: string, part: string, edit: Edit, notices: readonly Notice[] = [PROMISE]): Mutant {
  return { rule: `${scenario}: ${part}`, edits: [edit], play: rehearse(scenario), notices };
}
