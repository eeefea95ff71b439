import { VERB_PARAMETER } from '../../contract/contract.ts';
import type { RealAgents } from '../disks/journaled.ts';
import { FOLLOW, lifeOf, type Surroundings } from './life.ts';
import { keyOf, type Place } from './objects.ts';

interface Known {
  readonly place: Place;
  /** It had all there was then. */
  headAt: number | undefined;
  /** Up to when all was there before it had all there is. */
  readonly from: number;
  /** Nothing was written since. */
  atHead: boolean;
  looks: boolean;
}

export interface SpareTurnsWorld {
  /** Whether the simulated S3 answers that instance now. */
  readonly answers: (instanceId: string) => Promise<boolean>;
  /** S3 answers the host's agents while this runs. */
  readonly turn: (work: () => void) => void;
}

/** The deployed agents that follow on spares, in virtual time: each has its turn a second after something was written. */
export class SpareTurns {
  readonly #parts: Surroundings;
  readonly #agents: RealAgents;
  readonly #world: SpareTurnsWorld;
  readonly #known = new Map<string, Known>();

  constructor(parts: Surroundings, agents: RealAgents, world: SpareTurnsWorld) {
    this.#parts = parts;
    this.#agents = agents;
    this.#world = world;
    parts.hosts.spareLags = (instanceId) =>
      this.#running().flatMap((known) => {
        const { place, from } = known;
        if (place.instanceId !== instanceId || this.#life(place) !== 'runs') return [];
        const now = parts.cloud.clock.now();
        return [{ volume: place.volume, lag: known.atHead ? 0 : now - (known.headAt ?? from) }];
      });
  }

  /** After the verb: where the unit was started. @returns when it last had all there is, as a script prints it; empty: it does not say */
  followed(instanceId: string, env: Readonly<Record<string, string>>): string {
    const of = (name: string) => env[`SSM_${name}`] ?? '';
    const place = { instanceId, volume: of(VERB_PARAMETER.volume), volumeId: of(VERB_PARAMETER.volumeId) };
    const { volumeId } = place;
    if (!this.#agents.follows(instanceId, volumeId)) return '';
    const now = this.#parts.cloud.clock.now();
    const known = this.#known.get(keyOf(place)) ?? { place, headAt: undefined, from: now, atHead: false, looks: false };
    this.#known.set(keyOf(place), known);
    if (!known.atHead) this.#look(known, FOLLOW.lookMs);
    const headAt = known.atHead ? now : known.headAt;
    return headAt === undefined ? '' : new Date(headAt).toISOString();
  }

  /** Something was written to the journal of that content volume. */
  poke(volume: string): void {
    for (const known of this.#running()) {
      if (known.place.volume !== volume) continue;
      if (known.atHead) known.headAt = this.#parts.cloud.clock.now();
      known.atHead = false;
      this.#look(known, FOLLOW.lookMs);
    }
  }

  #running(): Known[] {
    for (const [key, { place }] of this.#known) {
      const { state } = this.#parts.ec2.instances.get(place.instanceId) ?? {};
      if (state !== 'running' || !this.#agents.follows(place.instanceId, place.volumeId)) this.#known.delete(key);
    }
    return [...this.#known.values()];
  }

  #look(known: Known, after: number): void {
    if (known.looks) return;
    known.looks = true;
    const { clock } = this.#parts.cloud;
    const { instanceId, volume } = known.place;
    clock.after(after, () =>
      clock.spawn(`the spare of ${volume} on ${instanceId} has its turn`, () => this.#turn(known)),
    );
  }

  async #turn(known: Known): Promise<void> {
    const { place } = known;
    known.looks = false;
    if (!this.#isRunning(known)) return;
    const { clock, faults } = this.#parts.cloud;
    const waits = this.#life(place) === 'sleeps' || faults.stalled.has(place.volumeId);
    if (waits || !(await this.#world.answers(place.instanceId))) return this.#look(known, FOLLOW.againMs);
    if (!this.#isRunning(known) || this.#life(place) !== 'runs') return;
    let done = false;
    this.#world.turn(() => {
      done = this.#agents.catchUp(place.instanceId, place.volumeId);
    });
    if (!done) return this.#look(known, FOLLOW.againMs);
    known.headAt = clock.now();
    known.atHead = true;
  }

  #isRunning(known: Known): boolean {
    return this.#running().includes(known);
  }

  #life({ instanceId }: Place) {
    return lifeOf(this.#parts, instanceId, this.#parts.ec2.instances.get(instanceId)?.bootedAt);
  }
}
