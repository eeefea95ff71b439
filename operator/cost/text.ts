import type { Changed, Difference } from './diff.ts';
import type { Line, Month } from './month.ts';
import { STAND_IN } from './prices.ts';
import { USAGE, type Use } from './usage.ts';

const usd = (amount: number | null) => (amount === null ? 'unknown' : amount.toFixed(2)).padStart(9);
/** How the command line calls a member of the usage. */
export const optionOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** A month, line by line. */
export function monthText(month: Month): string {
  const { stack, region, lines, standInUsd, prices } = month;
  const width = Math.max(...lines.map(({ about }) => about.length));
  return [
    `A month of ${stack} in ${region}, in USD, at prices of ${prices.date} (found by ${prices.by})`,
    '',
    ...lines.map((line) => lineText(line, width)),
    '',
    `${usd(month.usd)}  in all, of what has a price`,
    ...(standInUsd > 0
      ? [`${usd(standInUsd)}  of that at prices of ${STAND_IN} (*): those of ${region} were not found`]
      : []),
    ...missingText(month),
    '',
    ...assumptionsText(month),
    '',
  ].join('\n');
}

function lineText({ about, usd: amount, standIn, settings }: Line, width: number): string {
  const mark = standIn ? '*' : ' ';
  return `${usd(amount)}${mark} ${about.padEnd(width)}  ${settings.join(', ')}`.trimEnd();
}

function missingText({ unknown, leftOut, unpriced }: Month): string[] {
  return [
    ...(unknown.length > 0
      ? ['', 'Not in it, for nobody has named the price:', ...unknown.map((each) => `  ${each}`)]
      : []),
    ...(unpriced.length > 0
      ? ['', 'Not in it, for this command does not know these types:', ...unpriced.map((each) => `  ${each}`)]
      : []),
    '',
    'Left out:',
    ...leftOut.map((each) => `  ${each}`),
  ];
}

function assumptionsText({ usage }: Month): string[] {
  return [
    'Assumed, each an option:',
    ...Object.entries(USAGE).map(
      ([name, { unit, about }]) => `  ${`${optionOf(name)} ${usage[name as Use]}`.padEnd(26)}${unit}: ${about}`,
    ),
  ];
}

/** What another configuration costs more. */
export function differenceText({ from, to, changed, more }: Difference): string {
  const width = Math.max(0, ...changed.map(({ about }) => about.length));
  const unknown = changed.some((each) => each.more === null);
  return [
    `A month of ${to.stack} in ${to.region} and of ${from.stack} in ${from.region}, in USD, at prices of ${to.prices.date}`,
    '',
    ...(changed.length > 0
      ? [`${'now'.padStart(9)} ${'other'.padStart(9)} ${'other is'.padStart(9)}`]
      : ['They cost the same.']),
    ...changed.map((each) => changedText(each, width)),
    '',
    `${usd(from.usd)} ${usd(to.usd)} ${signed(more)}  in all, of what has a price`,
    ...(unknown ? ['What is unknown here is in no sum.'] : []),
    '',
    ...assumptionsText(to),
    '',
  ].join('\n');
}

const signed = (amount: number | null) =>
  (amount === null ? 'unknown' : `${amount < 0 ? '-' : '+'}${Math.abs(amount).toFixed(2)}`).padStart(9);

function changedText({ about, settings, from, to, more }: Changed, width: number): string {
  return `${usd(from)} ${usd(to)} ${signed(more)}  ${about.padEnd(width)}  ${settings.join(', ')}`.trimEnd();
}
