import type { VolumeId } from '../../../../contract/ids.ts';
import type { Drilled, DrillNote, DrillPorts, DrillRecord } from '../../../../lambda/core/drill/ports.ts';
import type { Portion, Reading } from '../../../../lambda/core/drill/reading.ts';
import { NO_REMARKS } from '../../../../lambda/core/drill/remarks.ts';
import { render } from '../../../../lambda/core/message/render.ts';
import type { Message } from '../../../../lambda/core/world/message.ts';
import type { LedgerState, Neighbour, Spare, Volume } from '../../../../lambda/core/world/model.ts';
import type { HostAnswer, Workflow } from '../../../../lambda/core/world/ports.ts';
import { PLACE } from '../place.ts';
import { instance, NOW, point, volume } from '../world.ts';

export const SOUND = { canary: '2026-01-07T11:49:30Z', files: '12', checked: '12' };

/** What the first drill does to have its copy checked, and to clear its volume away. */
export const CHECKED = [
  'create vol-of-drill-1 from snap-10',
  'attach vol-of-drill-1 i-standby',
  'check vol-of-drill-1 on i-standby',
];
export const DISPOSED = ['release vol-of-drill-1', 'detach vol-of-drill-1 i-standby', 'discard vol-of-drill-1'];

/** A volume of a drill, or a spare, on the standby. */
export const onStandby = (over: Partial<Volume> = {}) =>
  volume({
    scheduled: false,
    attachments: [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }],
    ...over,
  });

/** Everything that a drill reaches, scripted: steps run at once, pauses take no time but the clock's. */
export class DrillScene {
  now = NOW;
  volumes: Volume[] = [volume()];
  readonly instances = [instance('i-owner'), instance('i-standby')];
  points = [point(10)];
  /** Volumes of other content volumes, and those that a drill is under way of. */
  beside: Neighbour[] = [];
  readonly drilled = new Set<string>();
  ledger: LedgerState = {
    generation: 1,
    currentVolume: 'vol-11111111',
    owner: 'i-owner',
    lease: undefined,
    paged: undefined,
  };
  /** What changed the world, in its order. */
  readonly did: string[] = [];
  readonly messages: Message[] = [];
  /** In words. */
  readonly notified: { readonly subject: string; readonly message: string }[] = [];
  readonly records: DrillRecord[] = [];
  readonly published: Drilled[] = [];
  /** Why metrics cannot be published. */
  unpublished: string | undefined;
  readonly logged: string[] = [];
  /** What the check says in the end; `undefined`: it never does. */
  answer: HostAnswer | undefined = { result: 'ok', values: SOUND, detail: '' };
  /** What a host says when it is to let a volume go. */
  released: HostAnswer = { result: 'ok', values: {}, detail: '' };
  /** Those that the checks were given. */
  readonly numbers: number[] = [];
  readonly portions: (Portion | undefined)[] = [];
  /** What the ledger has of what was read. */
  reading: Reading | undefined;
  /** Why the check cannot be started. */
  unsent: string | undefined;
  /** Looks at the check before it answers. */
  looks = 2;
  /** Runs as time goes by: what others do meanwhile. */
  meanwhile: () => void = () => {};
  readonly stuck = new Set<string>();
  /** Runs before a change of the world, by its words: what others do in the middle of a drill. */
  readonly before = new Map<string, () => void>();
  drillHolder: string | undefined;
  note: DrillNote | undefined;
  remarks = NO_REMARKS;
  #made = 0;
  #counted = 0;

  readonly workflow: Workflow = {
    step: async (_, run) => JSON.parse(JSON.stringify((await run()) ?? null)) as never,
    pause: async (_, seconds) => {
      this.now += seconds * 1000;
      this.meanwhile();
    },
  };

  readonly ports: DrillPorts = {
    clock: {
      now: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
      },
    },
    newId: () => `drill-${++this.#made}`,
    compute: {
      volumes: async () => [...this.volumes],
      instances: async () => [...this.instances],
      recoveryPoints: async () => [...this.points],
      neighbours: async () => [...this.volumes.map((v) => ({ ...v, of: 'alpha' })), ...this.beside],
      attach: async (id, at) => {
        this.#do(`attach ${id} ${at}`);
        if (this.stuck.has(`attach ${id}`)) return 'stuck';
        this.#mark(id, { state: 'in-use', attachments: [{ instanceId: at, device: '/dev/sdg', state: 'attached' }] });
        return 'attached';
      },
      detach: async (id, at) => {
        this.#do(`detach ${id} ${at}`);
        if (this.stuck.has(`detach ${id}`)) return false;
        this.#mark(id, { state: 'available', attachments: [] });
        return true;
      },
    },
    store: {
      createScratch: async (like, snapshotId, drillId) => {
        const id = `vol-of-${drillId}` as const;
        this.#do(`create ${id} from ${snapshotId}`);
        this.volumes.push({
          ...like,
          id,
          role: 'scratch',
          state: 'available',
          scheduled: false,
          attachments: [],
          madeFrom: snapshotId,
        });
        return id;
      },
      verify: async (id, _, { dataUntil, counts }) => {
        this.points = this.points.map((p) => (p.snapshotId === id && counts ? { ...p, counts } : p));
        this.#do(`verified ${id} up to ${new Date(dataUntil).toISOString()}`);
        this.#verdict(id, 'verified');
      },
      keep: async (id) => this.#do(`kept ${id}`),
      reject: async (id, _, finding) => {
        this.#do(`rejected ${id}: ${finding}`);
        this.#verdict(id, 'rejected');
      },
      makeSpare: async (id) => {
        this.#do(`spare ${id}`);
        this.#mark(id, { role: 'spare' });
      },
      discard: async (id) => {
        this.#do(`discard ${id}`);
        this.#mark(id, { role: 'discarded' });
      },
    },
    host: {
      release: async (_, __, id) => {
        this.#do(`release ${id}`);
        return this.released;
      },
      follow: async (at, _, id) => {
        this.#do(`follow ${id} on ${at}`);
        return { result: 'ok', values: { state: 'following' }, detail: 'following' };
      },
      startCheck: async (at, _, id, number, portion) => {
        this.numbers.push(number);
        this.portions.push(portion);
        this.#do(`check ${id} on ${at}`);
        return this.unsent === undefined ? { commandId: 'command-1', why: 'sent' } : { why: this.unsent };
      },
      checkAnswer: async () => (this.looks-- > 0 ? undefined : this.answer),
      startBundle: async (at, _, id, { path, key }) => {
        this.#do(`bundle ${path} of ${id} on ${at} as ${key}`);
        return this.unsent === undefined ? { commandId: 'command-1', why: 'sent' } : { why: this.unsent };
      },
      bundleAnswer: async () => (this.looks-- > 0 ? undefined : this.answer),
    },
    fallPercent: 20,
    readAllEvery: 4,
    deviceNames: ['/dev/sdf', '/dev/sdg', '/dev/sdh'],
    ledger: {
      read: async () => this.ledger,
      acquireDrill: async (_, holder) => {
        this.drillHolder ??= holder;
        return this.drillHolder === holder;
      },
      releaseDrill: async (_, holder) => {
        if (this.drillHolder === holder) this.drillHolder = undefined;
      },
      isDrilled: async (of) => this.drilled.has(of),
      countDrill: async () => ++this.#counted,
      noteVerified: async (_, verifiedSnapshot, at) => {
        if (at > (this.ledger.verifiedAt ?? 0)) this.ledger = { ...this.ledger, verifiedAt: at, verifiedSnapshot };
      },
      noteSpare: async (_, now, spare) => {
        this.#do(`note ${spare.volumeId}`);
        if (this.ledger.lease && this.ledger.lease.until > now) return false;
        this.ledger = { ...this.ledger, spare };
        return true;
      },
      readReading: async () => this.reading,
      writeReading: async (_, reading) => {
        this.reading = reading;
      },
      readRemarks: async () => this.remarks,
      writeRemarks: async (_, remarks) => {
        this.remarks = remarks;
      },
      readDrillNote: async () => this.note,
      writeDrillNote: async (_, note) => {
        this.note = note;
      },
      recordDrill: async (record) => {
        this.records.push(record);
      },
    },
    metrics: {
      publish: async (drilled) => {
        if (this.unpublished !== undefined) throw new Error(this.unpublished);
        this.published.push(drilled);
      },
    },
    log: (line) => {
      this.logged.push(line);
    },
    people: {
      notify: async (message) => {
        const { subject, text } = render(message, PLACE);
        this.messages.push(message);
        this.notified.push({ subject, message: text });
      },
    },
  };

  /** A spare on the standby that the ledger names, from a snapshot of so many minutes ago. */
  hasSpare(minutesAgo: number): void {
    this.volumes.push(onStandby({ id: 'vol-spare', role: 'spare' }));
    const spare: Spare = {
      volumeId: 'vol-spare',
      snapshotId: 'snap-x',
      instanceId: 'i-standby',
      at: this.now - minutesAgo * 60_000,
    };
    this.ledger = { ...this.ledger, spare, verifiedAt: spare.at };
  }

  healBegins(): void {
    this.ledger = { ...this.ledger, lease: { holder: 'heal-1', until: this.now + 900_000 } };
  }

  /** A heal has put another volume in the place of the current one, and is over. */
  wasReplacedBy(id: VolumeId): void {
    this.ledger = {
      ...this.ledger,
      generation: 2,
      currentVolume: id,
      owner: 'i-standby',
      lease: undefined,
      spare: undefined,
    };
  }

  #do(what: string): void {
    this.before.get(what)?.();
    this.did.push(what);
  }

  #mark(id: string, over: Partial<Volume>): void {
    this.volumes = this.volumes.map((v) => (v.id === id ? { ...v, ...over } : v));
  }

  #verdict(id: string, verdict: 'verified' | 'rejected'): void {
    this.points = this.points.map((p) => (p.snapshotId === id ? { ...p, verdict } : p));
  }
}
