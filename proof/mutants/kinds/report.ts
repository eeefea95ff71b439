import type { Slip } from './kind.ts';

type Row = readonly [slip: string, code: string, instead: string, named: string];

const slips = (file: string, test: string, rows: readonly Row[]): readonly Slip[] =>
  rows.map(([slip, code, instead, named]) => ({ slip, file, code, instead, test, named }));

/** What a page says of an incident that was otherwise. */
export const REPORT: readonly Slip[] = [
  ...slips('report/incident.ts', 'report/incident.test.ts', [
    [
      'nothing was lost, though the old owner sent nothing',
      "drained?.state === 'drained' && drained.flushed === true",
      "drained?.state === 'drained'",
      'never says that nothing was lost where nobody can know',
    ],
    ['what was read back is not named', 'if (seen.lost)', 'if (!seen)', 'what was read back is named'],
    [
      'times run from the heal, and not from the alarm',
      'trigger.at === undefined ? { at: startedAt',
      'true ? { at: startedAt',
      'counts from the alarm where nobody saw the failure itself',
    ],
  ]),
  ...slips('report/words.ts', 'report/page.test.ts', [['a name passes for another one', '\\p{Cf}', '', 'is shown as']]),
  ...slips('report/page.ts', 'report/page.test.ts', [
    ['what may be less is called too much', ': atMost\n', ': !atMost\n', 'and never of what may be less'],
    ['a list of names has no end', '.slice(0, MOST.names)', '', 'stays small, whatever happened'],
  ]),
];
