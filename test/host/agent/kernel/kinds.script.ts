/** What the reader says of each thing that can be done to files. Prints, for each, its changes with names for handles. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Change, KernelEvents } from '../../../../host/agent/kernel/events.ts';
import type { Handle, Named } from '../../../../host/agent/kernel/handle.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { end, until, Volume } from './lab.ts';

const volume = new Volume('kinds');
volume.sh('mkdir a b; echo old >exist; echo over >over; ln -s nowhere sym; echo h >held');
const events = await KernelEvents.open(volume);
const stream = events[Symbol.asyncIterator]();
const resolver = await Resolver.open(volume);
const answers: Record<string, unknown> = {};

/** Handle -> the name under which it was first seen. */
const names = new Map<Handle, string>();
async function known(...paths: string[]): Promise<void> {
  const looks = await resolver.look(paths.map((path) => ({ path: Buffer.from(path) })));
  for (const [index, look] of looks.entries()) if ('handle' in look) names.set(look.handle, paths[index] ?? '');
}

const named = ({ directory, name }: Named) => `${names.get(directory) ?? directory}/${name.toString('latin1')}`;

function shown({ kinds, directory, object, at, to }: Change): string {
  if (at && object && !names.has(object)) names.set(object, at.name.toString('latin1'));
  const what = object ? (names.get(object) ?? object) : 'nothing';
  return [
    kinds.join('+') + (directory ? ' of a directory' : ''),
    what,
    ...[at, to].flatMap((n) => (n ? [named(n)] : [])),
  ].join(', ');
}

async function after(label: string, act: () => void): Promise<void> {
  act();
  const said = await until(stream, resolver);
  answers[label] = said
    .flatMap((event) => (event.kind === 'changes' ? event.changes : []))
    .filter(({ at }) => !at?.name.toString().startsWith('sentinel.'))
    .map(shown);
}

const [root] = await resolver.look(['' as Handle]);
if (root && 'handle' in root) names.set(root.handle, '');
await known('a', 'b', 'exist', 'over', 'sym', 'held');
answers.first = (await until(stream, resolver)).find((event) => event.kind === 'doubt');
const sh = (label: string, script: string) => after(label, () => volume.sh(script));
const python = (label: string, script: string) => after(label, () => volume.py(script));

await sh('created', 'echo new >a/new');
await sh('directory', 'mkdir a/inner');
await sh('moved across directories', 'mv a/new b/moved');
await sh('directory moved', 'mv a/inner b/inner');
await sh('moved over another', 'mv -f b/moved over');
await sh('linked', 'ln over a/linked');
await sh('unlinked', 'rm a/linked');
await sh('symlink', 'ln -s target a/symlink');
await sh('pipe', 'mkfifo a/pipe');
await sh('directory removed', 'rmdir b/inner');
await sh('mode', 'chmod 600 exist');
await sh('mode of a directory', 'chmod 700 a');
await python('owner of a link', 'os.chown("sym", 5, 6, follow_symlinks=False)');
await python('times of a link', 'os.utime("sym", ns=(1, 2), follow_symlinks=False)');
await python('attribute', 'os.setxattr("exist", "user.a", b"1")');
await python('truncate(2), which opens nothing', 'os.truncate("exist", 3)');
let fd = 0;
await after('written, and still open', () => {
  fd = openSync(join(volume.mountPoint, 'exist'), 'a');
  writeSync(fd, 'more');
});
await after('closed', () => closeSync(fd));
await python(
  'written through a mapping after close',
  'fd = os.open("held", os.O_RDWR); m = mmap.mmap(fd, 2); os.close(fd); m[0:1] = b"Z"; m.close()',
);
await python(
  'without a name, and then with one',
  'fd = os.open("a", os.O_TMPFILE | os.O_RDWR); os.write(fd, b"t")\nlibc.linkat(fd, b"", -100, b"b/late", 0x1000)',
);
await python('exchanged', 'libc.renameat2(-100, b"exist", -100, b"over", 2)');
await python('no UTF-8', 'open(b"a/\\xff\\xfe", "w").close()');
await python('a newline', 'open(b"a/x\\ny", "w").close()');
await python('the longest name', 'os.mkdir(b"a/" + b"n" * 255)');
await sh('only read', 'cat exist over >/dev/null; ls -la a >/dev/null; find . >/dev/null');
await sh('many times', 'for i in $(seq 200); do echo $i >>a/log; done');

events.close();
resolver.close();
end(answers, volume);
