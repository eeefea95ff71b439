import { createHash } from 'node:crypto';
import { contentOf, type JournalRecord } from '../record.ts';
import { Chunks } from './chunks.ts';
import { type Header, stretches } from './layout.ts';

/**
 * The bytes of a segment. Content streams through: what is held is the index and a chunk.
 *
 * @param staged the content of all records that have some here, one after the other
 * @throws Error where the staged bytes are not those of the records: the disk that they were kept on has lost them
 */
export async function* encode(
  header: Header,
  records: readonly JournalRecord[],
  staged: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const chunks = new Chunks(staged);
  for (const stretch of stretches(header, records)) {
    if ('bytes' in stretch) {
      yield stretch.bytes;
      continue;
    }
    const hash = createHash('sha256');
    for await (const chunk of chunks.take(stretch.length)) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') !== contentOf(stretch.content)?.sha256)
      throw new Error(`what was staged of ${stretch.content.identity} is not what was read of it`);
  }
  if (!(await chunks.atEnd())) throw new Error('more was staged than the records name');
}
