import { atStart } from '../../journal/protocol.ts';
import type { Cloud } from '../aws/account/cloud.ts';
import { DISK_ERROR, DiskError } from '../disks/disks.ts';
import { append, endFrom } from './append.ts';
import { CourseIndex } from './course-index.ts';
import type { CourseState } from './courses.ts';
import { DirtyCourses, SETTLE_MS } from './dirty.ts';
import { type Mark, markOf, markText, readFrom } from './mark.ts';
import { AgentDead, type JournalObjects, type Life, type Place, SILENT } from './objects.ts';
import { DRAINING, type Sealed, Succession, type Successor } from './succession.ts';

/** After S3 was busy or silent, or while the host does nothing; and what hangs is tried again so late. Milliseconds, as all here. */
const AGAIN_MS = 1000;
const STALLED_AGAIN_MS = 5000;
/** From the command on: so long what is dirty is flushed; `host/journal.sh` gives it as long. */
const FLUSH_MS = 10_000;
const FLUSH_LOOK_MS = 100;
/** An owner that serves unsealed tries to seal so often, and reads on for as long as that takes. */
const LATER_MS = 10_000;
const FOR_EVER = Number.MAX_SAFE_INTEGER;

/**
 * The agent of one volume on one host: it hears what changes, and writes it into the journal; and before that volume is served it takes the
 * journal over. A model of what `host/agent/` is to be: README.md says what is simplified.
 */
export class VolumeAgent {
  readonly place: Place;
  /** A higher term was met: nothing is written any more. */
  fenced = false;
  /** Newest number that is known to be its own. */
  acknowledged = 0;
  readonly #cloud: Cloud;
  readonly #objects: JournalObjects;
  readonly #life: () => Life;
  readonly who: Successor;
  #succession: Succession | undefined;
  #writes = false;
  /** Its host serves the volume: that starts the writer. */
  #served = false;
  /** It wrote before it was killed: it goes on with that, once it has started. */
  #wrote = false;
  readonly #dirty = new DirtyCourses();
  /** What the journal has. */
  #index = new CourseIndex({});
  /** Touched since it serves, as far as it served before all was read; `undefined`: nobody knows, for it was killed meanwhile. */
  #touched: Set<string> | undefined = new Set<string>();
  #busy = false;
  #poked = false;
  #flushFrom: number | undefined;
  #flushed = false;

  constructor(cloud: Cloud, objects: JournalObjects, place: Place, who: Successor, life: () => Life) {
    this.#cloud = cloud;
    this.#objects = objects;
    this.place = place;
    this.who = who;
    this.#life = life;
  }

  /** For how long something has not been in the journal: milliseconds; `undefined` where it will never write again. */
  get lag(): number | undefined {
    if (this.fenced) return undefined;
    return Math.max(0, this.#cloud.clock.now() - this.#dirty.since);
  }

  /** @returns lines, as the agent prints them. @throws DiskError */
  async drain(within = DRAINING): Promise<string[]> {
    const { clock, disks } = this.#cloud;
    const { instanceId, volumeId } = this.place;
    const mark = markOf(disks.readMark(instanceId, volumeId));
    this.#index = new CourseIndex(mark.index);
    const succession = new Succession(clock, this.#objects, this.who, readFrom(mark));
    this.#succession = succession;
    const now = clock.now();
    let files = 0;
    const until = { applying: now + within.applying, sealing: now + within.sealing };
    const ended = await succession.advance(until, (states) => {
      files += this.#apply(states);
    });
    this.fenced = ended === 'outranked';
    this.#writeMark(succession.reading.cursor);
    if (succession.over) this.#begin();
    else if (!this.fenced) this.#later();
    const { reading, sealedAt, complete: upTo } = succession;
    const state = succession.drained ? 'drained' : sealedAt === undefined ? 'unsealed' : 'undrained';
    const seal = sealedAt === undefined ? [] : [`seal=${sealedAt}`];
    const all = upTo === undefined ? [] : [`complete=${new Date(upTo).toISOString()}`];
    return [`state=${this.fenced ? 'fenced' : state}`, `cursor=${reading.cursor}`, ...seal, `files=${files}`, ...all];
  }

  /** Its host serves the volume since before there was a journal: there is nobody to take that over from. */
  adopts(): void {
    this.#served = true;
    this.#wrote = true;
  }

  served(): void {
    this.#served = true;
    if (this.#dirty.size > 0) this.#poke(SETTLE_MS);
  }

  /** The kernel says that a course has changed, through what the host serves. */
  heard(courseId: string, files: number): void {
    this.#served = true;
    this.#dirty.heard(courseId, this.#cloud.clock.now(), this.#life() === 'sleeps', files);
    if (!this.#writes) this.#touched?.add(courseId);
    this.#poke(SETTLE_MS);
  }

  /** The same, as it is when it is started once more: nothing of what it had in mind is left. */
  again(run: number, life: () => Life): VolumeAgent {
    const next = new VolumeAgent(this.#cloud, this.#objects.of(life), this.place, { ...this.who, run }, life);
    next.fenced = this.fenced;
    next.#wrote = this.#writes || this.#wrote;
    next.#served = this.#served;
    next.#touched = undefined;
    return next;
  }

  /** Goes on after it was killed, or its host was off, and finds by a scan what it has not stated. @throws DiskError, AgentDead */
  async start(): Promise<void> {
    const { instanceId, volumeId } = this.place;
    const mark = markOf(this.#cloud.disks.readMark(instanceId, volumeId));
    const { acknowledged, term } = mark;
    this.#index = new CourseIndex(mark.index);
    this.acknowledged = acknowledged;
    const { writer, run } = this.who;
    if (!this.#wrote) {
      this.#succession = new Succession(this.#cloud.clock, this.#objects, this.who, readFrom(mark));
      this.#later();
      return;
    }
    for (let number = acknowledged + 1; ; ) {
      const found = await this.#objects.look(number);
      if (found === SILENT) {
        await this.#cloud.clock.sleep(AGAIN_MS);
        continue;
      }
      const marker = { term: Math.max(term, this.who.term), writer, run, acknowledged, fenced: this.fenced };
      const next = atStart(marker, found);
      if (next === 'write') {
        const { next: on, isEnd } = await endFrom(this.#cloud.clock, this.#objects, number);
        this.acknowledged = on - 1;
        if (isEnd) break;
        number = on;
        continue;
      }
      if (next !== 'read-on') {
        this.#stop(next);
        return;
      }
      this.acknowledged = number++;
    }
    this.#writes = true;
    this.#scan();
    this.#poke(SETTLE_MS);
  }

  /** Sends what it has heard of. @returns whether all of it is in the journal */
  async flush(): Promise<boolean> {
    const { clock } = this.#cloud;
    const until = clock.now() + FLUSH_MS;
    if (this.fenced || !this.#writes || !this.#served) return false;
    this.#flushed = false;
    this.#flushFrom = clock.now();
    this.#poke(0);
    while (!this.#flushed && !this.fenced && clock.now() < until) await clock.sleep(FLUSH_LOOK_MS);
    this.#flushFrom = undefined;
    return this.#flushed && this.#dirty.size === 0;
  }

  #apply(states: readonly CourseState[]): number {
    const { instanceId, volumeId } = this.place;
    for (const { courseId, files } of states) {
      this.#cloud.disks.applyCourse(instanceId, volumeId, courseId, files);
      this.#index.note({ courseId, files });
    }
    return states.reduce((sum, { files }) => sum + (files?.size ?? 0), 0);
  }

  /** All of the journal is on the volume: from here on it is written. */
  #begin(): void {
    const { drained, reading, sealedAt } = this.#succession ?? {};
    this.acknowledged = (drained === false ? sealedAt : reading?.cursor) ?? 0;
    this.#writes = true;
    this.#scan();
    if (this.#dirty.size > 0) this.#poke(SETTLE_MS);
  }

  /** What the volume and the journal do not have alike is dirty: a copy may hold what its owner had not stated, and never did. */
  #scan(): void {
    const { instanceId, volumeId } = this.place;
    const now = this.#cloud.clock.now();
    // Up to then all is in the journal.
    const { complete = 0 } = markOf(this.#cloud.disks.readMark(instanceId, volumeId));
    for (const id of this.#index.unlike(this.#cloud.disks, this.place))
      if (!this.#dirty.has(id)) this.#dirty.add(id, now, complete);
  }

  /** It serves before all was read: the rest is applied onto what nobody has touched, and what it names is stated anew. */
  #later(): void {
    this.#spawn('takes the journal over', async () => {
      for (;;) {
        await this.#cloud.clock.sleep(LATER_MS);
        const life = this.#life();
        if (life === 'off' || !this.#succession) return;
        if (life === 'sleeps') continue;
        const ended = await this.#readOn(this.#succession);
        if (ended === 'gone') return;
        if (ended === 'outranked') return this.#stop('fenced');
        if (!this.#succession.over) continue;
        this.#cloud.say(this.place.instanceId, `the journal of ${this.place.volume} is sealed after all, and applied`);
        this.#begin();
        return;
      }
    });
  }

  /** `gone`: its volume is unmounted, or dead. */
  async #readOn(succession: Succession): Promise<Sealed | 'gone'> {
    try {
      return await succession.advance({ applying: FOR_EVER, sealing: FOR_EVER }, (states) => {
        const touched = this.#touched;
        if (touched) this.#apply(states.filter(({ courseId }) => !touched.has(courseId)));
        const now = this.#cloud.clock.now();
        for (const state of states) this.#index.note(state);
        for (const { courseId } of states) this.#dirty.add(courseId, now);
      });
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return error.code === DISK_ERROR.stalled ? 'silent' : 'gone';
    }
  }

  #poke(ms: number): void {
    if (this.#poked && ms > 0) return;
    this.#poked = true;
    this.#cloud.clock.after(ms, () => {
      this.#poked = false;
      if (!this.#busy && this.#writes && this.#served && !this.fenced)
        this.#spawn('writes the journal', () => this.#work());
    });
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (!this.fenced && (await this.#write()));
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      // What cannot be read stays dirty: on a dead file system for good.
      if (error.code === DISK_ERROR.stalled) this.#poke(STALLED_AGAIN_MS);
      return;
    } finally {
      this.#busy = false;
    }
    if (this.#dirty.size > 0 && this.#writes && !this.fenced) this.#poke(SETTLE_MS);
  }

  /** @returns whether there was anything to write. @throws DiskError */
  async #write(): Promise<boolean> {
    const { clock, disks } = this.#cloud;
    if (!(await this.#awake())) return false;
    if (this.#dirty.read()) this.#scan();
    const { instanceId, volumeId } = this.place;
    const taken = clock.now();
    const flushes = this.#flushFrom !== undefined;
    const ripe = this.#dirty.ripe(taken, flushes);
    if (ripe.length === 0 && (!flushes || this.#flushed)) return false;
    const states: CourseState[] = [];
    let unread: unknown;
    const read = (courseId: string) => {
      try {
        states.push({ courseId, files: disks.readCourse(instanceId, volumeId, courseId) });
      } catch (error) {
        unread = error;
      }
    };
    for (const courseId of ripe) read(courseId);
    // What lost its name may have another by now.
    if (states.some(({ courseId, files }) => !files && this.#index.has(courseId)))
      for (const courseId of this.#dirty.ripe(taken, true)) if (!ripe.includes(courseId)) read(courseId);
    // What can be read no more is not stated; up to when all is, a flush says all the same.
    if (unread !== undefined && !flushes) throw unread;
    const stated = new Set(states.map(({ courseId }) => courseId));
    const complete = Math.min(taken, this.#dirty.from(stated));
    if (!(await this.#append(states, taken, complete))) return false;
    for (const state of states) {
      this.#dirty.stated(state.courseId, taken);
      this.#index.note(state);
    }
    this.#writeMark(this.acknowledged, complete);
    if (flushes) this.#flushed = true;
    return true;
  }

  /** One object, until it is acknowledged. @returns `false` where it never will be */
  async #append(states: readonly CourseState[], taken: number, complete: number): Promise<boolean> {
    const around = { clock: this.#cloud.clock, objects: this.#objects, awake: () => this.#awake() };
    const end = await append(around, { ...this.who, taken, complete, states }, this.acknowledged + 1);
    if (typeof end === 'number') this.acknowledged = end;
    else if (end !== 'off') this.#stop(end);
    return typeof end === 'number';
  }

  #stop(why: 'fenced' | 'notify'): void {
    this.fenced = true;
    const { instanceId, volume } = this.place;
    const ended = `is fenced: its term ${this.who.term} is over`;
    const unknown = "stops: what stands in the journal is nobody's that it knows";
    this.#cloud.say(instanceId, `the agent of ${volume} ${why === 'fenced' ? ended : unknown}`);
  }

  #writeMark(acknowledged: number, complete = this.#succession?.complete): void {
    const { instanceId, volumeId } = this.place;
    const mark: Mark = { term: this.who.term, acknowledged, complete, index: this.#index.all };
    const readTerm = this.#succession?.over === false ? this.#succession.reading.term : undefined;
    try {
      this.#cloud.disks.writeMark(instanceId, volumeId, markText({ ...mark, readTerm }));
    } catch (error) {
      // It died meanwhile: what was acknowledged stands in the journal.
      if (!(error instanceof DiskError)) throw error;
    }
  }

  /** Waits while the host does nothing. @returns `false`: it is off, and with it all that this agent knew */
  async #awake(): Promise<boolean> {
    while (this.#life() === 'sleeps') await this.#cloud.clock.sleep(AGAIN_MS);
    return this.#life() === 'runs';
  }

  #spawn(what: string, run: () => Promise<void>): void {
    this.#cloud.clock.spawn(`the agent of ${this.place.volume} on ${this.place.instanceId} ${what}`, () =>
      run().catch((error: unknown) => {
        // A volume that is gone, or dead, ends it; what it hears next is on another one.
        if (!(error instanceof AgentDead) && !(error instanceof DiskError)) throw error;
      }),
    );
  }
}
