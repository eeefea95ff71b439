/** What the web servers of a host answer, as a model: `host/etc/nginx.conf` and `host/etc/web.conf`. */
import { CANARY_FILE, DISK_ERROR, DiskError } from '../disks.ts';

/** What is asked of a file system. */
interface Content {
  /** @throws DiskError ENOENT, EIO */
  read(path: string): Uint8Array;
  courseIds(): string[];
}

const NOT_SERVED = 503;
const PATH = /^\/(healthz\/)?([a-z][a-z0-9-]*)(\/.*)?$/;
/** Of these nobody gets to know. */
const HIDDEN = /\/\.|\/manifest\.sha256$/;

/**
 * Status of the answer to GET.
 * @param served what a content volume is served from; `undefined`: it has no web server here. Throws DiskError.
 * @returns `undefined` where nothing comes: its I/O hangs
 */
export function webAnswer(path: string, served: (volume: string) => Content | undefined): number | undefined {
  const [, health, volume = '', rest] = PATH.exec(path) ?? [];
  if (volume === '' || (health === undefined) === (rest === undefined)) return 404;
  try {
    const content = served(volume);
    if (!content) return NOT_SERVED;
    if (health !== undefined) return content.read(CANARY_FILE).length > 0 ? 200 : 404;
    return HIDDEN.test(path) ? 404 : file(content, (rest ?? '').slice(1));
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    if (error.code === DISK_ERROR.stalled) return undefined;
    return error.code === DISK_ERROR.missing ? 404 : 500;
  }
}

function file(content: Content, path: string): number {
  const [, course, more] = /^courses\/([^/]+)(\/?)$/.exec(path) ?? [];
  if (course !== undefined && content.courseIds().includes(course)) {
    if (more === '') return 301;
    return content.read(`${path}index.html`).length > 0 ? 200 : 403;
  }
  return content.read(path).length >= 0 ? 200 : 404;
}
