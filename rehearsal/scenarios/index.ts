import type { Scenario } from '../world.ts';
import { alarmScenarios } from './alarms.ts';
import { badWednesday } from './bad-wednesday.ts';
import { controlPlaneScenarios } from './control-plane.ts';
import { healScenarios } from './heals.ts';
import { hostScenarios } from './hosts.ts';
import { volumeScenarios } from './volumes.ts';

/** Every scenario, by the name that `--scenario` takes. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'bad-wednesday': badWednesday,
  ...hostScenarios,
  ...volumeScenarios,
  ...controlPlaneScenarios,
  ...alarmScenarios,
  ...healScenarios,
};

/** The name that stands for all of them. */
export const ALL = 'all';
