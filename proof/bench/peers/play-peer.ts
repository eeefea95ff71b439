import { failureOf } from '../../../rehearsal/judge/measure.ts';
import { bringUp } from '../../../rehearsal/scenarios/story/deployed-stack.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { World } from '../../../rehearsal/world/world.ts';
import { isEvent } from '../../../simulator/aws/account/happening.ts';
import { openServices, type Services } from '../../../simulator/aws/account/services.ts';
import { MemoryDisks } from '../../../simulator/disks/memory/memory.ts';
import { VirtualClock } from '../../../simulator/time/clock.ts';
import { Random } from '../../../simulator/time/random.ts';
import { prelude } from '../../faults/first-uploads.ts';
import { installFunctions } from '../../faults/functions.ts';
import { Injector } from '../../faults/injector.ts';
import type { Ground } from '../../faults/play.ts';
import type { Story } from '../../faults/stories.ts';
import { Hands, Stopped } from './hands.ts';
import type { Procedure } from './procedures.ts';

const START = Date.parse('2026-01-07T00:00:00Z');
/** Longer than any of them takes where it gets there at all. */
const LONGEST_MS = 60 * 60_000;
const SECOND_MS = 1000;

/** What came of one way to get content back, in one run. */
export interface Outcome {
  /** From the blow until content was served again; `undefined`: it was not, within an hour. Milliseconds. */
  readonly recoveryMs: number | undefined;
  /** For how long nobody served it, also where nothing was broken. Milliseconds. */
  readonly awayMs: number;
  /** Of what serves at the end: its file system is sound. `undefined`: nothing serves. */
  readonly sound?: boolean;
  /** Of what serves at the end: it has what was uploaded after the newest copy. `undefined`: nothing serves. */
  readonly newest?: boolean;
  /** Calls of EC2, Systems Manager and the ledger, those of waiting included. */
  readonly calls: number;
  /** Why it stopped. */
  readonly stopped?: string;
}

/** What is uploaded last, after the newest copy, and how long before the blow. */
export const LAST = 'fifth';
export const BEFORE_MS = 20_000;

/** What serves a content volume now. */
export function serving({ ec2, cloud: { disks } }: Services, volume: string): Pick<Outcome, 'sound' | 'newest'> {
  for (const { id, state } of ec2.instances.values()) {
    if (state !== 'running') continue;
    const link = disks.links(id).find((each) => each.volume === volume && each.live);
    if (!link) continue;
    const newest = disks.list(id, volume).includes(LAST);
    return { sound: disks.inspect({ volumeId: link.volumeId }).sound, newest };
  }
  return {};
}

/** Plays a procedure on the same stack, the same blow and the same latencies as the healer has, which does nothing here. */
export async function playPeer(
  ground: Ground,
  story: Story,
  seed: number,
  { play, typed }: Procedure,
  { typingMs, atOnce }: { readonly typingMs: number; readonly atOnce: boolean },
): Promise<Outcome> {
  const clock = new VirtualClock(START, true);
  const random = new Random(seed);
  const disks = new MemoryDisks();
  const { region, directory, stackName, zones } = ground.assembly;
  const options = { region, clock, random: random.stream('cloud'), disks, serializes: false };
  const services = openServices(options, directory);
  // What the stack deploys brings it up; from the blow on nobody heals, drills or guards.
  let dismissed = false;
  installFunctions(services, { durable: false }, new Injector(services, []), () => {});
  const { substitute } = services.lambda;
  services.lambda.substitute = (definition, runtime) => {
    const run = substitute?.(definition, runtime);
    return run && (async (event, ...rest) => (dismissed ? undefined : run(event, ...rest)));
  };
  const world: World = {
    ...{ services, disks, clock, stackName, zones },
    random: random.stream('scenario'),
    template: ground.template,
    progress: () => {},
    say: () => {},
    quote: () => {},
    spotlight: () => {},
  };
  const stage = await bringUp(world);
  if (typeof stage === 'string') throw new Error(`the stack did not come up: ${stage}`);
  const libraries = await prelude(world, stage, { ...story, drills: false });
  const [volume = ''] = story.volumes;
  const first = failureOf(world, stage, volume);
  const strike: Strike = { world, services, stage, failures: [first], first, libraries };
  const hands = new Hands(services, stage, first, typed ? typingMs : 0);
  let stopped: string | undefined;
  let ended = false;
  const begin = () =>
    clock.spawn('a procedure', async () => {
      try {
        await play(hands);
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        stopped = error.message;
      }
      ended = true;
    });
  dismissed = true;
  const struckAt = clock.now() + BEFORE_MS;
  let begun = atOnce;
  services.cloud.listen(({ event }) => {
    if (begun || !isEvent(event, 'alarmStarts')) return;
    begun = true;
    clock.after(0, begin);
  });
  story.strike(strike);
  if (atOnce) clock.after(BEFORE_MS, begin);
  let awayMs = 0;
  let servedAt: number | undefined;
  let broken = false;
  clock.every(SECOND_MS, clock.now() + SECOND_MS, () => {
    if (stage.servedBy(volume)) {
      if (broken) servedAt ??= clock.now();
      return;
    }
    broken = true;
    if (servedAt === undefined) awayMs += SECOND_MS;
  });
  await clock.run(struckAt + LONGEST_MS, () => ended && (servedAt !== undefined || stopped !== undefined || !broken));
  // What is put into service is found by the load balancer a little later.
  await clock.run(clock.now() + 60 * SECOND_MS, () => servedAt !== undefined);
  const now = stage.servedBy(volume) ? serving(services, volume) : {};
  disks.close();
  return {
    ...now,
    recoveryMs: servedAt === undefined ? undefined : servedAt - struckAt,
    awayMs,
    calls: hands.calls,
    ...(stopped !== undefined && { stopped }),
  };
}
