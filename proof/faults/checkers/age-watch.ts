import { AGE_ALARM, type AgeAlarmKind, alarmName, TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { duration } from '../../../rehearsal/command/duration.ts';
import { check, PROMISE } from '../../../rehearsal/judge/checks.ts';
import { lastHeardOf } from '../../../rehearsal/judge/heard.ts';
import type { Check, World } from '../../../rehearsal/world/world.ts';
import type { SimSnapshot } from '../../../simulator/aws/ec2/state.ts';

const MINUTE_MS = 60_000;
/** From an age beyond its promise to somebody who knows: the guard's round, and the alarm's evaluation. */
const NOTIFIED_MS = 8 * MINUTE_MS;
/** Of a guard that was struck itself: two of its rounds come to nothing, and the next publishes the age. */
const STRUCK_MS = 10 * MINUTE_MS;

interface Kind {
  readonly alarm: AgeAlarmKind;
  readonly promiseMs: number;
  readonly counts: (snapshot: SimSnapshot) => boolean;
}

const KINDS: readonly Kind[] = [
  { alarm: AGE_ALARM.recoveryPoint, promiseMs: PROMISE.snapshotAgeMs, counts: () => true },
  {
    alarm: AGE_ALARM.verifiedRecoveryPoint,
    promiseMs: PROMISE.verifiedAgeMs,
    counts: ({ tags }) => tags[TAG.verdict] === VERDICT.verified,
  },
];

/**
 * Looks once a minute how old the newest recovery points are, on the snapshots that there are: the newest completed one, and the
 * newest that a drill has verified. Ages run from the start of a snapshot; where there is none (the last was rejected by a heal, and
 * a person notified), from when there was one.
 */
export class AgeWatch {
  readonly #world: World;
  readonly #volumes: readonly string[];
  readonly #since: number;
  /** `volume/alarm` -> when there was last one at all. */
  readonly #there = new Map<string, number>();
  /** `volume/alarm` -> the greatest age seen. Milliseconds. */
  readonly #most = new Map<string, number>();
  /** Of them, those that nobody was notified of though somebody could have been: by how much too great. */
  readonly #unnotified = new Map<string, number>();
  /** Nobody could be notified of anything then. Unix milliseconds. */
  #mutedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(world: World, volumes: readonly string[]) {
    this.#world = world;
    this.#volumes = volumes;
    this.#since = world.clock.now();
    world.clock.every(MINUTE_MS, world.clock.now() + MINUTE_MS, () => {
      if (!this.#stopped) this.#look();
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  #look(): void {
    const { clock, services } = this.#world;
    const now = clock.now();
    const { outages } = services.cloud.faults;
    if (outages.of('kms', now) !== undefined || outages.of('sns', now) !== undefined) this.#mutedAt = now;
    for (const volume of this.#volumes) {
      const points = [...services.ec2.snapshots.values()].filter(
        (s) => s.tags[TAG.volume] === volume && s.tags[TAG.role] !== VOLUME_ROLE.quarantined && s.state === 'completed',
      );
      for (const { alarm, promiseMs, counts } of KINDS) {
        const key = `${volume}/${alarm}`;
        const newest = Math.max(0, ...points.filter(counts).map((s) => s.startedAt));
        if (newest > 0) this.#there.set(key, now);
        const age = now - (newest || (this.#there.get(key) ?? this.#since));
        this.#most.set(key, Math.max(this.#most.get(key) ?? 0, age));
        // From when on people could be notified of it.
        const over = Math.min(age - promiseMs, now - this.#mutedAt);
        if (over > NOTIFIED_MS && !this.#notified(volume, alarm)) this.#unnotified.set(key, over);
      }
    }
  }

  /** The last that people heard of this age is that it is too great. */
  #notified(volume: string, alarm: AgeAlarmKind): boolean {
    const { services, stackName } = this.#world;
    const last = lastHeardOf(services.sns, alarmName(stackName, volume, alarm));
    return last !== undefined && last !== 'OK';
  }

  /**
   * @param kept nothing stands in the way: then notifying is not enough
   * @param struck the guard itself was struck
   */
  judge(drills: boolean, kept: boolean, struck: boolean): Check[] {
    return KINDS.filter(({ alarm }) => drills || alarm === AGE_ALARM.recoveryPoint).map(({ alarm, promiseMs }) => {
      const mine = (ages: ReadonlyMap<string, number>) => [...ages].filter(([key]) => key.endsWith(`/${alarm}`));
      const most = Math.max(0, ...mine(this.#most).map(([, age]) => age));
      const unnotified = mine(this.#unnotified)
        .filter(([, over]) => over > NOTIFIED_MS + (struck ? STRUCK_MS : 0))
        .map(([key, over]) => `nobody was notified of ${key}: for ${duration(over)}`);
      return check(
        `the newest ${alarm} is at most ${promiseMs / MINUTE_MS} min old, or a person is notified`,
        unnotified.length === 0 && (!kept || most <= promiseMs),
        unnotified,
        `at most ${duration(most)}${kept ? ', and nothing stood in the way' : ''}`,
      );
    });
  }
}
