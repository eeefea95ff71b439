import { createHash } from 'node:crypto';
import { BUNDLE_PREFIX, TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { OUTPUT } from '../../../contract/outputs.ts';
import { killOnce, outage, throttle } from '../../../simulator/aws/account/failures.ts';
import { OUTAGE } from '../../../simulator/aws/account/outages.ts';
import { check, inventory, neverBlank, nothingDeleted, oneWriter } from '../../judge/checks.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { breakWhatServes, once } from '../story/breaking.ts';
import { prepare, type Strike } from '../story/incident.ts';
import { type PointToDie, pointsToDie } from '../story/points-to-die.ts';

const MINUTE_MS = 60_000;
/** A drill of the same volume is waited for, and then its own lease. */
const ENDS_MS = 70 * MINUTE_MS;
/** Until what is left is cleared away: by the next drill, or by the guard. */
const REST_MS = 120 * MINUTE_MS;
const THROTTLED_SECONDS = 60;
const S3_OUT_SECONDS = 900;
const NONE = 'courses/there-is-no-such-course';

/** Somebody asks for a course as a copy has it, again and again; the function dies at each step in turn; and a heal begins in the middle. */
export const outOfACopy: Scenario = {
  about:
    'a course is brought out of a verified copy; the function dies before and after each step; a heal begins meanwhile',
  settings: { drills: { enabled: true } },
  play,
};

interface Asked {
  readonly outcome?: string;
  readonly key?: string;
  readonly sha256?: string;
  readonly summary?: string;
}

async function play(world: World): Promise<ScenarioResult> {
  const prepared = await prepare(world, false);
  if ('checks' in prepared) return prepared;
  const { watch, strike } = prepared;
  const { first, services, libraries } = strike;
  const before = inventory(world);
  const sent = services.sns.messages.length;
  const [copy] = verifiedCopies(strike);
  const course = libraries.get(first.volume)?.at(copy?.startedAt ?? 0)[0];
  if (!copy || !course)
    return { checks: [check('there is a verified copy with a course', false, 'none')], recovery: undefined };
  const path = `courses/${course.id}`;
  const spares = holds(strike, VOLUME_ROLE.spare, VOLUME_ROLE.current);
  const earlier = services.lambda.executions.length;
  const whole = await ask(strike, copy.id, path);
  const checks: Check[] = [
    check(
      'the course comes out of the copy, each file as it was uploaded',
      whole.outcome === 'bundled' &&
        contentOf(strike, whole) ===
          course.files
            .map(({ sha256 }) => sha256)
            .sort()
            .join(),
      `${whole.outcome}: ${whole.summary}`,
    ),
  ];
  const absent = await ask(strike, copy.id, NONE);
  checks.push(
    check('of what is not on it, it is said so', absent.outcome === 'absent', `${absent.outcome}: ${absent.summary}`),
  );
  const points = pointsToDie(services, earlier, isAsked);
  checks.push(check('it has steps to die at', points.length > 0, String(points.length)));
  for (const point of points) checks.push(await diesAt(strike, copy.id, path, point));
  checks.push(
    check(
      'what serves and its spare are as they were',
      holds(strike, VOLUME_ROLE.current).every((id) => spares.includes(id)),
      holds(strike, VOLUME_ROLE.current, VOLUME_ROLE.spare),
    ),
    check('nobody is notified', services.sns.messages.length === sent, String(services.sns.messages.length - sent)),
  );
  checks.push(await throttled(strike, copy.id, path));
  checks.push(await unsent(strike, copy.id, path));
  checks.push(await rejectedCopy(strike, path, copy.id));
  checks.push(await duringHeal(strike, copy.id, path));
  await world.clock.run(world.clock.now() + REST_MS);
  await world.clock.run(world.clock.now() + REST_MS, () => services.lambda.busy === 0);
  watch.stop();
  const left = holds(strike, VOLUME_ROLE.scratch);
  return {
    checks: [
      ...checks,
      check('of all volumes that were made for it, none is left', left.length === 0, left, 'none'),
      check(
        'it is served in the end',
        strike.stage.servedBy(first.volume) !== undefined,
        strike.stage.servedBy(first.volume) ?? 'nobody serves it',
      ),
      oneWriter(watch),
      neverBlank(watch),
      nothingDeleted(world, before),
    ],
    recovery: undefined,
    outcome: strike.stage.servedBy(first.volume) ? 'none' : 'lost',
  };
}

function isAsked(event: unknown): boolean {
  return (event as { readonly bundle?: unknown }).bundle !== undefined;
}

function verifiedCopies({ services, first }: Strike) {
  return [...services.ec2.snapshots.values()]
    .filter(({ tags }) => tags[TAG.volume] === first.volume && tags[TAG.verdict] === VERDICT.verified)
    .sort((a, b) => b.startedAt - a.startedAt);
}

function holds({ stage, first }: Strike, ...roles: readonly string[]): string[] {
  return stage
    .physical(first.volume)
    .filter(({ tags }) => roles.includes(tags[TAG.role] ?? ''))
    .map(({ id }) => id);
}

/** Asks for it as a person does, and waits for what the execution says in the end. */
async function ask({ services, world, first }: Strike, snapshotId: string, path: string): Promise<Asked> {
  const { lambda, cloudFormation } = services;
  const name = cloudFormation.outputOf(world.stackName, OUTPUT.drill) ?? '';
  const before = lambda.executions.length;
  const event = { bundle: first.volume, snapshotId, path: Buffer.from(`/${path}`).toString('base64') };
  lambda.invoke(`${lambda.arnOf(name)}:live`, event);
  const mine = () => lambda.executions.slice(before).find((one) => isAsked(one.event));
  await world.clock.run(world.clock.now() + ENDS_MS, () => mine()?.ended !== undefined);
  const end = mine()?.ended;
  if (!end) return { outcome: 'does not end' };
  return end.status === 'SUCCEEDED' ? (JSON.parse(end.result) as Asked) : { outcome: end.status, summary: end.result };
}

/** The sums of the files in the archive, manifests left out; what is wrong with the whole, where it is not what was said. */
function contentOf({ services, world }: Strike, { key = '', sha256 }: Asked): string {
  const bucket = services.s3.bucket(services.cloudFormation.outputOf(world.stackName, OUTPUT.bundles) ?? '');
  const bytes = bucket.current(key)?.object.bytes;
  if (!bytes || !key.startsWith(BUNDLE_PREFIX)) return `there is no ${key}`;
  if (sum(bytes) !== sha256) return `${key} is not what was said`;
  return filesIn(Buffer.from(bytes)).sort().join();
}

/** Of a tar: what it has of each regular file that is no manifest, as its sum. */
function filesIn(archive: Buffer): string[] {
  const found: string[] = [];
  const block = 512;
  for (let at = 0; at + block <= archive.length && archive[at] !== 0; ) {
    const text = (from: number, to: number) => archive.toString('latin1', at + from, at + to).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 135), 8);
    const begin = at + block;
    if (text(156, 157) === '0' && !text(0, 100).endsWith('/manifest.sha256'))
      found.push(sum(archive.subarray(begin, begin + size)));
    at = begin + Math.ceil(size / block) * block;
  }
  return found;
}

function sum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function diesAt(strike: Strike, snapshotId: string, path: string, point: PointToDie): Promise<Check> {
  const { services } = strike;
  const { faults, log } = services.cloud;
  const earlier = log.length;
  killOnce(services, { ...point, of: isAsked });
  const asked = await ask(strike, snapshotId, path);
  const died = faults.kill === undefined;
  faults.kill = undefined;
  const made = log
    .slice(earlier)
    .filter(({ event }) => event?.kind === 'volumeCreated' && event.from === snapshotId).length;
  const isWhole = asked.outcome === 'bundled' && contentOf(strike, asked).length > 0;
  return check(
    `died ${point.at} the effect of ${point.step}: it comes all the same, by one volume`,
    died && isWhole && made === 1,
    `${asked.outcome}: ${asked.summary}; ${made} volumes${died ? '' : '; it did not die'}`,
  );
}

async function throttled(strike: Strike, snapshotId: string, path: string): Promise<Check> {
  throttle(strike.services, THROTTLED_SECONDS);
  const { outcome, summary } = await ask(strike, snapshotId, path);
  return check('it comes, though EC2 refuses every call for a minute', outcome === 'bundled', `${outcome}: ${summary}`);
}

async function unsent(strike: Strike, snapshotId: string, path: string): Promise<Check> {
  const { services, world } = strike;
  outage(services, 's3', OUTAGE.refuses, S3_OUT_SECONDS);
  const { outcome, summary } = await ask(strike, snapshotId, path);
  const made = holds(strike, VOLUME_ROLE.scratch);
  await world.clock.run(world.clock.now() + S3_OUT_SECONDS * 1000);
  // A drill may be at work by then, with a volume of its own.
  const left = holds(strike, VOLUME_ROLE.scratch).filter((id) => made.includes(id));
  return check(
    'where S3 takes nothing it says so, and clears away',
    outcome === 'undecided' && left.length === 0,
    `${outcome}: ${summary}; ${left.length === 0 ? 'nothing is left' : `${left.join(', ')} is left`}`,
  );
}

/** @param kept the copy that is asked for afterwards */
async function rejectedCopy(strike: Strike, path: string, kept: string): Promise<Check> {
  const copy = verifiedCopies(strike).find(({ id }) => id !== kept);
  if (!copy) return check('nothing comes out of a copy that is rejected', false, 'there is no second copy');
  copy.tags[TAG.verdict] = VERDICT.rejected;
  const { outcome, summary } = await ask(strike, copy.id, path);
  return check('nothing comes out of a copy that is rejected', outcome === 'refused', `${outcome}: ${summary}`);
}

/** What serves breaks as soon as the volume is made. */
async function duringHeal(strike: Strike, snapshotId: string, path: string): Promise<Check> {
  once(
    strike,
    'volumeCreated',
    ({ from }) => from === snapshotId,
    () => breakWhatServes(strike),
  );
  const { outcome, summary } = await ask(strike, snapshotId, path);
  return check(
    'it yields to a heal, or is done before that begins',
    outcome === 'undecided' || outcome === 'bundled',
    `${outcome}: ${summary}`,
  );
}
