/** What the resolver answers on real XFS, beside what Node says of the same files. */
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { type Handle, inodeOf } from '../../../../host/agent/kernel/handle.ts';
import type { Entry, Look, LookOptions, Place } from '../../../../host/agent/kernel/places.ts';
import { Errno } from '../../../../host/agent/kernel/requests.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { end, Volume } from './lab.ts';

const answers: Record<string, unknown> = {};
const volume = new Volume('resolve');
const resolver = await Resolver.open(volume);
const at = (path: string | Buffer): Place => ({ path: Buffer.from(path) });
const codeOf = (found: unknown) => (found instanceof Errno ? found.code : 'answered');

async function look(place: Place, options?: LookOptions): Promise<Look> {
  const [found] = await resolver.look([place], options);
  if (found === undefined || found instanceof Errno) throw new Error(`${JSON.stringify(place)}: ${found?.code}`);
  return found;
}
const handleOf = async (path: string | Buffer): Promise<Handle> => (await look(at(path))).handle;
const errors = async (...places: readonly Place[]) => (await resolver.look(places)).map(codeOf);

async function listOf(directory: Place): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for await (const some of resolver.list(directory)) found.push(...some);
  return found;
}

/** Descriptors that the helper has on the volume. */
function held(): number {
  const folder = `/proc/${resolver.pid}/fd`;
  const targets = readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(join(folder, fd));
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(volume.mountPoint)).length;
}

volume.py(`
open("f", "w").write("content")
os.truncate("f", 1 << 54)
os.utime("f", ns=(1, 1234567890123456789)); os.chown("f", 7, 8); os.chmod("f", 0o4751)
os.link("f", "g"); os.symlink(b"to\\xff", "s"); os.mkfifo("p"); os.mknod("null", 0o20600, os.makedev(1, 3)); os.makedirs("d/e")
`);
for (const name of ['f', 's', 'p', 'null', 'd']) {
  const { handle, mode, links, uid, gid, size, modified, changed, born, device } = await look(at(name));
  const stat = lstatSync(join(volume.mountPoint, name), { bigint: true });
  const ours = [mode, links, uid, gid, size, modified, changed, born, device.major * 256 + device.minor];
  const nodes = [
    stat.mode,
    stat.nlink,
    stat.uid,
    stat.gid,
    stat.size,
    stat.mtimeNs,
    stat.ctimeNs,
    stat.birthtimeNs,
    stat.rdev,
  ];
  const differ = [...ours, inodeOf(handle)?.inode]
    .map(String)
    .map((value, i) => [value, String([...nodes, stat.ino][i])]);
  answers[`stat of ${name}`] = differ.filter(([one, two]) => one !== two);
}
answers.target = (await look(at('s'))).target?.toString('latin1');

// By what it is, whatever becomes of its names.
const file = await handleOf('f');
answers['two names'] = (await handleOf('g')) === file;
volume.sh('mv f d/moved; rm g');
answers['by its handle'] = [(await look(file)).links, (await handleOf('d/moved')) === file];
const pipe = await handleOf('p');
volume.sh('rm p d/moved; sync -f .');
answers['of what is removed'] = await errors(file, pipe);
volume.sh('for i in 1 2 3 4 5 6 7 8; do echo $i > n$i; done');
const numbered = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((i) => handleOf(`n${i}`)));
const sameInode = numbered.filter((handle) => inodeOf(handle)?.inode === inodeOf(file)?.inode);
answers['an inode that is used again'] = [sameInode.length, sameInode.includes(file), ...(await errors(file))];

volume.sh('ln -s d way; ln -s /etc out');
const inFile: Place = { directory: await handleOf('n1'), path: Buffer.from('x') };
const above: Place = { directory: await handleOf('d'), path: Buffer.from('../n1') };
const wrong = ['way/e', 'out/passwd', 'way/e/x', '../etc', 'd/..', '', 'a\0b', 'none', 'd/none/e'];
answers.refused = await errors(...wrong.map(at), inFile, above, '82ff' as Handle, 'ff00' as Handle);

// Names are bytes.
volume.py('os.mkdir(b"d/\\xff\\n"); open(b"d/\\xff\\n/" + b"\\x80" * 255, "w").close()');
const odd = await handleOf(Buffer.from('d/\xff\n', 'latin1'));
const entries = await listOf(odd);
answers['odd names'] = [
  await errors({ directory: odd, path: Buffer.alloc(255, 0x80) }),
  entries.map(({ name }) => name.toString('latin1')),
];
const inner = await handleOf('d/e');
const paths = async (...places: Place[]) =>
  (await resolver.paths(places)).map((path) => (path instanceof Errno ? path.code : path.toString('latin1')));
answers.paths = await paths(odd, inner, '' as Handle, at('n1'));
const removed = openSync(join(volume.mountPoint, 'd/e'), 'r');
volume.sh('rmdir d/e');
const whileOpen = await paths(inner);
closeSync(removed);
volume.sh('sync -f .');
answers['path of what is removed'] = [...whileOpen, ...(await paths(inner))];

// Attributes are bytes, and links have some.
volume.py(`
os.setxattr("n1", "user.a", b"\\x00\\xff\\n"); os.setxattr("n1", "user.empty", b""); os.setxattr("n1", "trusted.long", b"y" * 60000)
os.setxattr("s", "trusted.t", b"of a link", follow_symlinks=False)
`);
const attributesOf = async (name: string) =>
  [...((await look(at(name), { attributes: true })).attributes ?? [])].map(([key, value]) => [
    key,
    value.length,
    value.toString('latin1', 0, 9),
  ]);
answers.attributes = [
  await attributesOf('n1'),
  await attributesOf('s'),
  await attributesOf('n2'),
  (await look(at('n1'))).attributes ?? null,
];

// Who has it open for writing.
const path = (name: string) => join(volume.mountPoint, name);
const written = async (name: string) => (await look(at(name), { openForWriting: true })).openForWriting ?? null;
const reader = openSync(path('n2'), 'r');
const writer = openSync(path('n3'), 'a');
answers['open for writing'] = [
  await written('n1'),
  await written('n2'),
  await written('n3'),
  await written('d'),
  await written('s'),
];
closeSync(writer);
answers['and closed'] = [await written('n3'), (await look(at('n3'))).openForWriting ?? null];
closeSync(reader);

// A large directory, in pieces, while it changes.
volume.py('os.mkdir("many")\nfor i in range(5000): os.mkdir("many/%d" % i)');
const pieces: number[] = [];
const listed = new Set<string>();
for await (const piece of resolver.list(at('many'))) {
  if (pieces.length === 1) volume.py('for i in range(0, 5000, 2): os.rename("many/%d" % i, "d/%d" % i)');
  pieces.push(piece.length);
  for (const { name } of piece) listed.add(name.toString());
}
const odds = Array.from({ length: 2500 }, (_, i) => String(2 * i + 1));
answers.list = [Math.max(...pieces) < 2000, pieces.length > 2, odds.every((name) => listed.has(name))];
answers['list of no directory'] = await listOf(at('n1')).catch((error: Error) => codeOf(error.cause));

// Opened as what they are.
const one = await handleOf('n1');
volume.sh('mv n1 elsewhere; mkfifo p');
const read = async (file: FileHandle | Errno | undefined) =>
  file instanceof Errno || !file ? codeOf(file) : (await file.readFile()).toString();
answers.reading = await resolver.reading([one, at('n2'), at('s'), at('none'), at('d')], async (files) => [
  await read(files[0]),
  await read(files[1]),
  ...files.slice(2, 4).map(codeOf),
  held(),
]);
answers['reading too many'] = await resolver
  .reading(new Array(65).fill(one), async () => 'read')
  .catch((error: Error) => error.message);
answers.sync = (await resolver.sync()) ?? 'synced';
answers.held = held();
volume.unmount();
resolver.close();
end(answers, volume);
