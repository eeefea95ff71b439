import type { Stamp } from '../../../intake/decide.ts';
import { Interrupted } from '../journal/store.ts';
import { codesOf, keyOfAnswer, likewise, refusedText } from './answer.ts';
import { type IntakeStore, type Listed, textOf, type Version } from './store.ts';
import type { Answerable } from './take.ts';

export interface AnswerWorld {
  readonly volume: string;
  readonly store: IntakeStore;
  /** Waits before something is asked again. @throws where it is to stop */
  readonly again: () => Promise<void>;
}

/** Bytes of an answer. */
const LONGEST = 1024 * 1024;

/** Writes an answer, once. */
export async function say(world: AnswerWorld, to: Stamp, text: string): Promise<'written' | 'taken'> {
  for (;;) {
    const said = await world.store.answer(keyOfAnswer(world.volume, to), text);
    if (said.heard) return said.found;
    await world.again();
  }
}

/** What was answered; `undefined`: nothing. */
export async function answerTo({ store, volume, again }: AnswerWorld, one: Version): Promise<string | undefined> {
  for (;;) {
    try {
      const answer = await store.read(keyOfAnswer(volume, one));
      if (answer.heard) return answer.found && (await textOf(answer.found, LONGEST));
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
    await again();
  }
}

/** What the bucket has below a prefix, key by key, of each the newest first. */
export async function* versionsOf(
  { store, again }: Pick<AnswerWorld, 'store' | 'again'>,
  prefix: string,
): AsyncGenerator<Listed> {
  for (let from: string | undefined; ; ) {
    const page = await store.versions(prefix, from);
    if (!page.heard) {
      await again();
      continue;
    }
    yield* page.found.items;
    if (page.found.next === undefined) return;
    from = page.found.next;
  }
}

/**
 * Older versions were overtaken. They are answered before the one that overtook them: so what was answered for itself has none before it that was not.
 *
 * @param settle what an earlier start has placed: it is answered as it is @returns whether it was that
 */
export async function answerOlder(
  world: AnswerWorld,
  upload: Answerable,
  settle: (one: Version) => Promise<boolean>,
): Promise<void> {
  let older = false;
  for await (const one of versionsOf(world, upload.key)) {
    if (one.key !== upload.key || one.marker) continue;
    if (older && (await isAnswered(world, one, { by: upload, settle }))) return;
    if (one.version === upload.version) older = true;
  }
}

interface Overtaking {
  readonly by: Stamp;
  readonly settle: (one: Version) => Promise<boolean>;
}

/** Answers it, where nobody has. @returns whether it was answered for itself */
async function isAnswered(world: AnswerWorld, one: Version, { by, settle }: Overtaking): Promise<boolean> {
  if (await settle(one)) return true;
  if ((await say(world, one, superseded(world, one, by))) === 'written') return false;
  const codes = codesOf((await answerTo(world, one)) ?? '');
  return !codes.includes('superseded');
}

/** Versions newer than one, newest first, where its key is hidden; none where it is not. */
export async function hiddenAfter(world: AnswerWorld, upload: Answerable): Promise<Version[]> {
  const newer: Version[] = [];
  let hidden = false;
  for await (const one of versionsOf(world, upload.key)) {
    if (one.key !== upload.key) continue;
    hidden ||= one.marker;
    if (!hidden) return [];
    if (one.marker) continue;
    if (one.version === upload.version) return newer;
    newer.push(one);
  }
  return [];
}

/**
 * What is newer than an upload that was answered, and was hidden with it, or instead of it: the same bytes came once more just before. They are what is there, and what came in between was
 * overtaken by them. What is newer than those somebody has withdrawn.
 *
 * @param newer newest first, none of them the current one
 */
export async function answerSame(
  world: AnswerWorld,
  newer: readonly Version[],
  upload: { readonly etag: string; readonly text: string },
) {
  const at = newer.findIndex(({ etag }) => etag === upload.etag);
  const same = newer[at];
  if (!same) return;
  for (const one of newer.slice(at + 1).reverse())
    await say(world, one, one.etag === upload.etag ? likewise(upload.text, one.version) : superseded(world, one, same));
  await say(world, same, likewise(upload.text, same.version));
}

function superseded({ volume }: AnswerWorld, one: Version, { key, version }: Stamp): string {
  return refusedText(volume, one, [{ code: 'superseded', by: { key, version } }]);
}
