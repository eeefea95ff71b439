import {
  type DLMClient,
  GetLifecyclePolicyCommand,
  type PolicyDetails,
  type Schedule,
  type Script,
  type Tag,
} from '@aws-sdk/client-dlm';
import type { FoundPolicy, FoundSchedule, FoundScript } from '../core/guard/policy.ts';
import type { PolicyReader } from '../core/guard/ports.ts';
import { isKind, translated } from './errors.ts';

/** What the deployed policy says, and the values that DLM fills in for what it does not. */
const DETAILS: Readonly<Record<string, readonly string[] | undefined>> = {
  PolicyType: ['EBS_SNAPSHOT_MANAGEMENT'],
  ResourceTypes: ['VOLUME', 'INSTANCE'],
  Parameters: undefined,
  ResourceLocations: ['CLOUD'],
  PolicyLanguage: ['STANDARD'],
  TargetTags: undefined,
  Schedules: undefined,
};
const SCHEDULE: readonly string[] = ['Name', 'CopyTags', 'CreateRule', 'RetainRule'];
const CREATE_RULE: readonly string[] = ['Interval', 'IntervalUnit', 'Times', 'Location', 'Scripts'];
const PARAMETERS: readonly string[] = ['ExcludeBootVolume', 'ExcludeDataVolumeTags'];
const RETAIN_RULE: readonly string[] = ['Count'];

/** Data Lifecycle Manager's own word on a policy; only GetLifecyclePolicy says why it is in state ERROR. */
export function dlmPolicy(dlm: DLMClient): PolicyReader {
  return {
    async read(PolicyId) {
      try {
        const answer = await translated(`read the snapshot policy ${PolicyId}`, () =>
          dlm.send(new GetLifecyclePolicyCommand({ PolicyId })),
        );
        const { State, StatusMessage, PolicyDetails: details } = answer.Policy ?? {};
        if (!State || !details) throw new Error(`DLM answered without the state or the details of ${PolicyId}`);
        return toFound(State, StatusMessage, details);
      } catch (error) {
        if (isKind(error, 'notFound')) return undefined;
        throw error;
      }
    },
  };
}

function toFound(state: string, statusMessage: string | undefined, details: PolicyDetails): FoundPolicy {
  const schedules = details.Schedules ?? [];
  return {
    state,
    statusMessage,
    targetTags: toTags(details.TargetTags),
    copies: (details.ResourceTypes ?? []).join(' and '),
    leftOut: toTags(details.Parameters?.ExcludeDataVolumeTags),
    rootLeftOut: details.Parameters?.ExcludeBootVolume === true,
    schedules: schedules.map(toSchedule),
    foreign: [
      ...foreignDetails(details),
      ...beyond(details.Parameters, PARAMETERS),
      ...schedules.flatMap(foreignRules),
    ],
  };
}

function toTags(tags: readonly Tag[] | undefined): { key: string; value: string }[] {
  return (tags ?? []).map(({ Key, Value }) => ({ key: Key ?? '', value: Value ?? '' }));
}

/** What DLM fills in where nothing is said: API reference of Script. */
function toScript(script: Script): FoundScript {
  return {
    document: script.ExecutionHandler ?? '',
    stages: script.Stages ?? ['PRE', 'POST'],
    anyway: script.ExecuteOperationOnScriptFailure ?? true,
    retries: script.MaximumRetryCount ?? 0,
  };
}

function toSchedule({ Name, CreateRule, RetainRule, CopyTags }: Schedule): FoundSchedule {
  return {
    name: Name ?? '',
    every: `${CreateRule?.Interval} ${CreateRule?.IntervalUnit}`,
    times: CreateRule?.Times ?? [],
    keep: RetainRule?.Count,
    copyTags: CopyTags === true,
    scripts: (CreateRule?.Scripts ?? []).map(toScript),
  };
}

function foreignDetails(details: PolicyDetails): string[] {
  return Object.entries(details).flatMap(([key, value]) => {
    if (isEmpty(value)) return [];
    if (!(key in DETAILS)) return [`${key} ${JSON.stringify(value)}`];
    const usual = DETAILS[key];
    const values = (Array.isArray(value) ? value : [value]).map(String);
    return usual && values.some((v) => !usual.includes(v)) ? [`${key} ${JSON.stringify(value)}`] : [];
  });
}

/** Members of an object that are not known here and say something. */
function beyond(of: object | undefined, known: readonly string[]): string[] {
  return Object.entries(of ?? {}).flatMap(([key, value]) => (known.includes(key) || isEmpty(value) ? [] : [key]));
}

/** Copies to other Regions, sharing with other accounts, archiving and the like. */
function foreignRules(schedule: Schedule): string[] {
  const location = schedule.CreateRule?.Location;
  return [
    ...beyond(schedule, SCHEDULE),
    ...beyond(schedule.CreateRule, CREATE_RULE),
    ...beyond(schedule.RetainRule, RETAIN_RULE),
    ...(location === undefined || location === 'CLOUD' ? [] : [`Location ${location}`]),
  ].map((rule) => `${rule} in ${schedule.Name}`);
}

/** The console writes rules that say nothing. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}
