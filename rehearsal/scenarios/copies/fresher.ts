/** A spare is ready, and something newer is verified, in a stack whose spares follow no journal: with `drills.prefer` set to `fresher` that is taken, where it can be. */
import { LEDGER, TAG, VERDICT } from '../../../contract/contract.ts';
import type { Data } from '../../../contract/flat.ts';
import { exhaustCapacity } from '../../../simulator/aws/account/failures.ts';
import { check, incidents } from '../../judge/checks.ts';
import { heard, replacementIn } from '../../judge/heard.ts';
import { recoveryPoint } from '../../judge/measure.ts';
import type { Check } from '../../world/world.ts';
import { breakWhatServes, PERSON } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';
import { UNJOURNALED } from './consistency.ts';

const MINUTE_MS = 60_000;
/** Longer than a snapshot takes as a rule. */
const LONGEST_MS = 20 * MINUTE_MS;
const LOOK_MS = 5000;
/** Longer than a heal tries. */
const NO_ROOM_SECONDS = 25 * 60;

/** The newest that is verified, and not the spare's. */
const newer = new WeakMap<object, string>();

/**
 * A copy of the guard's is verified and does not become the spare, as where a heal begins in that moment. It is tagged before it is
 * complete: no drill comes to it then.
 */
async function verifyNewer({ services, world, first }: Strike): Promise<string> {
  const { cloud, ec2, dynamodb } = services;
  const Tags = Object.entries(ec2.volume(first.volumeId).tags).map(([Key, Value]) => ({ Key, Value }));
  const verdict = [
    { Key: TAG.guard, Value: 'true' },
    { Key: TAG.verdict, Value: VERDICT.verified },
    { Key: TAG.drilledAt, Value: new Date(world.clock.now()).toISOString() },
  ];
  const TagSpecifications = [{ ResourceType: 'snapshot', Tags: [...Tags, ...verdict] }];
  const made = await cloud.call(PERSON, 'ec2', 'CreateSnapshot', {
    VolumeId: first.volumeId,
    TagSpecifications,
  });
  const id = String((made as { SnapshotId?: string }).SnapshotId);
  for (let waited = 0; ec2.snapshot(id).state !== 'completed' && waited < LONGEST_MS; waited += LOOK_MS)
    await world.clock.sleep(LOOK_MS);
  const item = dynamodb
    .all()
    .find((i) => i[LEDGER.partitionKey]?.S === `VOLUME#${first.volume}` && i[LEDGER.sortKey]?.S === 'STATE');
  if (item) Object.assign(item, { verifiedAt: { N: String(ec2.snapshot(id).startedAt) }, verifiedSnapshot: { S: id } });
  world.say(`${id} is verified, and the spare is the one before`);
  return id;
}

function strikeOnceVerified(strike: Strike, before: () => void = () => {}): void {
  strike.world.clock.spawn('a drill', async () => {
    newer.set(strike.services, await verifyNewer(strike));
    before();
    breakWhatServes(strike);
  });
}

function judge(strike: Strike, taken: 'spare' | 'newer'): Check[] {
  const { world, stage, first, services } = strike;
  const owner = stage.servedBy(first.volume);
  const { snapshot } = owner ? recoveryPoint(world, first, owner) : { snapshot: undefined };
  const fresh = newer.get(services);
  const records = incidents(world, first.volume, first.at).filter((r) => r.outcome === 'healed' && r.replacement);
  const choice = records[0]?.replacement?.choice;
  const notified = heard(services.sns, { kinds: ['served'], volume: first.volume, since: first.at }).some((m) => {
    const choice = replacementIn(m)?.choice as Data | undefined;
    return choice?.taken === taken && choice.newer === fresh && Number(choice.minutes) > 0;
  });
  return [
    check(
      taken === 'newer' ? 'what is newer serves, and not the spare' : 'the spare serves after all',
      snapshot !== undefined && (snapshot.id === fresh) === (taken === 'newer'),
      `${snapshot?.id ?? 'none'}; the newer one is ${fresh ?? 'none'}`,
    ),
    check(
      'the record and the message say what was chosen, and what it cost',
      notified && choice?.taken === taken && choice.newer === fresh && Number(choice.minutes) > 0,
      choice ? JSON.stringify(choice) : 'no record',
    ),
  ];
}

export const fresherPlans: Readonly<Record<string, Plan>> = {
  'spare-passed-over': {
    about: 'the file system shuts down; there is a spare, and, newer, a verified snapshot, which is preferred',
    drills: true,
    settings: UNJOURNALED,
    prefer: 'fresher',
    expect: { outcome: ['replace'], withinMs: LONGEST_MS + 5 * MINUTE_MS, calls: 2000 },
    strike: (strike) => strikeOnceVerified(strike),
    checks: (strike) => judge(strike, 'newer'),
  },
  'spare-after-all': {
    about: 'the same, and for 25 minutes no volume can be made in the zone: the spare serves after all',
    drills: true,
    settings: UNJOURNALED,
    prefer: 'fresher',
    expect: { outcome: ['replace'], withinMs: LONGEST_MS + 5 * MINUTE_MS, calls: 2000 },
    strike: (strike) =>
      strikeOnceVerified(strike, () => exhaustCapacity(strike.services, strike.first.zone, NO_ROOM_SECONDS)),
    checks: (strike) => judge(strike, 'spare'),
  },
};
