import type { Mutant } from './list.ts';
import { broken } from './scenarios.ts';

/** Of scenarios in which a service of AWS is out, a volume is slow or full, or people are out of reach. */
export const OUTAGE_PARTS: readonly Mutant[] = [
  broken(
    'ledger-lost',
    'people are told that the ledger does not answer',
    'lambda/core/outage.ts',
    'if (tells && !late && pagedAt === undefined) await tell();',
    '',
    /BROKEN .*people are told what does not answer/,
  ),
];
