import { listed } from '../../../contract/listed.ts';
import type { HostAnswer } from '../world/ports.ts';

/** What people are told of copies that are sound, once each: nothing is damaged, and somebody has to look. */
export interface Remarks {
  /** Checks in a row that did not get through all of the content. */
  readonly incomplete: number;
  readonly toldIncomplete: boolean;
  /** Files that the web server may not read, when people were told. */
  readonly toldUnreadable: number;
}

export const NO_REMARKS: Remarks = { incomplete: 0, toldIncomplete: false, toldUnreadable: 0 };

/**
 * So many incomplete checks in a row are told. Each reads another part, so what is merely large is read in turns; of a day of hourly
 * copies at least one should have come to the end of what was left.
 */
export const INCOMPLETE_CHECKS = 24;
const NAMES = 10;

export interface Remark {
  readonly subject: string;
  readonly message: string;
}

/** What is to be told of a copy that passed, and what people know then. Pure. */
export function remarksOf(
  volume: string,
  snapshotId: string,
  before: Remarks,
  { values, detail }: Pick<HostAnswer, 'values' | 'detail'>,
): { readonly next: Remarks; readonly remarks: readonly Remark[] } {
  const incomplete = values.complete === 'false' ? before.incomplete + 1 : 0;
  const unreadable = Number(values.unreadable ?? 0);
  const tellIncomplete = incomplete >= INCOMPLETE_CHECKS && !before.toldIncomplete;
  const tellUnreadable = unreadable > 0 && before.toldUnreadable === 0;
  const names = detail.split('; ').filter((line) => line !== '' && !/^\w+=/.test(line));
  const remarks = [
    ...(tellIncomplete
      ? [
          {
            subject: `Remount: checks of ${volume} do not come to their end`,
            message: [
              `${incomplete} checks in a row had no time for all files of ${volume}: ${values.checked} of ${values.files} were read of ${snapshotId}.`,
              'Its copies count as verified all the same: damage in a file is found once a check has read that file.',
              'What to do: docs/runbook.md#incomplete',
            ].join('\n'),
          },
        ]
      : []),
    ...(tellUnreadable
      ? [
          {
            subject: `Remount: files of ${volume} cannot be read by the web server`,
            message: [
              `The web server's user may not read ${unreadable} files or directories of ${volume} (${snapshotId}). Nothing is damaged, and the copy is`,
              'verified all the same; whoever asks for them is refused. The first of them:',
              listed(names, { between: '\n', most: NAMES, rest: 'what the check printed, in Systems Manager' }),
              'What to do: docs/runbook.md#unreadable',
            ].join('\n'),
          },
        ]
      : []),
  ];
  const next = {
    incomplete,
    toldIncomplete: incomplete > 0 && (before.toldIncomplete || tellIncomplete),
    toldUnreadable: unreadable === 0 ? 0 : tellUnreadable ? unreadable : before.toldUnreadable,
  };
  return { next, remarks };
}
