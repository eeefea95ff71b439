import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { JOURNAL_ALARM, journalAlarmName } from '../../contract/journal.ts';
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
const MOST_SECONDS = 60;
/** A new stack has its instances within them, and a heal is over. What is behind is only missed where the volume is lost as well. */
const MINUTES = 5;

/**
 * The journal of a content volume is behind, or nothing is heard of it: what takes over now would miss more than seconds. Nothing is
 * moved, and content is served on. It also goes off while nobody serves the volume, which other alarms see to sooner.
 */
export class JournalAlarm extends Construct {
  constructor(scope: Construct, id: string, { volume, people }: JournalAlarmProps) {
    super(scope, id);
    this.node.addDependency(volume);
    const { stackName, volumeName } = volume;
    const alarm = new Alarm(this, JOURNAL_ALARM, {
      alarmName: journalAlarmName(stackName, volumeName),
      alarmDescription: `${volumeName}: Changes have waited for more than ${MOST_SECONDS} s to get into the journal, or nothing is heard of it: what takes over would miss them. Content is served. ${runbookLink(this, JOURNAL_ALARM)}`,
      metric: volume.metricJournalLag(),
      threshold: MOST_SECONDS,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: MINUTES,
      datapointsToAlarm: MINUTES,
      treatMissingData: TreatMissingData.BREACHING,
    });
    const toPeople = new SnsAction(people);
    alarm.addAlarmAction(toPeople);
    alarm.addOkAction(toPeople);
  }
}
