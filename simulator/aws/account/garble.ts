import { EXIT } from '../../../contract/contract.ts';
import type { HostResult } from '../../disks/disks.ts';

/** What is wrong with an answer of a command that was run: Systems Manager shows nothing, a part, or that of another volume. */
export const GARBLED = { empty: 'empty', cut: 'cut', other: 'other' } as const;
export type Garbled = (typeof GARBLED)[keyof typeof GARBLED];

/** Of a volume that there is not. */
const OTHER = 'vol-0ffffffffffffffff';

/** An answer as Systems Manager shows it then. An empty one is called a success, whatever the verb came to. */
export function garble(said: Pick<HostResult, 'exitCode' | 'stdout' | 'stderr'>, how: Garbled) {
  switch (how) {
    case GARBLED.empty:
      return { exitCode: EXIT.ok, stdout: '', stderr: '' };
    case GARBLED.cut:
      return { ...said, stdout: said.stdout.slice(0, said.stdout.length / 2) };
    case GARBLED.other:
      return { ...said, stdout: said.stdout.replaceAll(/vol-[0-9a-f]+/g, OTHER) };
  }
}
