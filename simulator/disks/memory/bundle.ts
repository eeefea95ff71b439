/** What `host/bundle.sh` brings out of a memory disk: the courses, and what is in them. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { BUNDLE_KEY, BUNDLE_PATH, VERB_PARAMETER } from '../../../contract/contract.ts';
import { fromBytes } from '../../../journal/name.ts';
import { END, header, type Member, padding } from '../../../journal/segment/tar.ts';
import { REFUSAL_ENV, SENT_ENV } from '../software.ts';
import { fail, ok, type VerbResult } from './answers.ts';
import type { MemoryFileSystem } from './file-system.ts';

const MODES = { file: 0o644, directory: 0o755 } as const;

type Env = Readonly<Record<string, string>>;

/** @returns what is wrong with how it was called; `undefined`: nothing */
export function misuse(env: Env): string | undefined {
  const { path, key } = VERB_PARAMETER;
  if (pathIn(env) === undefined) return `SSM_Path is "${env[`SSM_${path}`]}"`;
  return BUNDLE_KEY.test(env[`SSM_${key}`] ?? '') ? undefined : `SSM_Key is "${env[`SSM_${key}`]}"`;
}

/** From the top, without a slash before it. */
function pathIn(env: Env): string | undefined {
  const given = env[`SSM_${VERB_PARAMETER.path}`] ?? '';
  if (!BUNDLE_PATH.test(given)) return undefined;
  const path = fromBytes(Buffer.from(given, 'base64'));
  const names = path.split('/').slice(1);
  if (path === '/') return '';
  return path.startsWith('/') && names.every((name) => name !== '' && name !== '.' && name !== '..')
    ? path.slice(1)
    : undefined;
}

export function bundle(fileSystem: MemoryFileSystem, volumeId: string, env: Env): VerbResult {
  const path = pathIn(env) ?? '';
  const members = membersOf(fileSystem, path);
  const named = `volumeId=${volumeId}`;
  if (members.length === 0) return ok(named, `sha256=${sum('')}`, 'state=absent');
  const file = env[SENT_ENV];
  if (!file) return fail('usage', `${env[`SSM_${VERB_PARAMETER.key}`]} could not be sent: ${env[REFUSAL_ENV]}`);
  const blocks = members.flatMap(([member, bytes]) => [header(member), bytes, padding(bytes.length)]);
  const archive = Buffer.concat([...blocks, END]);
  writeFileSync(file, archive);
  return ok(named, `sha256=${sum(archive)}`, 'state=bundled');
}

function sum(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Each directory before what is in it, in the order of names. */
function membersOf(fileSystem: MemoryFileSystem, path: string): [Member, Uint8Array][] {
  const files = new Map(
    fileSystem
      .courseIds()
      .flatMap((id) =>
        [...(fileSystem.filesOf(id) ?? [])].map(([name, bytes]): [string, Uint8Array] => [
          `courses/${id}/${name}`,
          bytes,
        ]),
      ),
  );
  const directories = new Set(['', 'courses', ...[...files.keys()].flatMap(aboveOf)]);
  const isAsked = (one: string) => path === '' || one === path || one.startsWith(`${path}/`);
  const above = path.slice(0, path.lastIndexOf('/') + 1);
  return [...directories, ...files.keys()]
    .filter(isAsked)
    .sort()
    .map((one): [Member, Uint8Array] => {
      const bytes = files.get(one);
      const type = bytes ? 'file' : 'directory';
      const name = `./${one.slice(above.length)}${bytes || one === '' ? '' : '/'}`;
      const plain = { uid: 0, gid: 0, mtime: 0n, mode: MODES[type] };
      return [{ path: name, type, size: bytes?.length ?? 0, ...plain }, bytes ?? new Uint8Array()];
    });
}

function aboveOf(file: string): string[] {
  const names = file.split('/').slice(0, -1);
  return names.map((_, i) => names.slice(0, i + 1).join('/'));
}
