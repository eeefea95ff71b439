import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Life } from '../journal/mortal.ts';
import { Volume } from '../kernel/lab.ts';
import { Taker, until } from './lab.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { zip } from './zips.ts';

export type Form = 'zip' | 'file' | 'folder' | 'bad' | 'same';

interface Uploaded {
  readonly course: string;
  readonly key: string;
  readonly version: string;
  readonly label: string;
  readonly bad: boolean;
  /** In the order in which S3 has them. */
  readonly order: number;
}

/** What the journal has, as of a number: of each course the label that it had, and the one that is noted. */
interface Acknowledged {
  readonly courses: ReadonlyMap<string, string>;
  readonly notes: ReadonlyMap<string, Uploaded | undefined>;
  readonly copy: Volume | undefined;
}

/** Each has a name of its own. */
let volumes = 0;

/**
 * Uploads, deletions, kills and takeovers, and what has to hold whatever comes of them. It judges by what is on the volume and in the bucket, and by nothing
 * that the intake says of itself.
 */
export class Story {
  readonly bucket = new MemoryBucket(3);
  readonly faults: string[] = [];
  readonly #uploads: Uploaded[] = [];
  readonly #journal: Acknowledged[] = [];
  /** Deleted after it was answered: it is not to come back. */
  readonly #deleted = new Map<string, { readonly at: number; readonly order: number }>();
  readonly #withdrawn = new Set<Uploaded>();
  /** No intake has seen all of this volume since it took over. */
  #isFresh = false;
  /** Whether copies of the volume are kept, for takeovers. */
  readonly #copies: boolean;
  #count = 0;
  volume: Volume;

  /** @param blank a mounted volume, which is emptied */
  constructor(copies: boolean, blank = new Volume('blank')) {
    this.#copies = copies;
    this.volume = blank;
    this.volume.sh('rm -rf courses .intake .remount/*; mkdir courses');
    this.bucket.before = (call, key) => {
      this.look(`${call} ${key}`);
      if (call === 'answer') this.#answering = key;
    };
  }
  #answering = '';

  close(): void {
    for (const volume of [this.volume, ...this.#journal.flatMap(({ copy }) => copy ?? [])]) volume.close();
  }

  upload(course: string, form: Form): Uploaded {
    this.bucket.log.push(`UPLOAD ${course} ${form}`);
    const last = this.#uploads.findLast((one) => one.course === course && !one.bad);
    const label = form === 'same' && last ? last.label : `label-${++this.#count}`;
    const files = [
      ['index.html', label],
      ['a/b/deep.txt', `${label} deep`],
    ] as const;
    const prefix = `intake/alpha/${course}`;
    let key = `${prefix}.zip`;
    let content: Buffer | string;
    if (form === 'file') {
      key = `${prefix}/index.html`;
      content = label;
    } else if (form === 'folder') {
      key = `${prefix}.sha256`;
      for (const [path, text] of files) this.bucket.upload(`files/alpha/${course}/${path}`, text);
      content = files.map(([path, text]) => `${sha256(text)}  ./${path}\n`).join('');
    } else {
      content = zip(files.map(([name, text]) => ({ name, content: text, deflate: true })));
      if (form === 'bad')
        content = zip([
          { name: 'index.html', content: label },
          { name: '../escaped', content: label },
        ]);
    }
    const version = this.bucket.upload(key, content);
    const uploaded = { course, key, version, label, bad: form === 'bad', order: this.#uploads.length };
    this.#uploads.push(uploaded);
    return uploaded;
  }

  answerTo({ course, version }: Uploaded): Record<string, unknown> | undefined {
    return this.bucket.answered(`answers/alpha/${course}/${version}.json`);
  }
  pending(course?: string): Uploaded[] {
    return this.#uploads.filter(
      (one) => (course === undefined || one.course === course) && !this.answerTo(one) && !this.#withdrawn.has(one),
    );
  }

  /** Whoever uploaded takes back what was not answered. */
  withdraw(course: string): void {
    const pending = this.pending(course);
    if (pending.length !== 1 || !pending[0]) return;
    if (!this.bucket.current(pending[0].key).includes(pending[0].key)) return;
    this.bucket.log.push(`WITHDRAW ${course}`);
    this.bucket.remove(pending[0].key);
    this.#withdrawn.add(pending[0]);
  }

  /** An application deletes a course: what was answered by then is not to come back. */
  delete(course: string): boolean {
    if (this.pending(course).length > 0 || !this.#labelOf(course)) return false;
    rmSync(join(this.volume.mountPoint, 'courses', course), { recursive: true });
    const order = this.#newestDone(course)?.order ?? -1;
    // What took over may have the course of a number, and not yet its note, which came with the next. Nothing tells it from a course that it never had.
    if (this.#isFresh && this.#notes().get(course)?.order !== order) return true;
    this.#deleted.set(course, { at: this.#uploads.length, order });
    return true;
  }

  start(life?: Life): Promise<Taker> {
    return Taker.start({ volume: this.volume, store: this.bucket, flush: this.flush, ...(life ? { life } : {}) });
  }

  /** The journal has all that is on the volume. */
  readonly flush = async (): Promise<number> => {
    this.look('flush');
    if (this.#copies) this.volume.sh('sync -f .');
    const copy = this.#copies ? new Volume(`copy-${volumes++}`, this.volume) : undefined;
    const number = this.#journal.push({
      courses: new Map(this.#courses().map((course) => [course, this.#labelOf(course) ?? ''])),
      notes: this.#notes(),
      copy,
    });
    this.#judgeNotes(number);
    return number;
  };

  /** Nobody has a note of what it never had: it would not take it in. */
  #judgeNotes(number: number): void {
    for (const [course, uploaded] of this.#journal[number - 1]?.notes ?? []) {
      const label = uploaded?.label;
      const had = this.#journal.slice(0, number - 1).some(({ courses }) => courses.get(course) === label);
      if (!had) this.fault(`number ${number} has a note of ${course}, ${label}, which no number before had`);
    }
  }

  /** What took over has what the journal had up to a number from the end. */
  takeOver(back: number): void {
    const at = this.#journal.length - 1 - back;
    const taken = this.#journal[at];
    if (!taken?.copy) return;
    const volume = new Volume(`volume-${volumes++}`, taken.copy);
    this.volume.close();
    this.volume = volume;
    this.#isFresh = true;
    // A deletion after that number is not known there: the course is there, or was not there yet.
    for (const [course, deleted] of this.#deleted)
      if (taken.courses.has(course) || (taken.notes.get(course)?.order ?? -1) < deleted.order)
        this.#deleted.delete(course);
  }

  /** An intake has looked at all that the bucket has. */
  settled(): void {
    this.#isFresh = false;
  }

  /** At any moment: each course is whole, and of one upload. */
  look(when: string): void {
    for (const course of this.#courses()) {
      const label = this.#labelOf(course);
      const uploaded = this.#uploads.find((one) => one.course === course && one.label === label);
      if (!uploaded || uploaded.bad) this.fault(`${when}: ${course} is of ${label}`);
    }
    if (existsSync(join(this.volume.mountPoint, 'escaped'))) this.fault(`${when}: something is outside`);
  }

  /** Once all is answered. */
  judge(): void {
    this.look('in the end');
    for (const one of this.#uploads) this.#judgeAnswer(one);
    const courses = new Set(this.#uploads.map(({ course }) => course));
    for (const course of courses) {
      const expected = this.#expected(course);
      const label = this.#labelOf(course);
      // It may have been in place when it was withdrawn.
      const withdrawn = [...this.#withdrawn].some((one) => one.course === course && one.label === label);
      if (label !== expected && !withdrawn) this.fault(`in the end ${course} is ${label}, and is to be ${expected}`);
    }
    const waiting = this.bucket.current('intake/alpha/');
    if (waiting.length > 0) this.fault(`in the end there waits ${waiting}`);
  }

  /** Whose course is to be there: the newest that was not refused for itself, unless it was deleted since. */
  #expected(course: string): string | undefined {
    const good = this.#uploads.filter((one) => one.course === course && !one.bad && !this.#withdrawn.has(one));
    const newest = this.#newestDone(course);
    const overtaken = good.slice(good.indexOf(newest as Uploaded) + 1);
    // Between an upload and its being taken in a newer bad one may have come.
    if (overtaken.some((one) => this.answerTo(one)?.state !== 'refused'))
      this.fault(`${course} has unanswered uploads`);
    if (!newest || (this.#deleted.get(course)?.at ?? -1) > newest.order) return undefined;
    return newest.label;
  }

  #newestDone(course: string): Uploaded | undefined {
    return this.#uploads.findLast((one) => one.course === course && this.answerTo(one)?.state === 'done');
  }

  #judgeAnswer(one: Uploaded): void {
    const answer = this.answerTo(one);
    if (this.#withdrawn.has(one)) return;
    if (!answer) {
      this.fault(`${one.key} ${one.version} was never answered`);
      return;
    }
    const codes = ((answer.refusals ?? []) as { code: string }[]).map(({ code }) => code);
    if (answer.state === 'refused') {
      const newer = this.#uploads.some((other) => other.course === one.course && other.order > one.order);
      if (one.bad ? !codes.includes('outside') && !newer : !codes.includes('superseded') || !newer)
        this.fault(`${one.key} ${one.version} was refused: ${codes}`);
      return;
    }
    const number = answer.number as number;
    const had = this.#journal.slice(0, number).some(({ courses }) => courses.get(one.course) === one.label);
    if (one.bad || !had)
      this.fault(`${one.key} ${one.version}, ${one.label}, is done at ${number}, which does not have it`);
  }

  fault(what: string): void {
    if (this.faults.length < 20) this.faults.push(`${what} (answering ${this.#answering})`);
  }

  #courses(): string[] {
    const top = join(this.volume.mountPoint, 'courses');
    return existsSync(top) ? readdirSync(top) : [];
  }

  /**
   * Whose it is, where it is whole; `undefined`: there is none. Of the directory that is there now, whatever takes its place while this looks: the kernel may be
   * at an exchange.
   */
  #labelOf(course: string): string | undefined {
    const path = join(this.volume.mountPoint, 'courses', course);
    if (!existsSync(path)) return undefined;
    const directory = openSync(path, 'r');
    try {
      return labelIn(`/proc/self/fd/${directory}`);
    } finally {
      closeSync(directory);
    }
  }

  #notes(): Map<string, Uploaded | undefined> {
    const notes = join(this.volume.mountPoint, '.intake');
    const noted = existsSync(notes) ? readdirSync(notes).filter((name) => name !== '.owner') : [];
    return new Map(noted.map((course) => [course, this.#ofNote(readFileSync(join(notes, course), 'utf8'))]));
  }

  #ofNote(text: string): Uploaded | undefined {
    const { key, version } = JSON.parse(text) as { key: string; version: string };
    return this.#uploads.find((one) => one.key === key && one.version === version);
  }
}

function labelIn(top: string): string {
  const found = readdirSync(top, { recursive: true, encoding: 'utf8' }).sort().join(' ');
  const label = readFileSync(join(top, 'index.html'), 'utf8');
  const whole = found === 'a a/b a/b/deep.txt index.html manifest.sha256';
  if (!whole && found !== 'index.html manifest.sha256') return `half: ${found}`;
  const lines = [`${sha256(label)}  index.html\n`];
  if (whole) lines.unshift(`${sha256(`${label} deep`)}  a/b/deep.txt\n`);
  if (readFileSync(join(top, 'manifest.sha256'), 'utf8') !== lines.join('')) return `not as its manifest: ${label}`;
  if (whole && readFileSync(join(top, 'a/b/deep.txt'), 'utf8') !== `${label} deep`) return `of two: ${label}`;
  return label;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Runs an intake until nothing is pending, or until it is killed after so many calls. */
export async function run(story: Story, calls = Number.POSITIVE_INFINITY): Promise<'done' | 'killed'> {
  const life = new Life();
  if (Number.isFinite(calls)) life.killAfter(calls);
  const taker = await story.start(life);
  let ended: unknown;
  taker.ended().then((how) => {
    ended = how;
  });
  const idle = () =>
    !taker.intake.status.owes && story.pending().length === 0 && story.bucket.current('intake/alpha/').length === 0;
  let before = 0;
  await until('all is answered', () => {
    if (ended !== undefined) return true;
    // It has looked at the bucket once more, and found nothing.
    const looks = story.bucket.calls.get('list') ?? 0;
    if (!idle()) before = looks;
    return idle() && looks > before + 2;
  }).catch((error: unknown) => {
    throw new Error(
      JSON.stringify([story.pending(), taker.intake.status, [...story.bucket.calls], story.bucket.log.slice(-60)]),
      { cause: error },
    );
  });
  if (ended === undefined) ended = await taker.stop();
  if (life.isDead) return 'killed';
  if (ended !== 'stopped') throw ended;
  story.settled();
  return 'done';
}
