/** What has not changed for so long is read; and so long after its first change, what goes on changing (`journal/write/dirty.ts`). Milliseconds, as all here. */
export const SETTLE_MS = 1000;
const OPEN_MS = 60_000;
/** Events that the kernel keeps for who does not read them: man7.org/linux/man-pages/man7/fanotify.7.html, `max_queued_events`. */
const QUEUE = 16_384;

interface Dirty {
  /** Since when it is known to have changed; and since when it may have, which of what a scan finds nobody knows. */
  readonly since: number;
  readonly from: number;
  readonly last: number;
}

/** What has changed and is not in the journal, course by course. */
export class DirtyCourses {
  readonly #all = new Map<string, Dirty>();
  /** Changes that wait in the kernel's queue, and the courses that they are of. */
  readonly #queued = new Set<string>();
  #length = 0;

  /** @param asleep nobody reads the kernel's queue @param files how many have changed, each an event at the least */
  heard(courseId: string, now: number, asleep: boolean, files: number): void {
    if (asleep) {
      this.#length += files;
      this.#queued.add(courseId);
    }
    this.add(courseId, now);
  }

  /** The kernel's queue is read. What did not fit into it was never heard. @returns whether that is so: only a scan finds it */
  read(): boolean {
    const overflowed = this.#length > QUEUE;
    if (overflowed) for (const id of this.#queued) this.#all.delete(id);
    this.#queued.clear();
    this.#length = 0;
    return overflowed;
  }

  /** To be stated, whatever was heard; what is dirty already stays so since then. */
  add(courseId: string, now: number, from = now): void {
    const before = this.#all.get(courseId);
    this.#all.set(courseId, { since: before?.since ?? now, from: Math.min(before?.from ?? now, from), last: now });
  }

  has(courseId: string): boolean {
    return this.#all.has(courseId);
  }

  /** What is to be read by now. */
  ripe(now: number, all: boolean): string[] {
    const isRipe = ({ since, last }: Dirty) => all || now - last >= SETTLE_MS || now - since >= OPEN_MS;
    return [...this.#all].filter(([, dirty]) => isRipe(dirty)).map(([id]) => id);
  }

  /** It was read then, and is in the journal: what changed since is dirty. */
  stated(courseId: string, taken: number): void {
    const dirty = this.#all.get(courseId);
    if (!dirty) return;
    if (dirty.last <= taken) this.#all.delete(courseId);
    else this.#all.set(courseId, { ...dirty, since: taken, from: taken });
  }

  /** Since when something is known to be dirty. */
  get since(): number {
    return Math.min(...[...this.#all.values()].map(({ since }) => since));
  }

  /** Since when something may have changed that is not among these. */
  from(but: ReadonlySet<string>): number {
    return Math.min(...[...this.#all].filter(([id]) => !but.has(id)).map(([, { from }]) => from));
  }

  get size(): number {
    return this.#all.size;
  }
}
