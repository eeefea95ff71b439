import type { Scenario } from '../world.ts';
import { badWednesday } from './bad-wednesday.ts';

/** Every scenario, by the name that `--scenario` takes. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'bad-wednesday': badWednesday,
};
