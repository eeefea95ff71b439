import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DISK_ERROR, DiskError, type ServedLink } from '../disks.ts';
import type { CourseFiles, Heard, JournaledDisks } from '../journaled.ts';
import { must } from '../shell.ts';
import { HostAgents, obstacle } from './agent/agents.ts';
import { courseIds, onDisk } from './content.ts';
import { linksOf, markersOf, servedRoot, softwareOf, stagingOf } from './host.ts';
import { isMounted } from './mounts.ts';
import { known, type XfsVolume } from './stock.ts';

const MARK = '.remount/journal';
/** What is written is not seen before it is whole. */
const ASIDE = '.remount/incoming';
const TRASH = '.remount/trash';

/** What the agent of the journal does on real disks: the deployed one itself, or, where this machine cannot run it, its model, which hears of courses from whoever changes them. */
export abstract class JournaledXfs implements JournaledDisks {
  /** Instance id -> its root directory. */
  protected readonly hosts = new Map<string, string>();
  protected readonly volumes = new Map<string, XfsVolume>();
  #agents: HostAgents | undefined;
  #obstacle: string | undefined;
  #heard: Heard | undefined;
  /** Files that somebody writes to, and their descriptors. */
  readonly #open = new Map<string, number>();

  get agents(): HostAgents | undefined {
    return this.#agents;
  }

  /** Real ones, where this machine has what they need. */
  protected bringAgents(): void {
    this.#obstacle = obstacle();
    if (this.#obstacle === undefined) this.#agents = new HostAgents((instanceId) => this.rootOf(instanceId));
  }

  protected get agentsNote(): string {
    return this.#obstacle === undefined
      ? 'Journals and uploads: where a stack has them, the deployed agent, with the kernel’s own events and an S3 of its own.'
      : `Journals and uploads: a model; the deployed agent is not used: ${this.#obstacle}`;
  }

  /** Root directory of a host, what `REMOUNT_ROOT` is for its verbs: for tests that do more to it than verbs do. */
  rootOf(instanceId: string): string {
    return known(this.hosts, instanceId, 'host');
  }

  software = (instanceId: string): string | undefined => softwareOf(this.rootOf(instanceId));
  markers = (instanceId: string): string[] => markersOf(this.rootOf(instanceId));
  links = (instanceId: string): ServedLink[] => linksOf(this.rootOf(instanceId));

  /** For what no host does: its file system is unmounted under whoever serves it. */
  protected withoutWriter<T>(volumeId: string, work: () => T): T {
    const { attachment } = known(this.volumes, volumeId, 'volume');
    if (!attachment || !this.#agents) return work();
    return this.#agents.without(this.rootOf(attachment.instanceId), volumeId, work);
  }

  listen(heard: Heard): void {
    this.#heard = heard;
  }

  /** Somebody has changed a course through what the host serves. */
  protected changed(instanceId: string, volume: string, courseId: string, files = 1): void {
    const link = linksOf(known(this.hosts, instanceId, 'host')).find((each) => each.volume === volume);
    if (link) this.#heard?.(instanceId, link.volumeId, courseId, files);
  }

  renameCourse(instanceId: string, volume: string, from: string, to: string): void {
    const { root } = servedRoot(this.rootOf(instanceId), instanceId, volume);
    const at = (id: string) => join(root, 'courses', id);
    onDisk(root, `renaming course ${from}`, () => renameSync(at(from), at(to)));
    for (const id of [from, to]) this.changed(instanceId, volume, id);
  }

  append(instanceId: string, volume: string, courseId: string, path: string, bytes: Uint8Array): void {
    const { root } = servedRoot(this.rootOf(instanceId), instanceId, volume);
    const file = join(root, 'courses', courseId, path);
    try {
      onDisk(root, `writing ${path} of course ${courseId}`, () => {
        const fd = this.#open.get(file) ?? openSync(file, 'a', 0o644);
        this.#open.set(file, fd);
        writeSync(fd, bytes);
      });
    } catch (error) {
      this.letGo();
      throw error;
    }
    this.changed(instanceId, volume, courseId);
  }

  letGo(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  coursesOn(instanceId: string, volumeId: string): string[] {
    return courseIds(this.#mounted(instanceId, volumeId));
  }

  readCourse(instanceId: string, volumeId: string, courseId: string): CourseFiles | undefined {
    const root = this.#mounted(instanceId, volumeId);
    return onDisk(root, `reading course ${courseId}`, () => {
      const course = join(root, 'courses', courseId);
      if (!readdirSync(root).includes('courses') || !readdirSync(join(root, 'courses')).includes(courseId))
        return undefined;
      const paths = readdirSync(course, { recursive: true, encoding: 'utf8' }).sort();
      const files = paths.filter((path) => statSync(join(course, path)).isFile());
      return new Map(files.map((path): [string, Uint8Array] => [path, readFileSync(join(course, path))]));
    });
  }

  applyCourse(instanceId: string, volumeId: string, courseId: string, files: CourseFiles | undefined): void {
    const root = this.#mounted(instanceId, volumeId);
    onDisk(root, `applying course ${courseId}`, () => {
      const [course, aside, trash] = [join(root, 'courses', courseId), join(root, ASIDE, courseId), join(root, TRASH)];
      for (const [path, bytes] of files ?? []) {
        mkdirSync(dirname(join(aside, path)), { recursive: true, mode: 0o755 });
        writeFileSync(join(aside, path), bytes);
        chmodSync(join(aside, path), 0o644);
      }
      if (existsSync(course)) {
        mkdirSync(trash, { recursive: true, mode: 0o700 });
        renameSync(course, join(trash, `${courseId}.${readdirSync(trash).length}`));
      }
      if (!files) return;
      mkdirSync(dirname(course), { recursive: true, mode: 0o755 });
      renameSync(aside, course);
    });
  }

  placeCourse(instanceId: string, volumeId: string, courseId: string, files: CourseFiles): void {
    this.applyCourse(instanceId, volumeId, courseId, files);
    this.#heard?.(instanceId, volumeId, courseId);
  }

  readMark(instanceId: string, volumeId: string): string | undefined {
    const root = this.#mounted(instanceId, volumeId);
    return onDisk(root, 'reading the mark', () =>
      existsSync(join(root, MARK)) ? readFileSync(join(root, MARK), 'utf8') : undefined,
    );
  }

  writeMark(instanceId: string, volumeId: string, mark: string): void {
    const root = this.#mounted(instanceId, volumeId);
    onDisk(root, 'writing the mark', () => {
      must('sync', '--file-system', root);
      mkdirSync(join(root, dirname(MARK)), { recursive: true, mode: 0o755 });
      writeFileSync(join(root, `${MARK}.new`), mark, { flush: true });
      renameSync(join(root, `${MARK}.new`), join(root, MARK));
      must('sync', '--file-system', root);
    });
  }

  #mounted(instanceId: string, volumeId: string): string {
    const root = stagingOf(known(this.hosts, instanceId, 'host'), volumeId);
    if (!isMounted(root)) throw new DiskError(DISK_ERROR.missing, `${volumeId} is not mounted on ${instanceId}`);
    if (this.volumes.get(volumeId)?.stalled)
      throw new DiskError(DISK_ERROR.stalled, `${volumeId} on ${instanceId}: I/O hangs`);
    return root;
  }
}
