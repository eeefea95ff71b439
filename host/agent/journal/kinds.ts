import type { NodeRecord, SpecialRecord } from '../../../journal/record.ts';

/** S_IFMT of stat(2), and what it can be. */
const TYPE = 0o170000;
const KINDS = new Map<number, readonly [NodeRecord['record'], SpecialRecord['type']?]>([
  [0o100000, ['file']],
  [0o040000, ['directory']],
  [0o120000, ['symlink']],
  [0o010000, ['special', 'fifo']],
  [0o140000, ['special', 'socket']],
  [0o020000, ['special', 'character']],
  [0o060000, ['special', 'block']],
]);

export function kindOf({ mode }: { readonly mode: number }): readonly [NodeRecord['record'], SpecialRecord['type']?] {
  return KINDS.get(mode & TYPE) ?? ['special', 'character'];
}
