import { spawnSync } from 'node:child_process';
import { toBytes } from '../../journal/name.ts';

export interface Xattrs {
  readonly path: Buffer;
  /** Values in base64, by name. */
  readonly values: readonly (readonly [name: string, value: string])[];
}

/** Node has no call for it. A line a path; each answered with why it could not be done, or with nothing. */
const SCRIPT = `
import base64, json, os, sys
for line in sys.stdin:
    path, values = json.loads(line)
    why = ''
    for name, value in values:
        try:
            os.setxattr(base64.b64decode(path), base64.b64decode(name), base64.b64decode(value), follow_symlinks=False)
        except OSError as error:
            why = error.strerror
        except AttributeError:
            why = 'this system has no call for it'
    print(json.dumps(why))
`;
const MOST_BYTES = 64 * 2 ** 20;

/** Sets extended attributes of what was just made, links themselves. @returns of how many that failed, by why */
export function setXattrs(all: readonly Xattrs[]): Map<string, number> {
  const failed = new Map<string, number>();
  if (all.length === 0) return failed;
  const base64 = (bytes: Buffer) => bytes.toString('base64');
  const input = all
    .map(({ path, values }) => [base64(path), values.map(([name, value]) => [base64(toBytes(name)), value])])
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
  const ran = spawnSync('python3', ['-c', SCRIPT], { input, encoding: 'utf8', maxBuffer: MOST_BYTES });
  if (ran.status !== 0) return failed.set('python3, which sets them, does not run', all.length);
  for (const line of ran.stdout.trimEnd().split('\n')) {
    const why = JSON.parse(line) as string;
    if (why !== '') failed.set(why, (failed.get(why) ?? 0) + 1);
  }
  return failed;
}
