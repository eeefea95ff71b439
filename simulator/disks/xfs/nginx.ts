/** The real nginx: the machine's own program, or Debian's package, unpacked into the cache. Its service is never started. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasTool, tool } from '../shell.ts';

const CACHE = join(import.meta.dirname, '../../../.cache');
/** Debian's package has the program, and that of its common files the list of MIME types. */
const PACKAGES = ['nginx', 'nginx-common'];

export interface Nginx {
  /** Path of the program. */
  readonly program: string;
  /** Path of its list of MIME types. */
  readonly mimeTypes: string;
}

/** Found, or why not, in one line. Asked once a process. */
let answer: Nginx | string | undefined;

/** @returns why this machine has none, where it is a text */
export function bringNginx(): Nginx | string {
  answer ??= find();
  return answer;
}

function find(): Nginx | string {
  for (const needed of ['curl', 'nsenter', 'unshare', 'bash']) if (!hasTool(needed)) return `there is no ${needed}(1)`;
  const own = at('/');
  if (own) return own;
  const unpacked = join(CACHE, 'nginx');
  const before = at(unpacked);
  if (before) return before;
  if (!hasTool('apt-get') || !hasTool('dpkg'))
    return 'nginx is not installed, and this is no Debian that has a package';
  const refused = unpack(unpacked);
  return refused ?? at(unpacked) ?? 'the package of nginx holds no program that runs here';
}

function at(root: string): Nginx | undefined {
  const found = { program: join(root, 'usr/sbin/nginx'), mimeTypes: join(root, 'etc/nginx/mime.types') };
  if (!existsSync(found.program) || !existsSync(found.mimeTypes)) return undefined;
  return tool(found.program, '-v').status === 0 ? found : undefined;
}

/** Two rehearsals may do it at once: each unpacks aside, and the first puts it in place. */
function unpack(directory: string): string | undefined {
  mkdirSync(CACHE, { recursive: true });
  const aside = mkdtempSync(`${directory}-`);
  try {
    // The lists of packages may be older than what the mirror still has.
    const download = 'cd "$1" && shift && apt-get -q download "$@"';
    const get = () => tool('sh', '-c', download, 'sh', aside, ...PACKAGES);
    let got = get();
    if (got.status !== 0) {
      tool('apt-get', '-q', 'update');
      got = get();
    }
    if (got.status !== 0) return `Debian's package cannot be had: ${got.stderr.split('\n')[0]}`;
    for (const name of readdirSync(aside)) {
      const done = tool('dpkg', '-x', join(aside, name), aside);
      if (done.status !== 0) return `Debian's package cannot be unpacked: ${done.stderr.split('\n')[0]}`;
    }
    if (!existsSync(directory)) renameSync(aside, directory);
    return undefined;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
