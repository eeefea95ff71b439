import type { SnapshotId } from '../../../contract/ids.ts';
import type { Message } from '../world/message.ts';
import type { HostAnswer } from '../world/ports.ts';
import { dueFiles } from './counts.ts';

/** What people are notified of about copies that are sound, once each: nothing is damaged, and somebody has to look. */
export interface Remarks {
  /** Checks in a row that did not get through all of the content. */
  readonly incomplete: number;
  readonly notifiedIncomplete: boolean;
  /** Files that the web server may not read, when people were notified. */
  readonly notifiedUnreadable: number;
  /** Entries of manifests that promise nothing, when people were notified. */
  readonly notifiedOdd: number;
}

export const NO_REMARKS: Remarks = { incomplete: 0, notifiedIncomplete: false, notifiedUnreadable: 0, notifiedOdd: 0 };

/**
 * So many incomplete checks in a row are reported. Each reads another part, so what is merely large is read in turns; of a day of hourly
 * copies at least one should have come to the end of what was left.
 */
export const INCOMPLETE_CHECKS = 24;

/** What is to be reported of a copy that passed, and what people know then. Pure. */
export function remarksOf(
  volume: string,
  snapshotId: SnapshotId,
  before: Remarks,
  { values, detail }: Pick<HostAnswer, 'values' | 'detail'>,
): { readonly next: Remarks; readonly remarks: readonly Message[] } {
  const incomplete = values.complete === 'false' ? before.incomplete + 1 : 0;
  const unreadable = Number(values.unreadable ?? 0);
  const odd = Number(values.odd ?? 0);
  const reportIncomplete = incomplete >= INCOMPLETE_CHECKS && !before.notifiedIncomplete;
  const reportUnreadable = unreadable > 0 && before.notifiedUnreadable === 0;
  const reportOdd = odd > 0 && before.notifiedOdd === 0;
  const names = detail.split('; ').filter((line) => line !== '' && !/^\w+=/.test(line));
  const remarks: Message[] = [];
  if (reportIncomplete) {
    const { checked: read } = values;
    const files = String(dueFiles(values));
    remarks.push({ kind: 'incomplete', volume, snapshotId, checks: incomplete, read, files });
  }
  if (reportUnreadable) remarks.push({ kind: 'unreadable', volume, snapshotId, files: unreadable, names });
  if (reportOdd) remarks.push({ kind: 'odd', volume, snapshotId, entries: odd });
  const next = {
    incomplete,
    notifiedIncomplete: incomplete > 0 && (before.notifiedIncomplete || reportIncomplete),
    notifiedUnreadable: unreadable === 0 ? 0 : reportUnreadable ? unreadable : before.notifiedUnreadable,
    notifiedOdd: odd === 0 ? 0 : reportOdd ? odd : before.notifiedOdd,
  };
  return { next, remarks };
}
