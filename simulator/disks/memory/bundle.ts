/** What `host/bundle.sh` brings out of a memory disk: the courses, and what is in them. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { BUNDLE_KEY, BUNDLE_PATH, VERB_PARAMETER } from '../../../contract/contract.ts';
import { REFUSAL_ENV, SENT_ENV } from '../software.ts';
import { fail, ok, type VerbResult } from './answers.ts';
import type { MemoryFileSystem } from './file-system.ts';

const BLOCK = 512;

interface Member {
  readonly name: string;
  readonly isFile: boolean;
  readonly bytes: Uint8Array;
}

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
  const path = Buffer.from(given, 'base64').toString();
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
  const blocks = members.flatMap((member) => [header(member), padded(member.bytes)]);
  const archive = Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
  writeFileSync(file, archive);
  return ok(named, `sha256=${sum(archive)}`, 'state=bundled');
}

function sum(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Each directory before what is in it, in the order of names. */
function membersOf(fileSystem: MemoryFileSystem, path: string): Member[] {
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
    .map((one) => {
      const bytes = files.get(one);
      const name = `./${one.slice(above.length)}${bytes || one === '' ? '' : '/'}`;
      return { name, isFile: bytes !== undefined, bytes: bytes ?? new Uint8Array() };
    });
}

function aboveOf(file: string): string[] {
  const names = file.split('/').slice(0, -1);
  return names.map((_, i) => names.slice(0, i + 1).join('/'));
}

/** As POSIX has it (`ustar`): names here are short. */
function header({ name, isFile, bytes }: Member): Buffer {
  const block = Buffer.alloc(BLOCK);
  const fields: readonly (readonly [number, string])[] = [
    [0, name],
    [100, isFile ? '0000644' : '0000755'],
    [108, '0000000'],
    [116, '0000000'],
    [124, bytes.length.toString(8).padStart(11, '0')],
    [136, '00000000000'],
    // The sum is worked out with spaces in its place.
    [148, '        '],
    [156, isFile ? '0' : '5'],
    [257, 'ustar\u000000'],
  ];
  for (const [at, text] of fields) block.write(text, at, 'latin1');
  const total = block.reduce((all, byte) => all + byte, 0);
  block.write(`${total.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}
