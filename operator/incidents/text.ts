import type { Incident } from '../../lambda/core/world/model.ts';

/** A block for each, the newest first: when, what came of it, how long it took, and its steps. */
export function incidentsText(volume: string, incidents: readonly Incident[]): string {
  if (incidents.length === 0) return `${volume}: nothing is on record\n`;
  return `${incidents.map(block).join('\n\n')}\n`;
}

function block({ id, outcome, summary, startedAt, endedAt, steps, trigger }: Incident): string {
  const took = endedAt === undefined ? 'not ended' : `${seconds(startedAt, endedAt)} s`;
  return [
    `${new Date(startedAt).toISOString()}  ${outcome}, ${took}  (heal ${id}, by ${trigger.alarm ?? trigger.kind})`,
    `  ${summary}`,
    ...steps.map(
      (s) => `  ${`+${seconds(startedAt, s.startedAt)} s`.padStart(9)}  ${s.name}${s.note ? `: ${s.note}` : ''}`,
    ),
  ].join('\n');
}

function seconds(from: number, to: number): string {
  return ((to - from) / 1000).toFixed(1);
}
