import type { Slip } from './kind.ts';

const test = 'lambda/aws/pages.test.ts';
const firstOf = (page: string) => ({ code: page, instead: `{ ${page} break; }` });

/** Of a list that comes in pages, the first alone is read. */
export const PAGES: readonly Slip[] = [
  {
    slip: 'the volumes of a content volume',
    file: 'lambda/aws/ec2/describe.ts',
    ...firstOf('found.push(...(page.Volumes ?? []).map(toVolume));'),
    test,
    named: 'of the volumes of a content volume, by the healer',
  },
  {
    slip: 'its snapshots',
    file: 'lambda/aws/ec2/describe.ts',
    ...firstOf('found.push(...(page.Snapshots ?? []).map(shape));'),
    test,
    named: 'of its recovery points',
  },
  {
    slip: 'locked snapshots',
    file: 'lambda/aws/ec2/guard-store.ts',
    code: '} while (token);',
    instead: '} while (!token);',
    test,
    named: 'of locked snapshots',
  },
  {
    slip: 'instances',
    file: 'lambda/aws/ec2/describe.ts',
    ...firstOf('found.push(...(page.Reservations ?? []).flatMap((r) => r.Instances ?? []));'),
    test,
    named: 'of instances, and of those whose agent answers',
  },
  {
    slip: 'agents that answer',
    file: 'lambda/aws/ec2/instances.ts',
    ...firstOf(
      'for (const each of page.InstanceInformationList ?? []) if (each.InstanceId) found.add(each.InstanceId);',
    ),
    test,
    named: 'of instances, and of those whose agent answers',
  },
  {
    slip: 'status checks',
    file: 'lambda/aws/ec2/instances.ts',
    code: "if (each.AttachedEbsStatus?.Status === 'impaired' && each.InstanceId) found.ebs.add(each.InstanceId);\n      }",
    instead:
      "if (each.AttachedEbsStatus?.Status === 'impaired' && each.InstanceId) found.ebs.add(each.InstanceId);\n      } break;",
    test,
    named: 'of status checks: of a host, and of its volumes',
  },
  {
    slip: 'alarms',
    file: 'lambda/aws/alarms.ts',
    ...firstOf('found.push(...(page.MetricAlarms ?? []).flatMap((alarm) => standing(alarm, topic)));'),
    test,
    named: 'of alarms, and of what is on record of one',
  },
  {
    slip: 'what became of the message of an alarm',
    file: 'lambda/aws/alarms.ts',
    ...firstOf('found.push(...(page.AlarmHistoryItems ?? []).flatMap((item) => actionOf(item, topic, since)));'),
    test,
    named: 'of alarms, and of what is on record of one',
  },
  {
    slip: 'the minutes of a metric',
    file: 'lambda/aws/monitor.ts',
    code: '} while (NextToken);',
    instead: '} while (!NextToken);',
    test,
    named: 'of the minutes of a metric',
  },
];
