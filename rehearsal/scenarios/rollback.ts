/** Deployments that fail, and that CloudFormation rolls back. */
import { check } from '../checks.ts';
import type { Update } from '../cloud/stack-update.ts';
import type { Check } from '../world.ts';
import { type Claimed, claiming, deployed } from './deployments.ts';
import type { Plan, Strike } from './incident.ts';
import { breakWhatServes } from './strikes.ts';

const MINUTE_MS = 60_000;
const BEFORE_GIB = 100;
const GROWN_GIB = 160;
const FORWARD_GIB = 200;
const GROWN_IOPS = 4000;
const FORWARD_IOPS = 5000;
/** When the file system breaks, and when somebody deploys again. */
const BREAKS_AFTER_MS = 12 * MINUTE_MS;
const FORWARD_AFTER_MS = 24 * MINUTE_MS;
const ELSEWHERE = 'CREATE_FAILED: some other resource of the stack could not be made';

interface Seen {
  /** In the order in which they were deployed. */
  readonly updates: Map<string, Update>;
  /** Of the file system that was served when the rollbacks were over; of the volume under it. */
  rolledBack?: string;
  forward?: string;
}
const seen = new WeakMap<object, Seen>();

function seenOf({ services }: Strike): Seen {
  const found = seen.get(services) ?? { updates: new Map() };
  seen.set(services, found);
  return found;
}

async function deploy(strike: Strike, name: string, claimed: Claimed, fails?: string): Promise<void> {
  const template = claiming(strike, claimed);
  seenOf(strike).updates.set(name, await deployed(strike, name, template, fails === undefined ? {} : { fails }));
}

/** The volume that is served, and how large its file system is. */
function served({ stage, world, first }: Strike): string {
  const owner = stage.servedBy(first.volume);
  const volume = stage.physical(first.volume).find((v) => v.attachment?.instanceId === owner);
  const capacity = owner === undefined ? undefined : world.disks.capacity(owner, first.volume);
  return `${volume?.sizeGiB} GiB, ${volume?.iops} IOPS, a file system of ${capacity} GiB`;
}

function strike(strike: Strike): void {
  const { world, first } = strike;
  const { clock, zones } = world;
  const other = zones.find((zone) => zone !== first.zone) ?? '';
  clock.spawn('deployments', async () => {
    // Its volume grows, and then the deployment fails over something else. It is still optimizing when it is to be brought back.
    await deploy(strike, 'growth', { SizeGiB: GROWN_GIB, Iops: GROWN_IOPS }, ELSEWHERE);
    await deploy(strike, 'more IOPS', { Iops: FORWARD_IOPS });
    await deploy(strike, 'another zone', { Zone: other });
    seenOf(strike).rolledBack = served(strike);
  });
  clock.after(BREAKS_AFTER_MS, () => breakWhatServes(strike));
  clock.after(FORWARD_AFTER_MS, () =>
    clock.spawn('deployment', async () => {
      await deploy(strike, 'growth again', { SizeGiB: FORWARD_GIB, Iops: FORWARD_IOPS });
      seenOf(strike).forward = served(strike);
    }),
  );
}

function checks(strike: Strike): Check[] {
  const { services, first } = strike;
  const { updates, rolledBack, forward } = seenOf(strike);
  const ended = [...updates].map(([name, { status }]) => `${name}: ${status}`);
  const reason = (name: string) => updates.get(name)?.reason ?? 'none';
  const told = services.sns.messages.filter((m) => m.subject.includes(`${first.volume} is left as it is`));
  return [
    check(
      'every rollback ends',
      ['growth', 'more IOPS', 'another zone'].every((n) => updates.get(n)?.status === 'UPDATE_ROLLBACK_COMPLETE'),
      ended.join('; '),
    ),
    check(
      'what has to wait is refused on the way forward',
      /IncorrectModificationState/.test(reason('more IOPS')),
      reason('more IOPS'),
    ),
    check('a volume stays in its zone', /zone: received/.test(reason('another zone')), reason('another zone')),
    check(
      'a rollback leaves what has grown, and all of it is served',
      rolledBack === `${GROWN_GIB} GiB, ${GROWN_IOPS} IOPS, a file system of ${GROWN_GIB} GiB`,
      `${rolledBack}`,
    ),
    check(
      'people are told what a rollback left as it is, and why',
      told.some(({ message }) => /volumes do not shrink/.test(message) && /IncorrectModificationState/.test(message)),
      told[0]?.message.replace(/\s+/g, ' ') ?? 'nothing',
    ),
    check(
      'the next deployment forward works again',
      updates.get('growth again')?.status === 'UPDATE_COMPLETE' &&
        forward === `${FORWARD_GIB} GiB, ${FORWARD_IOPS} IOPS, a file system of ${FORWARD_GIB} GiB`,
      `${updates.get('growth again')?.status}: ${forward}`,
    ),
  ];
}

export const rollbackPlans: Readonly<Record<string, Plan>> = {
  rollback: {
    about:
      'a deployment grows the volume and fails over something else; more IOPS and another zone are refused; then it breaks',
    settings: { volumes: [{ name: 'alpha', sizeGiB: BEFORE_GIB }] },
    expect: { outcome: ['replace'], withinMs: BREAKS_AFTER_MS + 5 * MINUTE_MS, calls: 900 },
    strike,
    checks,
  },
};
