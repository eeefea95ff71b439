/**
 * The constructs and the checks, for another team's app; there are two in `examples/`. What each needs of the others is in its
 * props, so a team takes just one, or all as `RemountStack`:
 *
 * - `SnapshotSchedule`, `RecycleBin`, `PeopleTopic`, `HostDocuments`, `HostSoftware`, `ContentNetwork` and `ResilienceChecks` need nothing else;
 * - `VolumeHealer`: `Ledger`, `HostDocuments`, a topic, a target group for each volume, and instances that
 *   `contentUserData` sets up with `HostSoftware`, `Fleet`'s or others;
 * - `VolumeAlarms`: the healer; `VolumeGuard`: `SnapshotSchedule` and `Ledger`; `ContentVolume`: `VolumeKeeper`.
 */

export * from '../contract/contract.ts';
export { ContentBalancer, type ContentBalancerProps } from './balancer.ts';
export {
  RESILIENCE_RULES,
  ResilienceChecks,
  type ResilienceChecksProps,
  UNJUDGED,
} from './checks/resilience-checks.ts';
export type { Finding, Objectives, Rule } from './checks/rule.ts';
export { ContentVolume, type ContentVolumeProps } from './content-volume.ts';
export { Fleet, type FleetProps } from './fleet.ts';
export { HostSoftware, type HostSoftwareProps } from './host-software.ts';
export { ConditionAlarms, type ConditionAlarmsProps } from './internal/condition-alarms.ts';
export { FreezeDocument } from './internal/freeze-document.ts';
export { HostDocuments } from './internal/host-documents.ts';
export { contentUserData, USER_DATA_BYTES } from './internal/user-data.ts';
export { Ledger, type LedgerProps } from './ledger.ts';
export { ContentNetwork, type ContentNetworkProps, type MoreEndpoint } from './network.ts';
export { NOBODY_TOLD, PeopleTopic, type PeopleTopicProps } from './people-topic.ts';
export { RecycleBin, type RecycleBinProps } from './recycle-bin.ts';
export { SnapshotSchedule, type SnapshotScheduleProps } from './snapshot-schedule.ts';
export { RemountStack, type RemountStackProps } from './stack/remount-stack.ts';
export { readSettings, type Settings, SettingsError } from './stack/settings.ts';
export { VolumeAlarms, type VolumeAlarmsProps } from './volume-alarms.ts';
export { VolumeDrill, type VolumeDrillProps } from './volume-drill.ts';
export { VolumeGuard, type VolumeGuardProps } from './volume-guard.ts';
export { VolumeHealer, type VolumeHealerProps } from './volume-healer.ts';
export { VolumeKeeper, type VolumeKeeperProps } from './volume-keeper.ts';
