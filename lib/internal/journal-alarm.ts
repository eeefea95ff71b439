import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { INTAKE_ALARM, intakeAlarmName } from '../../contract/intake.ts';
import { JOURNAL_ALARM, journalAlarmName, SPARE_ALARM, spareAlarmName } from '../../contract/journal.ts';
import type { IContentVolume } from '../content-volume.ts';
import { runbookLink } from './runbook.ts';

/** Which volume is watched, and who is notified. One alarm is made, and paid for by the month. */
export interface JournalAlarmProps {
  /** What is watched: its files are journaled. The alarm is made after it. */
  readonly volume: IContentVolume;
  /** Who is notified, of the beginning and of the end. */
  readonly people: ITopic;
}

/** What is open for writing is stated every 60 s, so no least lag of a minute is longer where all goes well. */
export const JOURNAL_SECONDS = 60;
/** A heal is over within them. What is behind is only missed where the volume is lost as well. */
const MINUTES = 5;

/**
 * The journal of a content volume is behind, or nothing is heard of it: what takes over now would miss more than seconds. Nothing is
 * moved, and content is served on. It also goes off while nobody serves the volume, which other alarms see to sooner.
 *
 * Silence is reported as INSUFFICIENT_DATA, in which an alarm begins: a new stack, and one that takes the journal by a deployment, notify
 * nobody before their hosts have it. Whoever has a writer started says a first lag of 0 (`host/writer.sh`), so that one that never
 * runs is silence as well (decision 27).
 */
export class JournalAlarm extends Construct {
  constructor(scope: Construct, id: string, { volume, people }: JournalAlarmProps) {
    super(scope, id);
    this.node.addDependency(volume);
    const { stackName, volumeName } = volume;
    lagAlarm(this, {
      name: JOURNAL_ALARM,
      alarmName: journalAlarmName(stackName, volumeName),
      about: `${volumeName}: Changes have waited for more than ${JOURNAL_SECONDS} s to get into the journal, or nothing is heard of it: what takes over would miss them.`,
      lag: volume.metricJournalLag(),
      ...{ mostSeconds: JOURNAL_SECONDS, minutes: MINUTES, people },
    });
  }
}

/** Whose spare is watched, and who is notified. One alarm is made, and paid for by the month. */
export interface SpareAlarmProps {
  /** Its files are journaled, and its copies drilled. The alarm is made after it. */
  readonly volume: IContentVolume;
  /** Who is notified, of the beginning and of the end. */
  readonly people: ITopic;
}

/** Nothing is missed by it: what takes over reads the rest first. Behind by so much, that begins to take time. */
export const SPARE_SECONDS = 300;
/** A spare that was taken, or whose host was booted, has a successor by then, or is followed again: docs/decisions/0038-warm-spare.md. */
const SPARE_MINUTES = 30;

/**
 * The spare of a content volume does not follow its journal, or nothing is heard of it: what takes over has to read more than it may have
 * time for. Nothing is moved, and content is served on. Where there is no spare for as long, that is silence. As with the journal's, a new stack
 * notifies nobody before a spare is followed for the first time (`host/follow.sh`).
 */
export class SpareAlarm extends Construct {
  constructor(scope: Construct, id: string, { volume, people }: SpareAlarmProps) {
    super(scope, id);
    this.node.addDependency(volume);
    const { stackName, volumeName } = volume;
    lagAlarm(this, {
      name: SPARE_ALARM,
      alarmName: spareAlarmName(stackName, volumeName),
      about: `${volumeName}: For ${SPARE_MINUTES} min its spare has been more than ${SPARE_SECONDS} s behind the journal, or nothing is heard of it: what takes over would have to read that first.`,
      lag: volume.metricSpareLag(),
      ...{ mostSeconds: SPARE_SECONDS, minutes: SPARE_MINUTES, people },
    });
  }
}

/** Whose intake is watched, and who is notified. One alarm is made, and paid for by the month. */
export interface IntakeAlarmProps {
  /** What is watched: courses are uploaded for it. The alarm is made after it. */
  readonly volume: IContentVolume;
  /** Who is notified, of the beginning and of the end. */
  readonly people: ITopic;
}

/** Some hundred uploads at once take minutes, and so does a heal. */
export const INTAKE_SECONDS = 900;

/**
 * The oldest upload for a content volume waits for long, or nothing is heard of its intake. Nothing is lost by it, and content is served. Where nobody serves the volume,
 * nobody takes in either. As with the journal's, a new stack notifies nobody before somebody has taken in for the first time (`host/uploads.sh`).
 */
export class IntakeAlarm extends Construct {
  constructor(scope: Construct, id: string, { volume, people }: IntakeAlarmProps) {
    super(scope, id);
    this.node.addDependency(volume);
    const { stackName, volumeName } = volume;
    lagAlarm(this, {
      name: INTAKE_ALARM,
      alarmName: intakeAlarmName(stackName, volumeName),
      about: `${volumeName}: An upload has waited for more than ${INTAKE_SECONDS / 60} min to be taken in, or nothing is heard of the intake. No upload is lost by it.`,
      lag: volume.metricIntakeOldestSeconds(),
      ...{ mostSeconds: INTAKE_SECONDS, minutes: MINUTES, people },
    });
  }
}

interface LagAlarm {
  readonly name: string;
  readonly alarmName: string;
  readonly about: string;
  readonly lag: Metric;
  readonly mostSeconds: number;
  readonly minutes: number;
  readonly people: ITopic;
}

/** Goes off where each point of so many minutes is above the most; silence is reported, too. */
function lagAlarm(scope: Construct, { name, alarmName, about, lag, mostSeconds, minutes, people }: LagAlarm): void {
  const alarm = new Alarm(scope, name, {
    alarmName,
    alarmDescription: `${about} Content is served. ${runbookLink(scope, name)}`,
    metric: lag,
    threshold: mostSeconds,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: minutes,
    datapointsToAlarm: minutes,
    treatMissingData: TreatMissingData.MISSING,
  });
  const toPeople = new SnsAction(people);
  alarm.addAlarmAction(toPeople);
  alarm.addOkAction(toPeople);
  alarm.addInsufficientDataAction(toPeople);
}
