import { type Identity, type JournalRecord, type Key, keyText, type NodeRecord } from '../record.ts';
import { type Local, placeText } from './view.ts';

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
  const apply = new Set(records.filter((record) => !stays(record)));
  takeBack(records, apply, local);
  return { apply: records.filter((record) => apply.has(record)), left: records.filter((record) => !apply.has(record)) };
}

/**
 * What hangs on something that stays, stays too: nothing is made that has no name, or in a directory that is not made; and what is here keeps its name
 * where the new one is somebody else's.
 */
function takeBack(records: readonly JournalRecord[], apply: Set<JournalRecord>, local: Local): void {
  const names = records.filter((record) => record.record === 'name');
  const made = new Map(records.flatMap((record) => (isNode(record) ? [[record.identity, record] as const] : [])));
  const gone = new Map(
    records.flatMap((record) => (record.record === 'gone' ? [[record.identity, record] as const] : [])),
  );
  const named = Map.groupBy(names, ({ identity }) => identity);
  const at = new Map(names.map((record) => [placeText(record), record]));
  const isApplied = (record: JournalRecord | undefined) => record !== undefined && apply.has(record);
  const isHere = (identity: Identity) => local.kind(identity) !== undefined || isApplied(made.get(identity));
  const losesItsName = (identity: Identity) => {
    const next = named.get(identity) ?? [];
    if (isApplied(gone.get(identity)) || next.length === 0 || next.some(isApplied)) return false;
    return local.names(identity).every((place) => isApplied(at.get(placeText(place))));
  };
  const hangs = (record: JournalRecord) => {
    if (record.record === 'name') {
      const now = local.at(record);
      return !isHere(record.directory) || (now !== undefined && now !== record.identity && losesItsName(now));
    }
    if (!isNode(record) || local.kind(record.identity) !== undefined) return false;
    const its = named.get(record.identity) ?? [];
    return its.length > 0 && !its.some(isApplied);
  };
  for (let before = Number.POSITIVE_INFINITY; before > apply.size; ) {
    before = apply.size;
    for (const record of [...apply]) if (hangs(record)) apply.delete(record);
  }
}

function isNode(record: JournalRecord): record is NodeRecord {
  return !['name', 'gone', 'piece', 'doubt'].includes(record.record);
}

function rise(from: Identity, above: Set<Identity>, local: Local): void {
  for (let at: Identity | undefined = from; at && !above.has(at); at = local.names(at)[0]?.directory) above.add(at);
}
