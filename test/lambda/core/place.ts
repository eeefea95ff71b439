import type { Place } from '../../../lambda/core/message/words.ts';

/** Where messages of a scene come from. */
export const PLACE: Place = {
  stack: 'Remount',
  account: '111122223333',
  region: 'eu-west-1',
  ledger: 'Ledger',
  topic: 'arn:aws:sns:eu-west-1:111122223333:People',
  runbook: (section) => `docs/runbook.md${section ? `#${section}` : ''}`,
};
