import { Duration } from 'aws-cdk-lib';
import { checkProps, lengthOf, PROP } from './props.ts';
import { fail } from './refusal.ts';

/** Beyond the oldest copy: what begins at that copy still has a day to be read. */
const MORE_HOURS = 24;

/** What is kept because it is read from where a copy ends. */
export interface KeptBesideCopies {
  /** Whole days, 1 to 365. @default 14 days, or a day more than copies are kept, whichever is longer */
  readonly keep?: Duration;
  /** How long the copies of the volumes are kept. @default 24 hours */
  readonly copiesKept?: Duration;
}

/** @throws SettingsError where that is less than copies reach back, and a day more */
export function keptBesideCopies({ keep, copiesKept = Duration.hours(24) }: KeptBesideCopies): Duration {
  const hours = lengthOf.hours(copiesKept);
  const leastDays = Math.ceil((hours + MORE_HOURS) / 24);
  const kept = keep ?? Duration.days(Math.max(14, leastDays));
  const days = lengthOf.days(kept);
  checkProps({ keep: days }, { keep: PROP.journalDays });
  if (days < leastDays)
    fail('keep', `${days} days`, `at least ${leastDays} days: copies are kept for ${hours} hours, and a day more`);
  return kept;
}
