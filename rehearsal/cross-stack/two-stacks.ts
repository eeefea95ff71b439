/** Two stacks of the same app in one account and Region, with content volumes of the same names: neither touches the other. */

import { metricNamespace, TAG, VERDICT, VOLUME_ROLE } from '../../contract/contract.ts';
import { principalOf } from '../../simulator/aws/account/created.ts';
import { terminateInstance } from '../../simulator/aws/account/failures.ts';
import type { Estate } from '../../simulator/aws/iam/foreign-actions.ts';
import { type Reach, reachOf } from '../../simulator/aws/iam/reach.ts';
import { counted } from '../command/duration.ts';
import { check, inventory, neverBlank, nothingDeleted, oneWriter } from '../judge/checks.ts';
import { journalBucket } from '../judge/journal.ts';
import { disown, failureOf } from '../judge/measure.ts';
import { pagesBucket } from '../judge/page.ts';
import { breakFileSystem, PERSON } from '../scenarios/story/breaking.ts';
import { bringUp, type Stage, upload } from '../scenarios/story/deployed-stack.ts';
import { judge, prepare, type Settled, type Strike, untilSettled } from '../scenarios/story/incident.ts';
import { makeCourse } from '../world/courses.ts';
import type { Check, Scenario, ScenarioResult, World } from '../world/world.ts';

const MINUTE_MS = 60_000;
/** Until the neighbour has a verified copy and a spare too. */
const SETTLE_MS = 180 * MINUTE_MS;

export const twoStacks: Scenario = {
  about: 'two stacks in one account, their volumes named alike: one has two incidents, the other must not be touched',
  // With the one setting that allows more: it locks, too.
  settings: { drills: { enabled: true }, snapshotLock: { days: 1 } },
  neighbour: true,
  play,
};

async function play(world: World): Promise<ScenarioResult> {
  const { services, clock } = world;
  const prepared = await prepare(world, false);
  if ('checks' in prepared) return prepared;
  const { watch, strike, stage } = prepared;
  if (!world.neighbour) throw new Error('two-stacks needs a second stack');
  const second: World = { ...world, ...world.neighbour };
  const beside = await bringUp(second);
  if (typeof beside === 'string')
    return { checks: [check('the second stack comes up', false, beside)], recovery: undefined };
  for (const { name } of beside.volumes) upload(second, beside, name, makeCourse('theirs', world.random.stream(name)));
  const spared = (s: Stage) =>
    s.volumes.every((v) => s.physical(v.name).some((p) => p.tags[TAG.role] === VOLUME_ROLE.spare));
  await clock.run(clock.now() + SETTLE_MS, () => spared(stage) && spared(beside));

  const before = inventory(world);
  const quiet = watchNeighbour(second, beside);
  const spotted = watchCalls(world, second);
  world.spotlight(true);
  const healed: Check[] = [];
  const broken = await incidentOf(strike, ['replace'], (s) => breakFileSystem(s, s.first), healed);
  await incidentOf(strike, ['failover'], (s) => terminateInstance(services, s.first.owner), healed);
  world.spotlight(false);
  const undisturbed = quiet();
  const named = spotted();
  watch.stop();
  const tables = await reaches(world, stage, second, beside);
  for (const line of tables.flatMap(table)) world.say(line);
  return {
    checks: [
      ...healed,
      ...undisturbed,
      named,
      copiesApart(world),
      ...tables.flatMap(judgeReach),
      oneWriter(watch),
      neverBlank(watch),
      nothingDeleted(world, before),
    ],
    recovery: broken?.recovery,
    outcome: broken?.outcome ?? 'lost',
  };
}

async function incidentOf(
  strike: Strike,
  outcome: readonly ('replace' | 'failover')[],
  act: (strike: Strike) => void,
  checks: Check[],
): Promise<Settled | undefined> {
  const { world, stage } = strike;
  const failure = failureOf(world, stage, strike.first.volume);
  const now: Strike = { ...strike, first: failure, failures: [failure] };
  act(now);
  const [settled] = await untilSettled(now, [failure], { outcome });
  if (settled?.recovery) disown(strike.libraries.get(failure.volume), settled.recovery);
  if (settled) checks.push(...judge(world, stage, settled, { outcome, withinMs: 6 * MINUTE_MS, calls: 900 }));
  return settled;
}

/** What the other stack has, and does, while the first has its incidents. */
function watchNeighbour(second: World, beside: Stage): () => Check[] {
  const { services, clock, stackName } = second;
  const since = clock.now();
  const stateOf = () =>
    beside.volumes.map(({ name }) => `${name} ${beside.servedBy(name)} ${current(beside, name)?.id}`).join(', ');
  const before = stateOf();
  const unserved = new Set<string>();
  services.cloud.listen(() => {
    for (const { name } of beside.volumes) if (!beside.servedBy(name)) unserved.add(name);
  });
  return () => {
    const { messages } = services.sns;
    // An alarm that has had its first data is calm, and says so: that of a spare speaks once there is one.
    const isFirst = (name: string) => messages.every(({ alarm }) => alarm?.name !== name || alarm.state === 'OK');
    const notified = messages.filter(
      ({ at, topicArn, alarm }) => at >= since && topicArn.includes(stackName) && !(alarm && isFirst(alarm.name)),
    );
    const after = stateOf();
    return [
      check('the other stack is served all the while', unserved.size === 0, [...unserved], 'yes'),
      check('the other stack keeps its volumes and owners', before === after, after),
      check(
        'the people of the other stack are notified of nothing',
        notified.length === 0,
        notified.map((m) => m.subject),
        'nothing',
      ),
    ];
  };
}

/** No call of one stack names anything of the other. Describes by tag name nothing. */
function watchCalls(world: World, second: World): () => Check {
  const { cloud, ec2 } = world.services;
  const isSecond = (name: string) => name.startsWith(`${second.stackName}-`);
  const wrong = new Set<string>();
  let seen = 0;
  cloud.intercept = async ({ principal, service, operation, input }, perform) => {
    const by = isSecond(principal.name) ? second.stackName : world.stackName;
    for (const [id] of JSON.stringify(input).matchAll(/\b(?:vol|snap|i)-[0-9a-f]{8,17}\b/g)) {
      seen++;
      const of = ec2.tagsOf(id)[TAG.stack];
      if (principal !== PERSON && of !== undefined && of !== by)
        wrong.add(`${principal.name}: ${service} ${operation} ${id}`);
    }
    return perform();
  };
  return () => {
    cloud.intercept = undefined;
    const kept = wrong.size === 0 && seen > 0;
    return check('no call of a stack names what is of the other', kept, [...wrong], `${seen} ids named`);
  };
}

/** Each snapshot was taken by the policy, and for the stack, of its volume. */
function copiesApart({ services: { ec2, dlm } }: World): Check {
  const wrong = [...ec2.snapshots.values()].filter((s) => {
    const owner = s.tags[TAG.stack];
    const policy = dlm.policies.get(s.tags['aws:dlm:lifecycle-policy-id'] ?? '');
    const targets = policy ? Object.values(policy.targets) : [`hourly/${owner}`];
    return ec2.volumes.get(s.volumeId)?.tags[TAG.stack] !== owner || !targets.includes(`hourly/${owner}`);
  });
  const kept = wrong.length === 0 && ec2.snapshots.size > 0;
  return check(
    'no policy copies the volumes of the other stack',
    kept,
    wrong.map((s) => s.id),
    counted(ec2.snapshots.size, 'snapshot'),
  );
}

interface Table {
  readonly by: string;
  readonly on: string;
  readonly rows: readonly Reach[];
}

async function reaches(first: World, stage: Stage, second: World, beside: Stage): Promise<Table[]> {
  const one = await estateOf(first, stage);
  const two = await estateOf(second, beside);
  const s = first.services;
  return [
    { by: two.stackName, on: one.stackName, rows: reachOf(s, two, one) },
    { by: one.stackName, on: two.stackName, rows: reachOf(s, one, two) },
  ];
}

async function estateOf(world: World, stage: Stage): Promise<Estate> {
  const { services, stackName } = world;
  const { created, volumes } = stage;
  const ofType = (type: string) =>
    [...created.resources.values()].filter((r) => r.type === type).map((r) => r.logicalId);
  const refs = (type: string) => ofType(type).map((id) => created.references.get(id)?.ref ?? '');
  const arns = (type: string) => ofType(type).map((id) => String(created.references.get(id)?.attributes.Arn));
  const name = volumes[0]?.name ?? '';
  for (const tags of LEFT_OVER) await makeVolume(world, name, tags);
  const instance = stage.servedBy(name);
  const physical = stage.physical(name).map((v) => v.id);
  const snapshots = [...services.ec2.snapshots.values()]
    .filter((s) => s.tags[TAG.stack] === stackName)
    .map((s) => s.id);
  const marked = services.ec2.snapshots.get(snapshots.at(-1) ?? '');
  // A copy that the guard took, may lock, and has marked.
  if (marked) Object.assign(marked.tags, { [TAG.reap]: 'true', [TAG.guard]: 'true', [TAG.verdict]: VERDICT.verified });
  const [table = '', topicArn = '', keyArn = ''] = [
    ...refs('AWS::DynamoDB::GlobalTable'),
    ...refs('AWS::SNS::Topic'),
    ...arns('AWS::KMS::Key'),
  ];
  if (!instance || physical.length < 3 || snapshots.length === 0) throw new Error(`${stackName} has nothing to try on`);
  return {
    stackName,
    volume: name,
    zone: volumes[0]?.zone ?? '',
    roles: ofType('AWS::IAM::Role').map((id) => principalOf(id, created)),
    volumes: physical,
    snapshots: snapshots.slice(-3),
    instance,
    documents: refs('AWS::SSM::Document'),
    table,
    topicArn,
    keyArn,
    namespace: metricNamespace(stackName),
    queueArns: arns('AWS::SQS::Queue'),
    logGroupArns: arns('AWS::Logs::LogGroup'),
    functionArns: arns('AWS::Lambda::Function'),
    journal: journalBucket(stage),
    pages: pagesBucket(world),
  };
}

/** What drills and heals leave behind: the guard may delete what it has marked, the healer copy what is in quarantine. */
const LEFT_OVER: readonly Readonly<Record<string, string>>[] = [
  { [TAG.role]: VOLUME_ROLE.scratch, [TAG.drill]: 'rehearsed' },
  { [TAG.role]: VOLUME_ROLE.discarded, [TAG.reap]: 'true' },
  { [TAG.role]: VOLUME_ROLE.quarantined, [TAG.heal]: 'rehearsed' },
];

async function makeVolume(
  { services, clock, stackName, zones }: World,
  volume: string,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  let made = false;
  const tags = { [TAG.stack]: stackName, [TAG.volume]: volume, ...more };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  clock.spawn('person', async () => {
    await services.cloud.call(PERSON, 'ec2', 'CreateVolume', {
      AvailabilityZone: zones[0],
      Size: 1,
      VolumeType: 'gp3',
      TagSpecifications: [{ ResourceType: 'volume', Tags }],
    });
    made = true;
  });
  await clock.run(clock.now() + MINUTE_MS, () => made);
}

function current(stage: Stage, volume: string) {
  return stage.physical(volume).find((v) => v.tags[TAG.role] === VOLUME_ROLE.current);
}

function table({ by, on, rows }: Table): string[] {
  const cells = rows.map(({ role, action, tried, allowed, own, unscoped }) => {
    const seen = allowed.length > 0 ? `ALLOWED: ${allowed.join(', ')}` : `denied, ${tried} of ${tried}`;
    const said = unscoped ? `not judged: ${unscoped}` : `${seen}; own: ${own ? 'allowed' : 'DENIED'}`;
    return `${role.padEnd(52)} ${action.padEnd(36)} ${said}`;
  });
  return [`what ${by} may do to ${on}:`, ...cells];
}

function judgeReach({ by, on, rows }: Table): Check[] {
  const judged = rows.filter((row) => row.unscoped === undefined);
  const open = judged.filter((row) => row.allowed.length > 0);
  const idle = judged.filter((row) => !row.own);
  const tried = judged.reduce((sum, row) => sum + row.tried, 0);
  const shown = (found: readonly Reach[], of: (row: Reach) => string) => found.map(of).join('; ');
  return [
    check(
      `${by} may change nothing of ${on}`,
      open.length === 0 && tried > 0,
      shown(open, (r) => `${r.role} ${r.action}: ${r.allowed.join(', ')}`) ||
        `${tried} attempts of ${judged.length} permissions denied`,
    ),
    check(
      `${by} may do the same to what is its own`,
      idle.length === 0 && judged.length > 0,
      shown(idle, (r) => `${r.role} ${r.action}`) || `${judged.length} permissions`,
    ),
  ];
}
