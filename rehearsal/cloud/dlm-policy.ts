import { dlmSchedule, type FixedRate } from './schedule.ts';
import { bool, list, num, object, onlyKnown, type Properties, str, tags } from './template.ts';

export interface SimSchedule {
  readonly name: string;
  readonly rate: FixedRate;
  readonly keep: number;
  readonly copyTags: boolean;
  readonly tagsToAdd: Readonly<Record<string, string>>;
}

/** A policy as it is now, whether a template or a hand wrote it. */
export interface SimPolicy {
  readonly id: string;
  readonly properties: Properties;
  state: 'ENABLED' | 'DISABLED' | 'ERROR';
  statusMessage: string;
  readonly modifiedAt: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly targets: Readonly<Record<string, string>>;
  readonly schedules: readonly SimSchedule[];
}

/** @throws TemplateError for what a policy says and the simulation does not know */
export function readPolicy(id: string, p: Properties, now: number): SimPolicy {
  onlyKnown(p, ['Description', 'ExecutionRoleArn', 'PolicyDetails', 'State', 'Tags']);
  const details = object(p, 'PolicyDetails');
  onlyKnown(details, ['PolicyType', 'ResourceTypes', 'TargetTags', 'Schedules', 'PolicyLanguage']);
  const state = str(p, 'State') === 'ENABLED' ? 'ENABLED' : 'DISABLED';
  return {
    id,
    properties: p,
    state,
    statusMessage: state,
    modifiedAt: now,
    tags: tags(p, 'Tags', {}),
    targets: tags(details, 'TargetTags'),
    schedules: list(details, 'Schedules').map(readSchedule),
  };
}

function readSchedule(schedule: Properties): SimSchedule {
  onlyKnown(schedule, ['Name', 'CopyTags', 'CreateRule', 'RetainRule', 'TagsToAdd']);
  return {
    name: str(schedule, 'Name'),
    rate: dlmSchedule(object(schedule, 'CreateRule')),
    keep: num(object(schedule, 'RetainRule'), 'Count'),
    copyTags: bool(schedule, 'CopyTags', false),
    tagsToAdd: tags(schedule, 'TagsToAdd', {}),
  };
}
