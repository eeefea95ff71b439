import type { Known } from '../known.ts';

/** Where calls or answers of the rehearsal differ from AWS's models, and stay so. None does. */
export const KNOWN_DEVIATIONS: readonly Known[] = [];
