/**
 * The constructs, for another team's app; `docs/constructs.md` shows each, and there are four apps in `examples/`. `Remount` is all of
 * them, wired, for a stack of any team. A team that takes just some finds in the props of each what it needs of the others:
 *
 * - `SnapshotSchedule`, `RecycleBin`, `PeopleTopic`, `ContentJournal`, `ContentBundles`, `HostDocuments`, `HostSoftware` and `ContentNetwork` need nothing else;
 * - `ContentIntake`: a `ContentJournal`, and instances that run `HostSoftware` with both;
 * - `VolumeHealer`: `Ledger`, `HostDocuments`, a topic, a target group for each volume, and instances that
 *   `contentUserData` sets up with `HostSoftware`, `Fleet`'s or others;
 * - `VolumeGuard`: `SnapshotSchedule` and `Ledger`; `ContentVolume`: `VolumeKeeper`.
 *
 * `ResilienceChecks` are an export of their own, `remount/checks`: they need cdk-nag, and nothing here does.
 */

export {
  AGE_ALARM,
  type AgeAlarmKind,
  ALARM,
  type AlarmKind,
  alarmName,
  CONDITION_ALARM,
  type ConditionAlarmKind,
  DEVICE_NAMES,
  type DeployedPolicy,
  type DeployedSchedule,
  type DeployedTag,
  DLM_COMMANDS,
  DLM_PARAMETER,
  DLM_VERB,
  ENV,
  EXECUTION_ID,
  EXIT,
  guardAlarmName,
  HEALER_ALARM,
  type HealerAlarmKind,
  HOST_VERBS,
  type HostVerb,
  healerAlarmName,
  LEDGER,
  LEFT_OUT,
  LOCK_MODES,
  METRIC,
  metricNamespace,
  nobodyNotifiedAlarmName,
  PORTION,
  RESUME_VERB,
  SEED,
  type SnapshotLock,
  SOFTWARE_KEY,
  SOFTWARE_VERSION,
  scheduleTagValue,
  softwareAlarmName,
  TAG,
  UNSERVED_ALARM,
  UPDATE_PARAMETER,
  UPDATE_VERB,
  VERB_PARAMETER,
  VERDICT,
  type Verdict,
  VOLUME_ID,
  VOLUME_NAME,
  VOLUME_ROLE,
  type VolumeRole,
  volumeOfAlarm,
} from '../contract/contract.ts';
export { ContentBalancer, type ContentBalancerProps } from './balancer.ts';
export { ContentBundles, type ContentBundlesProps } from './bundles/content-bundles.ts';
export {
  ContentIntake,
  type ContentIntakeAttributes,
  type ContentIntakeProps,
  type IContentIntake,
} from './content-intake.ts';
export {
  ContentJournal,
  type ContentJournalAttributes,
  type ContentJournalProps,
  type IContentJournal,
} from './content-journal.ts';
export {
  ContentVolume,
  type ContentVolumeAttributes,
  type ContentVolumeProps,
  type IContentVolume,
} from './content-volume.ts';
export { ContentDashboard, type ContentDashboardProps } from './dashboard/content-dashboard.ts';
export { Fleet, type FleetProps } from './fleet.ts';
export { HostSoftware, type HostSoftwareProps } from './host-software.ts';
export { ConditionAlarms, type ConditionAlarmsProps } from './internal/condition-alarms.ts';
export { FreezeDocument } from './internal/freeze-document.ts';
export { HostDocuments } from './internal/host-documents.ts';
export {
  IntakeAlarm,
  type IntakeAlarmProps,
  JournalAlarm,
  type JournalAlarmProps,
  SpareAlarm,
  type SpareAlarmProps,
} from './internal/journal-alarm.ts';
export { contentUserData, USER_DATA_BYTES } from './internal/user-data.ts';
export type { WebSettings } from './internal/web-settings.ts';
export { type ILedger, Ledger, type LedgerAttributes, type LedgerProps } from './ledger.ts';
export { ContentNetwork, type ContentNetworkProps, type MoreEndpoint } from './network.ts';
export { OperatorPolicy, type OperatorPolicyProps } from './operator/operator-policy.ts';
export { IncidentPages, type IncidentPagesProps } from './pages/incident-pages.ts';
export { NOBODY_NOTIFIED, PeopleTopic, type PeopleTopicProps } from './people-topic.ts';
export type { IntakeRules } from './props/intake-rules.ts';
export { SettingsError } from './props/refusal.ts';
export { RecycleBin, type RecycleBinProps } from './recycle-bin.ts';
export { Remount, type RemountProps, type RemountVolume } from './remount.ts';
export {
  type ISnapshotSchedule,
  NOT_COVERED,
  SnapshotSchedule,
  type SnapshotScheduleAttributes,
  type SnapshotScheduleProps,
} from './snapshot-schedule.ts';
export { RemountStack, type RemountStackProps } from './stack/remount-stack.ts';
export { readSettings, type Settings, type VolumeSettings } from './stack/settings.ts';
export { VolumeAlarms, type VolumeAlarmsProps } from './volume-alarms.ts';
export { VolumeDrill, type VolumeDrillProps } from './volume-drill.ts';
export { VolumeGuard, type VolumeGuardProps } from './volume-guard.ts';
export {
  type HealsOptions,
  type IVolumeHealer,
  VolumeHealer,
  type VolumeHealerAttributes,
  type VolumeHealerProps,
} from './volume-healer.ts';
export { VolumeKeeper, type VolumeKeeperProps } from './volume-keeper.ts';
export {
  ContentWitness,
  type ContentWitnessProps,
  type WatchedVolume,
  type WitnessStarts,
} from './witness/content-witness.ts';
