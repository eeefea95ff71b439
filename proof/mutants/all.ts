import { COPY_PARTS } from './copies.ts';
import { DEPLOYMENT_PARTS } from './deployments.ts';
import { EVIDENCE_PARTS } from './evidence.ts';
import { JOURNALED } from './journal.ts';
import type { Mutant } from './mutant.ts';
import { OUTAGE_PARTS } from './outages.ts';
import { REBOOT_PARTS } from './reboot.ts';
import { PARTS } from './scenarios.ts';
import { UPLOADS } from './uploads.ts';
import { WITNESSES } from './witness.ts';

/** For each scenario the part that it proves, broken; but for those that the rules have (list.ts). */
export const SCENARIO_MUTANTS: readonly Mutant[] = [
  ...PARTS,
  ...COPY_PARTS,
  ...DEPLOYMENT_PARTS,
  ...OUTAGE_PARTS,
  ...EVIDENCE_PARTS,
  ...REBOOT_PARTS,
  ...UPLOADS,
  ...JOURNALED,
  ...WITNESSES,
];
