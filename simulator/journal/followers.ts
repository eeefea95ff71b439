import { VERB_PARAMETER } from '../../contract/contract.ts';
import { AGENT_ENV, FOLLOWED_ENV, MASKED, STAND_IN } from '../disks/journal-answers.ts';
import { Follower } from './follower.ts';
import { callerOn, isMasked, lifeOf, type Surroundings } from './life.ts';
import { JournalObjects, keyOf, type Life, type Place } from './objects.ts';

type Env = Readonly<Record<string, string>>;

interface Known {
  readonly follower: Follower;
  readonly bucket: string;
  /** Deaths of its host's agents when it began. */
  readonly kills: number;
}

/** Who follows on the spares of all hosts: each since its host was sent `follow`, until a verb stops it. */
export class Followers {
  readonly #parts: Surroundings;
  readonly #known = new Map<string, Known>();

  constructor(parts: Surroundings) {
    this.#parts = parts;
    parts.hosts.spareLags = (instanceId) =>
      [...this.#known.values()].flatMap(({ follower: { place, lag } }) =>
        place.instanceId === instanceId && lag !== undefined ? [{ volume: place.volume, lag }] : [],
      );
  }

  /** @param taken a takeover was begun on it there: it is no spare any more @returns what the script finds */
  follow(place: Place, bucket: string, taken: boolean): Record<string, string> {
    if (isMasked(this.#parts, place.instanceId)) return { [AGENT_ENV]: STAND_IN, [FOLLOWED_ENV]: MASKED };
    const before = this.#known.get(keyOf(place))?.follower;
    const headAt = before?.headAt;
    if (!before?.runs && !taken) this.#begin(place, bucket);
    const said = headAt === undefined ? '' : `headAt=${new Date(headAt).toISOString()}`;
    return { [AGENT_ENV]: STAND_IN, [FOLLOWED_ENV]: said };
  }

  stop(instanceId: string, env: Env): void {
    const at = keyOf({ instanceId, volumeId: env[`SSM_${VERB_PARAMETER.volumeId}`] ?? '' });
    this.#known.get(at)?.follower.stop();
    this.#known.delete(at);
  }

  /** The agents there were killed a while ago: systemd starts them anew. */
  restart(instanceId: string): void {
    for (const { follower, bucket, kills } of [...this.#known.values()])
      if (follower.place.instanceId === instanceId && kills < this.#kills(instanceId) && !follower.stopped)
        this.#begin(follower.place, bucket);
  }

  /** Something may have been written to the journal of that content volume. */
  poke(volume: string): void {
    for (const { follower } of this.#known.values()) if (follower.place.volume === volume) follower.poke();
  }

  #begin(place: Place, bucket: string): void {
    const { instanceId, volume } = place;
    const kills = this.#kills(instanceId);
    const { bootedAt } = this.#parts.ec2.instance(instanceId);
    let masked = false;
    const life = (): Life => {
      // For good: what was stopped does not go on where it was.
      masked ||= isMasked(this.#parts, instanceId);
      return masked || this.#kills(instanceId) !== kills ? 'off' : lifeOf(this.#parts, instanceId, bootedAt);
    };
    const caller = () => callerOn(this.#parts, instanceId);
    const objects = new JournalObjects(this.#parts.cloud, caller, { bucket, volume }, life);
    const follower = new Follower(this.#parts.cloud, objects, place, life);
    this.#known.set(keyOf(place), { follower, bucket, kills });
    follower.poke();
  }

  #kills(instanceId: string): number {
    return this.#parts.cloud.faults.killedAgents.get(instanceId) ?? 0;
  }
}
