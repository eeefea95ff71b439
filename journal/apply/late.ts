import { type Identity, type JournalRecord, type Key, keyText } from '../record.ts';
import type { Local } from './view.ts';

/** What comes late, divided. */
export interface Late {
  readonly apply: readonly JournalRecord[];
  /** Touched since: they stay as they are, and are named to people. */
  readonly left: readonly JournalRecord[];
}

/**
 * Segments of the writer before that were not drained when serving began: they are applied onto what is untouched since. Whoever writes there now
 * restates all that they name, applied or left.
 *
 * @param touched all that changed since serving began. Where changes went unheard, or a process was killed meanwhile, nobody knows, and nothing is applied
 */
export function untouched(records: readonly JournalRecord[], touched: Iterable<Key>, local: Local): Late {
  const keys = new Set<string>();
  /** Directories with something touched below them: they stay where they are. */
  const above = new Set<Identity>();
  for (const key of touched) {
    keys.add(keyText(key));
    if (key.of === 'name') rise(key.directory, above, local);
    else for (const { directory } of local.names(key.identity)) rise(directory, above, local);
  }
  const isTouched = (identity: Identity) => keys.has(keyText({ of: 'node', identity })) || above.has(identity);
  const stays = (record: JournalRecord) => {
    switch (record.record) {
      case 'name': {
        const { directory, name, identity } = record;
        const now = local.at({ directory, name });
        if (now !== undefined && now === identity) return false;
        if (keys.has(keyText({ of: 'name', directory, name }))) return true;
        // What would go away from here, or come here from where it is.
        return (now !== undefined && isTouched(now)) || (identity !== null && isTouched(identity));
      }
      case 'gone':
        return isTouched(record.identity);
      case 'piece':
      case 'doubt':
        return false;
      default:
        return keys.has(keyText({ of: 'node', identity: record.identity }));
    }
  };
  return { apply: records.filter((record) => !stays(record)), left: records.filter(stays) };
}

function rise(from: Identity, above: Set<Identity>, local: Local): void {
  for (let at: Identity | undefined = from; at && !above.has(at); at = local.names(at)[0]?.directory) above.add(at);
}
