import type { Action } from '../../../journal/apply/action.ts';
import type { Identity, JournalRecord } from '../../../journal/record.ts';

/** Which files and directories an action changes. */
export function identitiesOf(action: Action): Identity[] {
  if ('identity' in action) return [action.identity];
  return 'record' in action && action.do !== 'piece' ? [action.record.identity] : [];
}

/** In which names come and go, also where another file comes under the same name. */
export function directoriesOf(action: Action): Identity[] {
  if (action.do === 'attach') return [action.to.directory];
  return action.do === 'detach' ? [action.from.directory] : [];
}

/** Of whom no pieces are needed any more. */
export function settles(record: JournalRecord): Identity[] {
  return record.record === 'gone' || record.record === 'file' ? [record.identity] : [];
}
