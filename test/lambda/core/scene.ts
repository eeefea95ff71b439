import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import { render } from '../../../lambda/core/message/render.ts';
import type { Message } from '../../../lambda/core/world/message.ts';
import type {
  Incident,
  LedgerEntry,
  LedgerState,
  Observation,
  ProbeState,
  Volume,
} from '../../../lambda/core/world/model.ts';
import type { HostAnswer, Ports, Workflow } from '../../../lambda/core/world/ports.ts';
import { PLACE } from './place.ts';
import { NOW, probe, volume, world } from './world.ts';

/** Steps run at once, pauses take no time but the clock's: the logic alone, with everything around it scripted. */
export class Scene {
  now = NOW;
  seen: Observation = world({ probe: probe('shutdown') });
  readonly did: string[] = [];
  readonly messages: Message[] = [];
  /** Their subjects and texts. */
  readonly notified: string[] = [];
  readonly texts: string[] = [];
  /** Who is noted in the ledger as being fenced. */
  readonly fencing: string[] = [];
  /** What is noted there as shut down. */
  shutDown: LedgerState['shutDown'];
  readonly incidents: Incident[] = [];
  /** Answers of host verbs by `verb volumeId`, else ok. */
  readonly answers = new Map<string, HostAnswer['result']>();
  /** What host verbs print beside the usual, by `verb volumeId`. */
  readonly printed = new Map<string, HostAnswer['values']>();
  readonly failing = new Set<string>();
  /** Terms that hosts were asked to serve with. */
  readonly servedWith: (number | undefined)[] = [];
  readonly stuck = new Set<string>();
  /** State that a stopped instance shows. */
  stopsAs = 'stopped';
  leaseHolder: string | undefined;
  /** How often it was taken. */
  leases = 0;
  committed: LedgerEntry | undefined;
  paged: LedgerState['paged'];
  replaced: LedgerState['replaced'];
  /** Of the journal. */
  term = 0;
  #made = 0;

  readonly workflow: Workflow = {
    step: async (_, run) => JSON.parse(JSON.stringify((await run()) ?? null)),
    pause: async (_, seconds) => {
      this.now += seconds * 1000;
    },
  };

  readonly ports: Ports = {
    clock: {
      now: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
      },
    },
    newId: () => 'heal-1',
    compute: {
      volumes: async () => [...this.seen.volumes],
      instances: async () => [...this.seen.instances],
      recoveryPoints: async () => [...this.seen.recoveryPoints],
      createReplacement: async (order) =>
        this.#do(
          `create ${order.snapshotId} in ${order.zone} attempt ${order.attempt}`,
          `vol-new${++this.#made}` as const,
        ),
      attach: async (id, at) => {
        this.#do(`attach ${id} ${at}`, undefined);
        if (this.stuck.has(`attach ${id}`)) return 'stuck';
        this.#attached(id, at);
        return 'attached';
      },
      detach: async (id, at) => {
        this.#do(`detach ${id} ${at}`, undefined);
        return !this.stuck.has(`detach ${id}`);
      },
      stop: async (id) => {
        this.#do(`stop ${id}`, undefined);
        this.seen = {
          ...this.seen,
          instances: this.seen.instances.map((i) => (i.id === id ? { ...i, state: this.stopsAs } : i)),
        };
      },
      snapshotSuspect: async (_, id) => this.#do(`copy ${id}`, 'snap-suspect'),
      unschedule: async (id) => {
        this.#do(`unschedule ${id}`, undefined);
        this.#mark(id, { scheduled: false });
      },
      quarantine: async (id) => {
        this.#do(`quarantine ${id}`, undefined);
        this.#mark(id, { role: 'quarantined', scheduled: false });
      },
      promote: async (id, generation) => {
        this.#do(`promote ${id}`, undefined);
        this.#mark(id, { role: 'current', scheduled: true, generation });
      },
      reject: async (id) => this.#do(`reject ${id}`, undefined),
      markFormatted: async (id) => this.#do(`formatted ${id}`, undefined),
    },
    host: {
      byHand: (verb, at, _, id) => `${verb} ${id} on ${at}`,
      probe: async (id) => probe(this.#probe(id), id),
      format: async (_, __, id) => this.#answer('format', id),
      mount: async (_, __, id) => this.#answer('mount', id),
      verify: async (_, __, id) => this.#answer('verify', id),
      serve: async (_, __, id, term) => {
        this.servedWith.push(term);
        return this.#answer('serve', id);
      },
      release: async (_, __, id) => this.#answer('release', id),
      grow: async (_, __, id) => this.#answer('grow', id),
      follow: async (_, __, id) => this.#answer('follow', id),
      drain: async (at, _, id, term) => this.#answer('drain', `${id} on ${at} term ${term}`),
    },
    monitor: {
      io: async () => this.seen.io ?? { status: 'ok', stalled: false, why: [] },
      failingSince: async () => this.seen.failingSince,
    },
    balancer: {
      reach: async () => {
        const owner = this.committed?.owner;
        const { answering } = this.seen;
        // What a heal has served is reached there.
        const on = owner === undefined || !this.seen.reachableOn ? this.seen.reachableOn : [owner];
        return on ? { on, answering: answering ?? on } : { why: 'could not ask the load balancer' };
      },
    },
    ledger: {
      read: async () => {
        const entry = this.committed ?? this.seen.ledger;
        const lease =
          this.leaseHolder === undefined ? undefined : { holder: this.leaseHolder, until: Number.MAX_SAFE_INTEGER };
        return {
          generation: 0,
          currentVolume: undefined,
          owner: undefined,
          ...entry,
          lease,
          paged: this.paged,
          replaced: this.replaced,
          shutDown: this.shutDown,
          leases: this.leases,
        };
      },
      notePage: async (_, __, paged) => {
        this.paged = paged;
      },
      acquire: async (_, holder) => {
        this.leaseHolder ??= holder;
        if (this.leaseHolder === holder) this.leases++;
        return this.leaseHolder === holder ? this.ports.ledger.read('alpha') : undefined;
      },
      noteServed: async (_, notified) => {
        [this.paged, this.shutDown] = [undefined, undefined];
        if (notified !== undefined) this.replaced = undefined;
      },
      noteFencing: async (_, __, ___, instanceId, shutDown) => {
        this.fencing.push(instanceId);
        this.shutDown = shutDown ?? this.shutDown;
        if (this.failing.has('note fencing')) throw new Error('note fencing was denied');
      },
      raiseTerm: async () => this.#do('raise term', ++this.term),
      commit: async (_, __, ___, entry, replaced) => {
        this.#do('commit', undefined);
        this.committed = entry;
        this.shutDown = undefined;
        this.replaced = replaced ?? this.replaced;
      },
      release: async (_, holder) => {
        if (this.leaseHolder === holder) this.leaseHolder = undefined;
      },
      record: async (incident) => {
        this.incidents.push(incident);
      },
    },
    people: {
      notify: async (message) => {
        const { subject, text } = render(message, PLACE);
        this.messages.push(message);
        this.notified.push(subject);
        this.texts.push(text);
      },
    },
  };

  #do<T>(what: string, value: T): T {
    this.did.push(what);
    if (this.failing.has(what)) throw new Error(`${what} was denied`);
    return value;
  }

  #mark(id: string, over: Partial<Volume>): void {
    const volumes = this.seen.volumes.map((v) => (v.id === id ? { ...v, ...over } : v));
    this.seen = { ...this.seen, volumes };
  }

  #answer(verb: string, id: string): HostAnswer {
    const result = this.answers.get(`${verb} ${id}`) ?? 'ok';
    this.#do(`${verb} ${id}${result === 'ok' ? '' : `: ${result}`}`, undefined);
    const values = { canary: '2026-01-07T11:50:00Z', files: '12', ...this.printed.get(`${verb} ${id}`) };
    return { result, values, detail: result };
  }

  #attached(id: VolumeId, instanceId: InstanceId): void {
    const before = this.seen.volumes.find((v) => v.id === id) ?? volume({ id, generation: 2, role: 'candidate' });
    const after: Volume = {
      ...before,
      state: 'in-use',
      attachments: [{ instanceId, device: '/dev/sdf', state: 'attached' }],
    };
    this.seen = { ...this.seen, volumes: [...this.seen.volumes.filter((v) => v.id !== id), after] };
  }

  /** A host says what was scripted for the old owner; one that a volume was served on says serving. */
  #probe(instanceId: string): ProbeState {
    if (this.committed?.owner !== instanceId) return this.seen.probe?.state ?? 'notMounted';
    return this.did.includes(`serve ${this.committed.currentVolume}`) ? 'serving' : 'notMounted';
  }
}
