import type { NameFault, Refusal, SpecialKind } from './refusal.ts';

/** What people read of a refusal: what is wrong, and what to do. */
export function sentenceOf(refusal: Refusal): string {
  switch (refusal.code) {
    case 'course':
      return `${COURSES[refusal.why]} Upload to intake/VOLUME/COURSE.zip, intake/VOLUME/COURSE/FILE, or intake/VOLUME/COURSE.sha256.`;
    case 'notZip':
      return 'This is no zip archive. Pack the course as one and upload it again.';
    case 'truncated':
      return 'The archive is cut off. Upload it again; if it is so on your side too, pack it again.';
    case 'damaged':
      return `${refusal.path === undefined ? 'The list of what is in the archive' : `${quoted(refusal.path)} in the archive`} cannot be read: it is damaged. Pack it again and upload it.`;
    case 'checksum':
      return `${quoted(refusal.path)} has other bytes than its checksum in the archive says. Pack it again and upload it.`;
    case 'size':
      return `${quoted(refusal.path)} is longer or shorter than the archive says. Pack it again and upload it.`;
    case 'encrypted':
      return `${quoted(refusal.path)} is encrypted, so nobody could be served it. Pack it without a password.`;
    case 'overlap':
      return `${quoted(refusal.path)} shares its bytes with another member of the archive. Pack it again with a common program.`;
    case 'ambiguous':
      return `${quoted(refusal.path)} is called otherwise in its own header: programs would unpack different things. Pack it again with a common program.`;
    case 'method':
      return `${quoted(refusal.path)} is packed by method ${refusal.method}. Stored and deflated members are taken: pack it with zip's default.`;
    case 'tooMany':
      return `The course has more than ${refusal.most} files and directories. Divide it into several courses.`;
    case 'tooLarge':
      return `The course has ${bytes(refusal.bytes)}, and ${bytes(refusal.most)} are taken. Divide it, or write it on the owner.`;
    case 'bomb':
      return `${bytes(refusal.uploaded)} would become ${bytes(refusal.bytes)}, more than ${refusal.most} times as much. If it is meant so, upload it as a folder.`;
    case 'noRoom':
      return refusal.of === 'bytes'
        ? `The course takes ${bytes(refusal.wanted)} of the volume, and ${bytes(Math.max(0, refusal.allowed))} may be taken. Have the volume grown or content deleted, and upload it again.`
        : `The course takes ${refusal.wanted} inodes of the volume, and ${Math.max(0, refusal.allowed)} may be taken. Have the volume grown or content deleted, and upload it again.`;
    case 'outside':
      return `${quoted(refusal.path)} ${OUTSIDE[refusal.why]} Names have to lead into the course: pack from within its directory.`;
    case 'name':
      return `${quoted(refusal.path)} ${NAMES[refusal.why]}`;
    case 'special':
      return `${quoted(refusal.path)} is ${KINDS[refusal.kind]}. A course has files and directories alone: put the file itself there.`;
    case 'twice':
      return `${quoted(refusal.path)} ${refusal.by === 'same' ? 'is there twice' : `and ${quoted(refusal.as)} are one name ${refusal.by === 'case' ? 'where case does not count' : 'in two Unicode forms'}`}. Rename one.`;
    case 'fileAndDirectory':
      return `${quoted(refusal.path)} is a file and a directory. Rename one.`;
    case 'empty':
      return 'No file is in it. Nothing was changed.';
    case 'list':
      return `Line ${refusal.line} of the list is none of sha256sum. Make the list by: find . -type f -exec sha256sum {} +`;
    case 'missing':
      return `${quoted(refusal.path)} is on the list, and not in the bucket. Upload all files, and then the list once more.`;
    case 'altered':
      return `${quoted(refusal.path)} has another sum than the list says. Upload all files, and then the list once more.`;
    case 'superseded':
      return `A newer upload of this course was there before this one was taken in: ${quoted(refusal.by.key)}, version ${refusal.by.version}. There is nothing to do.`;
  }
}

const COURSES: Readonly<Record<Extract<Refusal, { code: 'course' }>['why'], string>> = {
  empty: 'The key names no course.',
  hidden: 'The name of a course must not begin with a dot.',
  long: 'The name of a course has at most 200 bytes.',
  characters: 'The name of the course has characters that are not taken.',
  form: 'The key is none of an upload.',
};

const OUTSIDE: Readonly<Record<Extract<Refusal, { code: 'outside' }>['why'], string>> = {
  absolute: 'is an absolute path.',
  parent: 'leads out of the course.',
  backslash: 'has a backslash.',
  drive: 'names a drive.',
};

const NAMES: Readonly<Record<NameFault, string>> = {
  empty: 'is no name. Give it one.',
  own: 'is a name that is kept for the volume itself. Leave it out.',
  hidden: 'begins with a dot, and the web server shows no such file. Rename it or leave it out.',
  manifest: 'is the name of the manifest, which is written here. Leave it out.',
  control: 'has control characters. Rename it.',
  encoding: 'is no text in UTF-8. Pack it with a program that writes UTF-8 names.',
  long: 'is longer than 255 bytes in one part, or 3,000 in all. Shorten it.',
  deep: 'is deeper than 64 directories. Move it up.',
};

const KINDS: Readonly<Record<SpecialKind, string>> = {
  link: 'a link',
  character: 'a device',
  block: 'a device',
  fifo: 'a pipe',
  socket: 'a socket',
  unknown: 'neither a file nor a directory',
};

/** Whatever stands in it. */
function quoted(path: string): string {
  return JSON.stringify(path.length > 300 ? `${path.slice(0, 300)}...` : path);
}

function bytes(count: number): string {
  const MIB = 2 ** 20;
  return count >= 10 * MIB ? `${Math.round(count / MIB)} MiB` : `${count} bytes`;
}
