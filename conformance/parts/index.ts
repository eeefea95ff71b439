import type { Part } from '../part.ts';
import { models } from './models.ts';

/** All parts, by the name that `--only` takes. */
export const PARTS: Readonly<Record<string, Part>> = { models };
