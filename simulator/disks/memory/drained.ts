import { fail, ok, type VerbResult } from './answers.ts';

/** No difference of two numbers where both were counted: the later one is a time. */
const UNCOUNTED = 100_000_000;

/** What `drain` makes of the agent's lines, as `host/journal.sh` does. */
export function drainedAnswer(said: string, volumeId: string, term = ''): VerbResult {
  const values = new Map(said.split('\n').map((line) => line.split(/=(.*)/) as [string, string]));
  const { state, cursor, seal, complete, files } = Object.fromEntries(values);
  if (state === undefined) return fail('timeout', 'the agent of the journal gives no answer: ');
  if (state === 'fenced') return fail('busy', `the journal is sealed by a later term than ${term}`);
  const how = state === 'undrained' ? 'behind' : state;
  const missing = how === 'behind' ? Number(seal) - 1 - Number(cursor) : 0;
  return ok(
    ...[`state=${how}`, `number=${cursor}`, `files=${files}`],
    ...(missing < UNCOUNTED ? [`missing=${missing}`] : []),
    ...(seal === undefined ? [] : [`head=${seal}`]),
    ...(complete === undefined ? [] : [`upTo=${complete}`]),
    `volumeId=${volumeId}`,
  );
}
