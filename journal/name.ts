import { isUtf8 } from 'node:buffer';

/**
 * Names and paths are bytes to Linux, any but NUL and, in a name, `/`. Here they are strings, without loss: what is UTF-8 is itself, and each byte that is
 * not becomes one of U+DC80 to U+DCFF, which no UTF-8 has (as Python does, PEP 383: peps.python.org/pep-0383). JSON keeps such strings as they are.
 */

const ESCAPE = 0xdc00;

/** Bytes of a sequence, by its first byte. */
function length(first: number): number {
  if (first < 0xc2) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

export function fromBytes(bytes: Uint8Array): string {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(all)) return all.toString('utf8');
  let text = '';
  for (let at = 0; at < all.length; ) {
    const first = all[at] ?? 0;
    const sequence = all.subarray(at, at + length(first));
    if (sequence.length === length(first) && isUtf8(sequence)) {
      text += sequence.toString('utf8');
      at += sequence.length;
    } else {
      text += String.fromCharCode(ESCAPE + first);
      at += 1;
    }
  }
  return text;
}

/** @throws RangeError where the string stands for no bytes */
export function toBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  return Buffer.concat(
    Array.from(text, (character) => {
      const code = character.codePointAt(0) ?? 0;
      if (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff) return Buffer.from([code - ESCAPE]);
      if (!character.isWellFormed()) throw new RangeError(`U+${code.toString(16)} stands for no byte`);
      return Buffer.from(character, 'utf8');
    }),
  );
}

/** What stands for bytes in the one way that `fromBytes` makes: two spellings of a name would be two names here, and one on the disk. */
export function standsForBytes(text: string): boolean {
  if (text.isWellFormed()) return true;
  try {
    return fromBytes(toBytes(text)) === text;
  } catch {
    return false;
  }
}

/** Longest name of XFS, in bytes (NAME_MAX). */
const LONGEST = 255;

/** Whether this can be a name in a directory. */
export function isName(text: string): boolean {
  if (text === '' || text === '.' || text === '..' || /[/\0]/.test(text) || !standsForBytes(text)) return false;
  return toBytes(text).length <= LONGEST;
}
