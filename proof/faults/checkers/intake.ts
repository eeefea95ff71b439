/** What an intake promises, judged whenever something happens and at rest. */
import { dataIn, isOf } from '../../../rehearsal/judge/heard.ts';
import { IntakeWatch, servedOrRefused } from '../../../rehearsal/judge/intake.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Acknowledged } from '../../../rehearsal/world/uploads.ts';
import type { Check } from '../../../rehearsal/world/world.ts';

const LOOK_MS = 1000;

export class UploadsWatch {
  readonly #strike: Strike;
  readonly #uploads: readonly Acknowledged[];
  readonly #watch: IntakeWatch;
  #lookedAt = 0;
  #stopped = false;

  /** @param uploads what S3 has acknowledged, and goes on to */
  constructor(strike: Strike, uploads: readonly Acknowledged[]) {
    this.#strike = strike;
    this.#uploads = uploads;
    this.#watch = new IntakeWatch(strike.world, strike.stage);
    strike.services.cloud.listen(() => {
      const now = strike.world.clock.now();
      if (this.#stopped || now < this.#lookedAt + LOOK_MS) return;
      this.#lookedAt = now;
      this.#watch.look(uploads);
    });
  }

  stop(): void {
    this.#watch.look(this.#uploads);
    this.#stopped = true;
  }

  /** Where nobody serves at the end, nothing is owed yet. */
  judge(): Check[] {
    const { world, stage, first } = this.#strike;
    const [half, older] = this.#watch.checks;
    const owed = stage.servedBy(first.volume) === undefined ? [] : servedOrRefused(world, stage, this.#uploads);
    return [half, ...(this.#unread ? [] : [older]), ...owed];
  }

  /** People were told that what serves has not all of the journal: until it is taken in again, what is served is older. */
  get #unread(): boolean {
    const { first, services } = this.#strike;
    return services.sns.messages.some((message) => {
      if (!isOf(message, ['served']) || message.attributes.volume !== first.volume) return false;
      const { drained } = dataIn(message) as { readonly drained?: { readonly state?: unknown } };
      return drained !== undefined && drained.state !== 'drained';
    });
  }
}
