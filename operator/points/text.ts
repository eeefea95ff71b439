import { age } from '../age.ts';
import type { Point, Points } from './points.ts';

/** A line for each, the newest first. */
export function pointsText({ volume, at, points }: Points): string {
  if (points.length === 0) return `${volume}: there is no recovery point\n`;
  const usable = points.filter(({ passedBy }) => !passedBy);
  return [
    `${volume}, ${new Date(at).toISOString()}: ${points.length} recovery points, ${usable.length} of them usable`,
    ...points.map(line),
    'A heal takes a verified one first. What was changed since a point comes from the journal, where there is one; else it is lost.',
    '',
  ].join('\n');
}

function line(point: Point): string {
  const { snapshotId, at, verdict, passedBy, drilledAt, files, finding, losesMs } = point;
  const evidence = [
    ...(drilledAt === undefined ? [] : [`drilled ${new Date(drilledAt).toISOString()}`]),
    ...(files === undefined ? [] : [`${files} files`]),
    ...(finding ? [finding] : []),
    ...(passedBy ? [`never taken: ${passedBy}`] : []),
  ];
  return `  ${new Date(at).toISOString()}  ${snapshotId}  ${verdict.padEnd(9)}  loses ${age(losesMs).padEnd(7)}  ${evidence.join(', ')}`.trimEnd();
}
