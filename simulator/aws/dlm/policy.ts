import {
  bool,
  list,
  num,
  object,
  onlyKnown,
  type Properties,
  str,
  strings,
  TemplateError,
  tags,
} from '../cloudformation/template.ts';
import type { Principal } from '../iam/account.ts';
import { dlmSchedule, type FixedRate } from './schedule.ts';

/** What runs on an instance around its snapshots. Source: API reference of Amazon DLM, Script. */
export interface SimScript {
  readonly document: string;
  readonly timeoutSeconds: number;
  readonly retries: number;
  /** Without its pre script, a snapshot is taken all the same. */
  readonly anyway: boolean;
}

export interface SimSchedule {
  readonly name: string;
  readonly rate: FixedRate;
  readonly keep: number;
  readonly copyTags: boolean;
  readonly tagsToAdd: Readonly<Record<string, string>>;
  readonly script: SimScript | undefined;
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
  /** Of instances: volumes with any of these tags are left out. `undefined`: it is a policy of volumes. */
  readonly leftOut: readonly { readonly key: string; readonly value: string }[] | undefined;
  /** Whose role it works with. */
  readonly principal: Principal;
  readonly schedules: readonly SimSchedule[];
}

/** @throws TemplateError for what a policy says and the simulation does not know */
export function readPolicy(id: string, p: Properties, now: number, principal: Principal): SimPolicy {
  onlyKnown(p, ['Description', 'ExecutionRoleArn', 'PolicyDetails', 'State', 'Tags']);
  const details = object(p, 'PolicyDetails');
  onlyKnown(details, ['PolicyType', 'ResourceTypes', 'TargetTags', 'Schedules', 'PolicyLanguage', 'Parameters']);
  const leftOut = readLeftOut(details);
  const state = str(p, 'State') === 'ENABLED' ? 'ENABLED' : 'DISABLED';
  return {
    id,
    properties: p,
    state,
    statusMessage: state,
    modifiedAt: now,
    tags: tags(p, 'Tags', {}),
    targets: tags(details, 'TargetTags'),
    leftOut,
    principal,
    schedules: list(details, 'Schedules').map((schedule) => readSchedule(schedule, leftOut !== undefined)),
  };
}

/** Source: API reference of Amazon DLM, Parameters; the EBS User Guide says that any of the tags leaves a volume out. */
function readLeftOut(details: Properties): SimPolicy['leftOut'] {
  const kinds = strings(details, 'ResourceTypes');
  const parameters = object(details, 'Parameters', {});
  if (kinds.join() === 'VOLUME') {
    onlyKnown(parameters, []);
    return undefined;
  }
  if (kinds.join() !== 'INSTANCE') throw new TemplateError(`${details.path}.ResourceTypes`, `unknown: ${kinds}`);
  onlyKnown(parameters, ['ExcludeBootVolume', 'ExcludeDataVolumeTags']);
  if (!bool(parameters, 'ExcludeBootVolume', false))
    throw new TemplateError(parameters.path, 'the simulation knows no root volumes: they must be left out');
  return list(parameters, 'ExcludeDataVolumeTags', []).map((tag) => ({
    key: str(tag, 'Key'),
    value: str(tag, 'Value'),
  }));
}

/** The bounds are those of the API reference. */
function readScript(rule: Properties, ofInstances: boolean): SimScript | undefined {
  const scripts = list(rule, 'Scripts', []);
  const [script] = scripts;
  if (!script) return undefined;
  if (!ofInstances) throw new TemplateError(`${rule.path}.Scripts`, 'only policies that target instances have scripts');
  if (scripts.length > 1) throw new TemplateError(`${rule.path}.Scripts`, 'at most one');
  onlyKnown(script, [
    'ExecuteOperationOnScriptFailure',
    'ExecutionHandler',
    'ExecutionHandlerService',
    'ExecutionTimeout',
    'MaximumRetryCount',
    'Stages',
  ]);
  const within = (key: string, fallback: number, from: number, to: number) => {
    const value = num(script, key, fallback);
    if (value < from || value > to) throw new TemplateError(`${script.path}.${key}`, `must be ${from} to ${to}`);
    return value;
  };
  if (str(script, 'ExecutionHandlerService', 'AWS_SYSTEMS_MANAGER') !== 'AWS_SYSTEMS_MANAGER')
    throw new TemplateError(script.path, 'ExecutionHandlerService must be AWS_SYSTEMS_MANAGER');
  if ([...strings(script, 'Stages', ['PRE', 'POST'])].sort().join() !== 'POST,PRE')
    throw new TemplateError(`${script.path}.Stages`, 'the simulation knows PRE and POST together only');
  return {
    document: str(script, 'ExecutionHandler'),
    timeoutSeconds: within('ExecutionTimeout', 10, 10, 120),
    retries: within('MaximumRetryCount', 0, 0, 3),
    anyway: bool(script, 'ExecuteOperationOnScriptFailure', true),
  };
}

function readSchedule(schedule: Properties, ofInstances: boolean): SimSchedule {
  onlyKnown(schedule, ['Name', 'CopyTags', 'CreateRule', 'RetainRule', 'TagsToAdd']);
  const rule = object(schedule, 'CreateRule');
  return {
    name: str(schedule, 'Name'),
    rate: dlmSchedule(rule),
    script: readScript(rule, ofInstances),
    keep: num(object(schedule, 'RetainRule'), 'Count'),
    copyTags: bool(schedule, 'CopyTags', false),
    tagsToAdd: tags(schedule, 'TagsToAdd', {}),
  };
}
