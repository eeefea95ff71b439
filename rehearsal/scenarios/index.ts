import { twoStacks } from '../cross-stack/two-stacks.ts';
import type { Scenario } from '../world/world.ts';
import { outOfACopy } from './copies/bundles.ts';
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
import { upgrade } from './deployments/upgrade.ts';
import { alarmPlans } from './hosts/alarms.ts';
import { answerPlans } from './hosts/answers.ts';
import { clientPlans } from './hosts/clients.ts';
import { controlPlanePlans } from './hosts/control-plane.ts';
import { healKilled } from './hosts/heal-killed.ts';
import { healPlans } from './hosts/heals.ts';
import { hostPlans } from './hosts/hosts.ts';
import { outagePlans } from './hosts/outages.ts';
import { rebootPlans } from './hosts/reboot.ts';
import { witnessPlans } from './hosts/witness.ts';
import { intake, intakeAgain, intakeBad, intakeDuringHeal, intakeFlood, intakeKilled } from './intake/intake.ts';
import { largeFile, openFile, renameStorm } from './journal/files.ts';
import { journal } from './journal/journal.ts';
import { agentKilled, baseTooOld, journalExpired } from './journal/lost-agents.ts';
import { massDelete } from './journal/mistakes.ts';
import { answerLost, writerRestartsAfterSeal } from './journal/restarts.ts';
import { journalBehind, journalSilent } from './journal/silent.ts';
import { spareBehind, standbyReplaced, warmSpare } from './journal/spares.ts';
import { oldOwnerWakes, s3Lost } from './journal/takeovers.ts';
import { eventsOverflow, spoolFull } from './journal/unheard.ts';
import { zonePlans } from './journal/zone.ts';
import { incident, type Plan } from './story/incident.ts';
import { badWednesday, badWednesdayUndrilled, badWednesdayUnjournaled } from './volumes/bad-wednesday.ts';
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
  ...zonePlans,
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
  ...witnessPlans,
};

/** The bad Wednesday without drills: what `--no-drills` compares with. */
export const UNDRILLED = 'bad-wednesday-undrilled';
/** The bad Wednesday without a journal of files: what `--no-journal` compares with. */
export const UNJOURNALED = 'bad-wednesday-unjournaled';

/** Every scenario, by the name that `--scenario` takes. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'bad-wednesday': badWednesday,
  [UNDRILLED]: badWednesdayUndrilled,
  [UNJOURNALED]: badWednesdayUnjournaled,
  ...Object.fromEntries(Object.entries(PLANS).map(([name, plan]) => [name, incident(plan)])),
  'heal-killed': healKilled,
  'drill-killed': drillKilled,
  'out-of-a-copy': outOfACopy,
  'deleted-volume': deletedVolume,
  'first-deployment': firstDeployment,
  removed,
  upgrade,
  ...snapshotScenarios,
  'many-volumes': manyVolumes,
  'full-soon': fullSoon,
  journal,
  'journal-behind': journalBehind,
  'journal-silent': journalSilent,
  's3-lost': s3Lost,
  'old-owner-wakes': oldOwnerWakes,
  'agent-killed': agentKilled,
  'base-too-old': baseTooOld,
  'journal-expired': journalExpired,
  'answer-lost': answerLost,
  'writer-restarts-after-seal': writerRestartsAfterSeal,
  'large-file': largeFile,
  'open-file': openFile,
  'rename-storm': renameStorm,
  'mass-delete-by-mistake': massDelete,
  'events-overflow': eventsOverflow,
  'spool-full': spoolFull,
  'warm-spare': warmSpare,
  'spare-behind': spareBehind,
  'standby-replaced': standbyReplaced,
  intake,
  'intake-bad': intakeBad,
  'intake-during-heal': intakeDuringHeal,
  'intake-again': intakeAgain,
  'intake-killed': intakeKilled,
  'intake-flood': intakeFlood,
  locked,
  'two-stacks': twoStacks,
};

/** The name that stands for all of them. */
export const ALL = 'all';
