import { AspectPriority, Aspects, Duration, Size, Stack, type StackProps, TagManager } from 'aws-cdk-lib';
import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import type { Construct, IConstruct } from 'constructs';
import { RUNBOOK_CONTEXT } from '../internal/runbook.ts';
import type { IntakeRules } from '../props/intake-rules.ts';
import { Remount, type RemountProps } from '../remount.ts';
import { outputs } from './outputs.ts';
import type { Settings } from './settings.ts';

/** A stack's own, and the settings. */
export interface RemountStackProps extends StackProps {
  /** What `readSettings` has read. */
  readonly settings: Settings;
}

/** A stack with a Remount and nothing else, made of settings. */
export class RemountStack extends Stack {
  /** All that is in it. */
  readonly remount: Remount;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: RemountStackProps) {
    // Blanks count towards what CloudFormation takes, and are a quarter of it.
    super(scope, id, { suppressTemplateIndentation: true, ...props });
    const { runbookUrl } = props.settings;
    if (runbookUrl) this.node.setContext(RUNBOOK_CONTEXT, runbookUrl);
    // The CDK leaves this id out of logical ids: what was deployed before there was a `Remount` keeps its own.
    this.remount = new Remount(this, 'Default', propsOf(props.settings));
    outputs(this, this.remount);
    // The CDK names what has a tag `Name` by its path, with this id.
    Aspects.of(this).add({ visit: shortName }, { priority: AspectPriority.READONLY });
  }
}

/** A tag counts over one of the same key that has a lower priority; `Tags.of(...).add` has 100. */
const OVER_OTHERS = 1000;

function shortName(node: IConstruct): void {
  const tags = TagManager.of(node);
  const name = tags?.tagValues().Name;
  if (name) tags?.setTag('Name', name.replace('/Default/', '/'), OVER_OTHERS);
}

/** Settings as props: numbers with a unit in their name become lengths and sizes. */
function propsOf(settings: Settings): RemountProps {
  const { snapshots, recycleBin, drills, snapshotLock, journal, intake } = settings;
  return {
    availabilityZones: settings.zones,
    instancesPerZone: settings.instancesPerZone,
    instanceType: new InstanceType(settings.instanceType),
    volumes: settings.volumes.map(({ name, zone, sizeGiB, iops, throughputMiBs }) => ({
      volumeName: name,
      availabilityZone: zone,
      size: Size.gibibytes(sizeGiB),
      iops,
      throughputMiBs,
    })),
    snapshots: {
      perHour: snapshots.perHour,
      keep: Duration.hours(snapshots.keepHours),
      consistency: snapshots.consistency,
    },
    recycleBin: {
      keepSnapshots: Duration.days(recycleBin.snapshotDays),
      keepVolumes: Duration.days(recycleBin.volumeDays),
    },
    drills: drills.enabled && {
      prefer: drills.prefer,
      maxSpareAge: Duration.minutes(drills.maxSpareAgeMinutes),
      initializationMiBs: drills.initializationMiBs,
      fallPercent: drills.fallPercent,
      readAllEvery: drills.readAllEvery,
    },
    snapshotLock: { lockFor: Duration.days(snapshotLock.days), lockMode: snapshotLock.mode },
    journal: journal.enabled && { keep: Duration.days(journal.days) },
    keepIncidentPages: Duration.days(settings.incidentPages.days),
    dashboard: settings.dashboard,
    intake: intake.enabled && {
      keep: Duration.days(intake.days),
      rules: rulesOf(intake),
      origins: intake.origins,
    },
    witness: settings.witness.enabled,
    fullWithin: Duration.hours(settings.fullWithinHours),
    web: settings.web,
    moreEndpoints: settings.moreEndpoints,
    moreBuckets: settings.moreBuckets,
    email: settings.alertEmail,
    certificateArn: settings.certificateArn,
  };
}

function rulesOf({ maxNames, maxGiB, maxRatio, reservePercent, ignoreCase }: Settings['intake']): IntakeRules {
  return { maxNames, maxSize: Size.gibibytes(maxGiB), maxRatio, reservePercent, ignoreCase };
}
