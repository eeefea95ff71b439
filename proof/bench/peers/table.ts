import { CASES, type Row, WAYS } from './compare.ts';

/** What came of it, in a cell. */
export function cell({ served, seeds, sound, p50, p99, stopped }: Row): string {
  if (served === 0) return `stays away${stopped ? `: ${said(stopped)}` : ''}`;
  const wrong = sound < served ? `, damaged in ${served - sound} of ${seeds}` : '';
  if (p50 === null || p99 === null) return `stays away in ${seeds - served} of ${seeds}${wrong}`;
  return p99 === 0 ? `never away${wrong}` : `${Math.round(p50)} s / ${Math.round(p99)} s${wrong}`;
}

/** The call or step that failed, without ids. */
function said(stopped: string): string {
  const [step = ''] = stopped.split(':');
  return step === stopped ? stopped : `${step} fails`;
}

/** As a table of markdown: a row a way. */
export function tableOf(rows: readonly Row[]): string {
  const cases = Object.keys(CASES) as (keyof typeof CASES)[];
  const head = ['', ...cases.map((each) => CASES[each]), 'newest uploads', 'calls'];
  const lines = WAYS.map(({ name, about }) => {
    const own = rows.filter(({ way }) => way === name);
    const [first] = own;
    const cells = cases.map((each) => {
      const row = own.find((one) => one.case === each);
      return row ? cell(row) : '-';
    });
    return [about, ...cells, first && first.newest === first.served ? 'there' : 'lost', String(first?.calls ?? '-')];
  });
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |\n`).join('');
}
