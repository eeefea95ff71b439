import type { Scenario } from '../world.ts';
import { alarmPlans } from './alarms.ts';
import { badWednesday } from './bad-wednesday.ts';
import { controlPlanePlans } from './control-plane.ts';
import { growthPlans } from './growth.ts';
import { healKilled } from './heal-killed.ts';
import { healPlans } from './heals.ts';
import { hostPlans } from './hosts.ts';
import { incident, type Plan } from './incident.ts';
import { snapshotScenarios } from './snapshots.ts';
import { volumePlans } from './volumes.ts';

/** Scenarios of one blow: each is also a story of the fault simulation. */
export const PLANS: Readonly<Record<string, Plan>> = {
  ...hostPlans,
  ...volumePlans,
  ...controlPlanePlans,
  ...alarmPlans,
  ...healPlans,
  ...growthPlans,
};

/** Every scenario, by the name that `--scenario` takes. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'bad-wednesday': badWednesday,
  ...Object.fromEntries(Object.entries(PLANS).map(([name, plan]) => [name, incident(plan)])),
  'heal-killed': healKilled,
  ...snapshotScenarios,
};

/** The name that stands for all of them. */
export const ALL = 'all';
