import type { Scenario } from '../world.ts';
import { alarmPlans } from './alarms.ts';
import { answerPlans } from './answers.ts';
import { badWednesday, badWednesdayUndrilled } from './bad-wednesday.ts';
import { clientPlans } from './clients.ts';
import { coldPlans } from './cold.ts';
import { conditionPlans } from './conditions.ts';
import { consistencyPlans } from './consistency.ts';
import { controlPlanePlans } from './control-plane.ts';
import { drillKilled } from './drill-killed.ts';
import { drillPlans } from './drills.ts';
import { firstDeployment } from './first-deployment.ts';
import { fresherPlans } from './fresher.ts';
import { fullSoon } from './full-soon.ts';
import { growthPlans } from './growth.ts';
import { healKilled } from './heal-killed.ts';
import { healPlans } from './heals.ts';
import { hostPlans } from './hosts.ts';
import { hugeFilePlans } from './huge-file.ts';
import { incident, type Plan } from './incident.ts';
import { locked } from './locked.ts';
import { manyVolumes } from './many-volumes.ts';
import { newCodePlans } from './new-code.ts';
import { newSoftwarePlans } from './new-software.ts';
import { outagePlans } from './outages.ts';
import { rebootPlans } from './reboot.ts';
import { removed } from './removed.ts';
import { deletedVolume } from './restored.ts';
import { rollbackPlans } from './rollback.ts';
import { slowPlans } from './slow.ts';
import { snapshotScenarios } from './snapshots.ts';
import { staleLinkPlans } from './stale-link.ts';
import { suspectPlans } from './suspects.ts';
import { twoStacks } from './two-stacks.ts';
import { unreadablePlans } from './unreadable.ts';
import { volumePlans } from './volumes.ts';

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
  locked,
  'two-stacks': twoStacks,
};

/** The name that stands for all of them. */
export const ALL = 'all';
