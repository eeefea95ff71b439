import {
  chownSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { LABEL } from '../../../../host/agent/journal/label.ts';
import { Errno } from '../../../../host/agent/kernel/requests.ts';
import type { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { toBytes } from '../../../../journal/name.ts';
import { must } from '../../../../simulator/disks/shell.ts';
import type { Operation } from '../../../journal/reference/operations.ts';

/** Operations of the reference test, done on a mounted volume. */
export class OnDisk {
  readonly #top: Buffer;
  readonly #resolver: Resolver;
  readonly #open = new Map<number, number>();

  constructor(mountPoint: string, resolver: Resolver) {
    this.#top = Buffer.from(`${mountPoint}/`);
    this.#resolver = resolver;
  }

  async do(operation: Operation): Promise<void> {
    switch (operation.op) {
      case 'mkdir':
        mkdirSync(this.#at(operation.path), 0o755);
        return;
      case 'mkfifo':
        must('mkfifo', '--', this.#at(operation.path).toString('utf8'));
        return;
      case 'unlink':
        if (lstatSync(this.#at(operation.path)).isDirectory()) rmdirSync(this.#at(operation.path));
        else unlinkSync(this.#at(operation.path));
        return;
      case 'symlink':
        symlinkSync(toBytes(operation.target), this.#at(operation.path));
        return;
      case 'write':
        writeFileSync(this.#at(operation.path), operation.content);
        return;
      case 'patch': {
        const file = openSync(this.#at(operation.path), 'r+');
        writeSync(file, operation.bytes, 0, operation.bytes.length, operation.offset);
        closeSync(file);
        return;
      }
      case 'open':
        this.#open.set(operation.handle, openSync(this.#at(operation.path), 'a'));
        return;
      case 'append':
        writeSync(this.#file(operation.handle), operation.bytes);
        return;
      case 'close':
        closeSync(this.#file(operation.handle));
        this.#open.delete(operation.handle);
        return;
      case 'link':
        linkSync(this.#at(operation.from), this.#at(operation.to));
        return;
      case 'rename':
        renameSync(this.#at(operation.from), this.#at(operation.to));
        return;
      case 'exchange': {
        const [from, to] = [{ path: toBytes(operation.from) }, { path: toBytes(operation.to) }];
        const [error] = await this.#resolver.rename([{ from, to }], 'exchange');
        if (error) throw new Error(`exchange: ${error.code}`);
        return;
      }
      case 'attributes':
        await this.#attributes(operation);
    }
  }

  /** A sparse file: content at its beginning, and after a hole, and a hole. */
  sparse(path: string, bytes: Buffer, hole: number): void {
    const file = openSync(this.#at(path), 'w');
    writeSync(file, bytes, 0, bytes.length, 0);
    writeSync(file, bytes, 0, bytes.length, hole);
    ftruncateSync(file, 2 * hole);
    closeSync(file);
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  async #attributes({ path, change }: Extract<Operation, { op: 'attributes' }>): Promise<void> {
    const { uid, gid, mode, mtime, xattrs } = change;
    const place = path === '' ? await this.#root() : { path: toBytes(path) };
    if (uid !== undefined && gid !== undefined) chownSync(this.#at(path), uid, gid);
    const attributes = new Map<string, Uint8Array | undefined>([['user.a', undefined]]);
    for (const [name, value] of Object.entries(xattrs ?? {})) attributes.set(name, Buffer.from(value, 'base64'));
    const [error] = await this.#resolver.dress([
      {
        place,
        ...(mode === undefined ? {} : { mode }),
        ...(mtime === undefined ? {} : { modified: mtime }),
        ...(xattrs ? { attributes } : {}),
      },
    ]);
    if (error) throw new Error(`attributes: ${error.code}`);
  }

  async #root() {
    const [root] = await this.#resolver.look(['' as never]);
    if (!root || root instanceof Errno) throw new Error('no root');
    return root.handle;
  }
  #at(path: string): Buffer {
    return Buffer.concat([this.#top, toBytes(path)]);
  }
  #file(handle: number): number {
    const file = this.#open.get(handle);
    if (file === undefined) throw new Error(`handle ${handle} is not open`);
    return file;
  }
}

/** All of a volume but `.remount` and what is special, a line each: names, content, attributes, and who is whose link. */
export async function pictureOf(mountPoint: string, resolver: Resolver): Promise<string[]> {
  const lines: string[] = [];
  const links = new Map<bigint, string>();
  const walk = async (path: Buffer): Promise<void> => {
    const at = Buffer.concat([Buffer.from(`${mountPoint}/`), path]);
    const stat = lstatSync(at, { bigint: true });
    if (!stat.isFile() && !stat.isDirectory() && !stat.isSymbolicLink()) return;
    const first = links.get(stat.ino);
    if (first === undefined) links.set(stat.ino, path.toString('latin1'));
    const [look] = await resolver.look([path.length === 0 ? ('' as never) : { path }], { attributes: true });
    if (!look || look instanceof Errno) throw new Error(`${path}: ${look?.code}`);
    const xattrs = [...(look.attributes ?? [])]
      .filter(([name]) => name !== LABEL)
      .map(([n, v]) => `${n}=${v.toString('hex')}`);
    const content = stat.isFile() ? readFileSync(at).toString('base64') : stat.isSymbolicLink() ? readlinkSync(at) : '';
    const parts = [
      stat.mode.toString(8),
      stat.uid,
      stat.gid,
      stat.mtimeNs,
      first ?? '',
      xattrs,
      content.length,
      content,
    ];
    lines.push(`${path.toString('latin1')}: ${parts.join(' ')}`);
    if (!stat.isDirectory()) return;
    const names = (readdirSync(at, { encoding: 'buffer' as never }) as unknown as Buffer[]).sort(Buffer.compare);
    for (const name of names)
      if (path.length > 0 || name.toString() !== '.remount')
        await walk(path.length === 0 ? name : Buffer.concat([path, Buffer.from('/'), name]));
  };
  await walk(Buffer.alloc(0));
  return lines;
}
