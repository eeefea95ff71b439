import type { Place } from '../../../lambda/core/message/words.ts';

/** Where messages of a scene come from. */
export const PLACE: Place = { runbook: (section) => `docs/runbook.md${section ? `#${section}` : ''}` };
