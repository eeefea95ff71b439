import { Stack } from 'aws-cdk-lib';
import { Dashboard, type IAlarm, type IWidget, PeriodOverride } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ContentBalancer } from '../balancer.ts';
import type { IContentIntake } from '../content-intake.ts';
import type { IContentJournal } from '../content-journal.ts';
import type { IContentVolume } from '../content-volume.ts';
import type { ILedger } from '../ledger.ts';
import { stackNameOf } from '../props/props.ts';
import { fail } from '../props/refusal.ts';
import type { VolumeDrill } from '../volume-drill.ts';
import type { VolumeGuard } from '../volume-guard.ts';
import type { VolumeHealer } from '../volume-healer.ts';
import {
  agesRow,
  alarmsRow,
  costRow,
  drillsRow,
  guardRow,
  healsRow,
  intakeRow,
  journalRow,
  servingRow,
  usersRow,
} from './rows.ts';

/**
 * What is shown: a row for each part that is given. One dashboard is made. CloudWatch has three for nothing in an account that refer to at most 50
 * metrics each; what is beyond either is 3 USD a month.
 */
export interface ContentDashboardProps {
  /**
   * The Remount that is shown, and the beginning of the dashboard's name.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /** What is shown: a line of each in each graph of volumes, seven of its metrics and with drills four more. */
  readonly volumes: readonly IContentVolume[];
  /**
   * Whose states stand at the top.
   * @default none
   */
  readonly alarms?: readonly IAlarm[];
  /**
   * Heals, and what failed for good.
   * @default not shown
   */
  readonly healer?: VolumeHealer;
  /**
   * What drills came to.
   * @default not shown
   */
  readonly drill?: VolumeDrill;
  /**
   * Who is subscribed, and hosts that are behind.
   * @default not shown
   */
  readonly guard?: VolumeGuard;
  /**
   * How far the journal and the spare are behind, and what the journal holds.
   * @default not shown
   */
  readonly journal?: IContentJournal;
  /**
   * Uploads that wait, and those that were refused.
   * @default not shown
   */
  readonly intake?: IContentIntake;
  /**
   * What users ask for, and how they are answered.
   * @default not shown
   */
  readonly balancer?: ContentBalancer;
  /**
   * What is asked of the ledger, which is paid for by the request.
   * @default not shown
   */
  readonly ledger?: ILedger;
}

/** How a Remount stands, on one page of CloudWatch: since when content is safe first, and what costs most last. */
export class ContentDashboard extends Construct {
  /** Name in the console: the Remount's and the Region's, for an account has dashboards of all Regions in one list. */
  readonly dashboardName: string;
  /** Add rows of your own. */
  readonly dashboard: Dashboard;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ContentDashboardProps) {
    super(scope, id);
    const { volumes, alarms = [], healer, drill, guard, journal, intake, balancer, ledger } = props;
    if (volumes.length === 0) fail('volumes', volumes, 'one content volume at least');
    this.dashboardName = `${stackNameOf(this, props.stackName)}-${Stack.of(this).region}`;
    const rows: (readonly IWidget[])[] = [
      ...alarmsRow(alarms),
      servingRow(volumes),
      agesRow(volumes, drill !== undefined),
    ];
    if (journal) rows.push(journalRow(volumes, drill !== undefined));
    if (intake) rows.push(intakeRow(volumes));
    if (healer) rows.push(healsRow(healer));
    if (drill) rows.push(drillsRow(volumes, drill));
    if (balancer) rows.push(usersRow(balancer));
    if (guard) rows.push(guardRow(guard));
    rows.push(costRow({ journal, balancer, ledger }));
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: this.dashboardName,
      // A period is chosen for what a graph is to show: an hour of drills, a minute of probes.
      periodOverride: PeriodOverride.INHERIT,
      widgets: rows.map((row) => [...row]),
    });
  }
}
