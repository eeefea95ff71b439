/** The table of damage: what a volume that goes on serving notices, what the drill notices, and how long that took. */
import { readFileSync, writeFileSync } from 'node:fs';
import { KINDS } from './kinds.ts';
import type { Ground, Sight } from './volumes.ts';

const BEGIN = '<!-- damage table: npm run damage -- --write -->';
const END = '<!-- end of the damage table -->';
const HEAD = ['damage', 'how it is done', 'live volume', 'drill', 'live ms', 'drill ms'];

export interface Row {
  readonly damage: string;
  readonly how: string;
  readonly live: Sight;
  readonly drill: Sight;
}

/** Does each kind of damage twice: to a volume that goes on serving, and to a copy for the drill. */
export function damageRows(ground: Ground, each: (row: Row) => void = () => undefined): Row[] {
  return KINDS.map((kind) => {
    const row = { damage: kind.name, how: kind.how, live: ground.live(kind), drill: ground.drill(kind) };
    each(row);
    return row;
  });
}

function cells({ damage, how, live, drill }: Row): string[] {
  const noticed = live.noticed === '' ? 'not noticed' : `on ${live.noticed}`;
  return [damage, how, noticed, drill.noticed || 'MISSED', live.ms.toFixed(0), drill.ms.toFixed(0)];
}

/** For a terminal. */
export function printed(rows: readonly Row[]): string {
  const lines = [HEAD, ...rows.map(cells)].map((line) => line.filter((_, i) => i !== 1));
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0))) ?? [];
  return lines.map((line) => `${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}\n`).join('');
}

/** Puts the table between its marks. @throws Error when the file has no marks */
export function writeTable(file: string, rows: readonly Row[]): void {
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${file} has no place for the table: "${BEGIN}" and "${END}"`);
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cells)].map((line) => `| ${line.join(' | ')} |`);
  writeFileSync(file, `${text.slice(0, from)}${BEGIN}\n${lines.join('\n')}\n${text.slice(to)}`);
}

/** First cells of the table's rows, and what the drill is said to answer. @throws Error when the file has no marks */
export function readTable(file: string): Map<string, string> {
  const text = readFileSync(file, 'utf8');
  const lines = text.slice(text.indexOf(BEGIN), text.indexOf(END)).split('\n').slice(3);
  return new Map(
    lines
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, damage = '', , , drill = '']) => [damage, drill]),
  );
}
