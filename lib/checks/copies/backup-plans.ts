/** AWS Backup: plans that copy EBS volumes, by themselves or with the instance that has them attached. */

import {
  type Declared,
  type DeclaredResources,
  isIntrinsic,
  type Json,
  listOf,
  objectOf,
  shown,
  textOf,
} from '../declared.ts';
import { attachedTo } from '../volumes/instance-tags.ts';
import { readCron } from './cron.ts';
import type { Hold } from './policy-hold.ts';
import { allOf, anyOf, type Verdict } from './resource-policy.ts';
import { type SnapshotTimes, spacingOf } from './snapshot-times.ts';

export const SELECTION_TYPE = 'AWS::Backup::BackupSelection';
/** Minutes within which a job starts when nothing is said: docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html */
const START_WINDOW_MINUTES = 480;
const DAY_MINUTES = 1440;
const OF_VOLUMES = /^(\*|arn:[^:]*:ec2:[^:]*:[^:]*:(\*|volume\/\*?))$/;
const OF_INSTANCES = /^arn:[^:]*:ec2:[^:]*:[^:]*:instance\/\*?$/;

/**
 * Whether a selection takes a volume: named, or by its tags, of which `ListOfTags` wants any one and `Conditions` all.
 * docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html
 */
export function selectionHold(
  volume: Declared,
  selection: Declared,
  tags: readonly Json[],
  app: DeclaredResources,
): Hold {
  const of = objectOf(selection.properties.BackupSelection);
  const because = 'selects by what is known at deployment only';
  if (!of || isIntrinsic(selection.properties.BackupSelection)) return { covers: undefined, because };
  const { Resources, NotResources, ListOfTags, Conditions } = of;
  if ([Resources, NotResources, ListOfTags, Conditions].some(isIntrinsic)) return { covers: undefined, because };
  const instances = volume.type === 'AWS::EC2::Instance' ? [volume] : attachedTo(volume, app);
  const named = (list: unknown) =>
    anyOf(
      listOf(list).map((arn): Verdict => {
        const targets = app.mentioned(arn, selection);
        if ([volume, ...instances].some((one) => [...targets].some((target) => target?.construct === one.construct)))
          return true;
        const text = textOf(arn);
        if (text === undefined || targets.has(undefined)) return undefined;
        return OF_VOLUMES.test(text) || (OF_INSTANCES.test(text) && instances.length > 0);
      }),
    );
  const everything = Resources === undefined || listOf(Resources).length === 0;
  const filters = [...listOf(ListOfTags), ...Object.values(objectOf(Conditions) ?? {}).flatMap((each) => listOf(each))];
  const taken = allOf([
    everything ? true : named(Resources),
    filters.length === 0 ? true : anyOf([fitsTags(tags, of), ...instances.map((one) => fitsTags(ownTags(one), of))]),
    negated(named(NotResources)),
  ]);
  if (taken) return { covers: true };
  const selects = JSON.stringify({ Resources, NotResources, ListOfTags, Conditions });
  return { covers: taken, because: taken === undefined ? because : `selects ${selects}` };
}

function ownTags({ properties }: Declared): readonly Json[] {
  return listOf(properties.Tags).map((tag) => objectOf(tag) ?? {});
}

function negated(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict;
}

function fitsTags(tags: readonly Json[], { ListOfTags, Conditions }: Json): Verdict {
  const any = listOf(ListOfTags).map((of) =>
    tagIs(tags, objectOf(of)?.ConditionKey, objectOf(of)?.ConditionValue, false),
  );
  const all = Object.entries(objectOf(Conditions) ?? {}).flatMap(([operator, list]) =>
    listOf(list).map((of) => {
      const is = tagIs(tags, objectOf(of)?.ConditionKey, objectOf(of)?.ConditionValue, /Like$/.test(operator));
      return /Not/.test(operator) ? negated(is) : is;
    }),
  );
  return allOf([any.length === 0 ? true : anyOf(any), ...all]);
}

function tagIs(tags: readonly Json[], key: unknown, value: unknown, like: boolean): Verdict {
  if (typeof key !== 'string' || typeof value !== 'string') return undefined;
  const name = key.replace(/^aws:ResourceTag\//, '');
  const parts = value.split('*').map((part) => part.replace(/[.+^${}()|[\]\\?]/g, '\\$&'));
  const form = new RegExp(`^${parts.join('.*')}$`, 's');
  return anyOf(
    tags
      .filter((tag) => tag.Key === name || typeof tag.Key !== 'string')
      .map((tag): Verdict => {
        if (typeof tag.Key !== 'string' || typeof tag.Value !== 'string') return undefined;
        return like ? form.test(tag.Value) : tag.Value === value;
      }),
  );
}

/** The schedules of the plan that a selection belongs to; a text where they cannot be known. */
export function planSchedules(selection: Declared, app: DeclaredResources): readonly (SnapshotTimes | string)[] {
  const plan = app.named(selection.properties.BackupPlanId, selection);
  if (plan?.type !== 'AWS::Backup::BackupPlan')
    return [`the plan of ${selection.construct.node.path} is not in this app`];
  const rules = objectOf(plan.properties.BackupPlan)?.BackupPlanRule;
  if (isIntrinsic(rules)) return [`BackupPlanRule is ${shown(rules)}`];
  return listOf(rules).map(readRule);
}

/** "When no CRON expression is provided": docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html */
const DAILY = 'cron(0 5 ? * * *)';

function readRule(rule: unknown, index: number): SnapshotTimes | string {
  const { RuleName, ScheduleExpression = DAILY, StartWindowMinutes, Lifecycle } = objectOf(rule) ?? {};
  const name = typeof RuleName === 'string' ? RuleName : `number ${index + 1}`;
  if (typeof ScheduleExpression !== 'string') return `rule ${name}: ScheduleExpression is ${shown(ScheduleExpression)}`;
  const due = readCron(ScheduleExpression);
  if (!due) return `rule ${name}: ${ScheduleExpression} is beyond what this check reads`;
  const spacing = spacingOf(due);
  const days = objectOf(Lifecycle)?.DeleteAfterDays;
  if (days !== undefined && typeof days !== 'number') return `rule ${name}: DeleteAfterDays is ${shown(days)}`;
  // Without an end they are kept for ever.
  const kept = days === undefined ? Number.POSITIVE_INFINITY : Math.floor((days * DAY_MINUTES) / spacing);
  return { name, due, spacing, kept, window: Number(StartWindowMinutes ?? START_WINDOW_MINUTES) };
}
