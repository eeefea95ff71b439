import { twoStacks } from '../cross-stack/two-stacks.ts';
import type { Scenario } from '../world/world.ts';
import { consistencyPlans } from './copies/consistency.ts';
import { drillKilled } from './copies/drill-killed.ts';
import { drillPlans } from './copies/drills.ts';
import { fresherPlans } from './copies/fresher.ts';
import { locked } from './copies/locked.ts';
import { snapshotScenarios } from './copies/snapshots.ts';
import { suspectPlans } from './copies/suspects.ts';
import { firstDeployment } from './deployments/first-deployment.ts';
import { newCodePlans } from './deployments/new-code.ts';
import { newSoftwarePlans } from './deployments/new-software.ts';
import { removed } from './deployments/removed.ts';
import { rollbackPlans } from './deployments/rollback.ts';
import { alarmPlans } from './hosts/alarms.ts';
import { answerPlans } from './hosts/answers.ts';
import { clientPlans } from './hosts/clients.ts';
import { controlPlanePlans } from './hosts/control-plane.ts';
import { healKilled } from './hosts/heal-killed.ts';
import { healPlans } from './hosts/heals.ts';
import { hostPlans } from './hosts/hosts.ts';
import { outagePlans } from './hosts/outages.ts';
import { rebootPlans } from './hosts/reboot.ts';
import { journal } from './journal/journal.ts';
import { oldOwnerWakes, s3Lost } from './journal/takeovers.ts';
import { incident, type Plan } from './story/incident.ts';
import { badWednesday, badWednesdayUndrilled } from './volumes/bad-wednesday.ts';
import { coldPlans } from './volumes/cold.ts';
import { conditionPlans } from './volumes/conditions.ts';
import { fullSoon } from './volumes/full-soon.ts';
import { growthPlans } from './volumes/growth.ts';
import { hugeFilePlans } from './volumes/huge-file.ts';
import { manyVolumes } from './volumes/many-volumes.ts';
import { deletedVolume } from './volumes/restored.ts';
import { slowPlans } from './volumes/slow.ts';
import { staleLinkPlans } from './volumes/stale-link.ts';
import { unreadablePlans } from './volumes/unreadable.ts';
import { volumePlans } from './volumes/volumes.ts';

/** Scenarios of one blow: each is also a story of the fault simulation. */
export const PLANS: Readonly<Record<string, Plan>> = {
  ...hostPlans,
  ...rebootPlans,
  ...volumePlans,
  ...clientPlans,
  ...controlPlanePlans,
  ...alarmPlans,
  ...healPlans,
  ...growthPlans,
  ...rollbackPlans,
  ...newCodePlans,
  ...newSoftwarePlans,
  ...drillPlans,
  ...hugeFilePlans,
  ...answerPlans,
  ...suspectPlans,
  ...unreadablePlans,
  ...slowPlans,
  ...coldPlans,
  ...fresherPlans,
  ...staleLinkPlans,
  ...consistencyPlans,
  ...outagePlans,
  ...conditionPlans,
};

/** The bad Wednesday without drills: what `--no-drills` compares with. */
export const UNDRILLED = 'bad-wednesday-undrilled';

/** Every scenario, by the name that `--scenario` takes. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'bad-wednesday': badWednesday,
  [UNDRILLED]: badWednesdayUndrilled,
  ...Object.fromEntries(Object.entries(PLANS).map(([name, plan]) => [name, incident(plan)])),
  'heal-killed': healKilled,
  'drill-killed': drillKilled,
  'deleted-volume': deletedVolume,
  'first-deployment': firstDeployment,
  removed,
  ...snapshotScenarios,
  'many-volumes': manyVolumes,
  'full-soon': fullSoon,
  journal,
  's3-lost': s3Lost,
  'old-owner-wakes': oldOwnerWakes,
  locked,
  'two-stacks': twoStacks,
};

/** The name that stands for all of them. */
export const ALL = 'all';
