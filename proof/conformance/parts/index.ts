import type { Part } from '../part.ts';
import { agents } from './agents.ts';
import { behaviours } from './behaviours.ts';
import { durable } from './durable.ts';
import { models } from './models.ts';
import { policies } from './policies.ts';
import { template } from './template.ts';
import { validators } from './validators.ts';

/** All parts, by the name that `--only` takes. */
export const PARTS: Readonly<Record<string, Part>> = {
  models,
  policies,
  validators,
  agents,
  template,
  durable,
  behaviours,
};
