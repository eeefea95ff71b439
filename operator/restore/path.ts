import { fromBytes, isName, toBytes } from '../../journal/name.ts';
import { visible } from '../../report/words.ts';

/** `\xHH` stands for a byte that is no UTF-8: what a shell hands over of such a byte is lost by then. */
const ESCAPED = /\\x([89a-f][0-9a-f])/gi;

/** Where owners have content: `host/common.sh` */
const ON_OWNERS = /^\/srv\/content\/([^/]+)(?=\/|$)/;

/**
 * A path on a content volume, as people write it, from its top, or as its owner has it.
 * @returns without slashes around it; empty: the top. @throws RangeError saying what is allowed
 */
export function pathOf(text: string, volume: string): string {
  const [onOwner = '', of = volume] = ON_OWNERS.exec(text) ?? [];
  if (of !== volume)
    throw new RangeError(
      `PATH: received ${JSON.stringify(text)}; allowed: a path of ${volume}, such as courses/course-1`,
    );
  const names = text
    .slice(onOwner.length)
    .replace(/^\.?\/+|\/+$/g, '')
    .split('/');
  if (names.length === 1 && (names[0] === '' || names[0] === '.')) return '';
  const read = names.map((name) => fromBytes(toBytes(name.replace(ESCAPED, (_, hex: string) => surrogate(hex)))));
  const wrong = read.find((name) => !isName(name));
  if (wrong !== undefined)
    throw new RangeError(
      `PATH: received ${JSON.stringify(text)}; allowed: names from the top of the volume on, without . and .., such as courses/course-1`,
    );
  return read.join('/');
}

function surrogate(hex: string): string {
  return String.fromCharCode(0xdc00 + Number.parseInt(hex, 16));
}

/** Longest text of one path: what is longer is cut. */
const MOST = 500;

/** A path for a terminal, on which nothing of it moves the cursor; bytes that are no UTF-8 are spelt as they are given. */
export function printable(path: string): string {
  const spelt = path.replace(/[\u{dc80}-\u{dcff}]/gu, (c) => `\\x${((c.codePointAt(0) ?? 0) - 0xdc00).toString(16)}`);
  return visible(spelt, MOST);
}
