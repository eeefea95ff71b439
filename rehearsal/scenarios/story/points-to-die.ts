import { KILL_AT, type Kill } from '../../../simulator/aws/account/faults.ts';
import type { Services } from '../../../simulator/aws/account/services.ts';

/** A moment at which a durable function can be killed. */
export type PointToDie = Pick<Kill, 'step' | 'at'>;

/** Before and after the effect of each step of the longest execution since a moment, in their order. @param mine by its event */
export function pointsToDie(services: Services, earlier: number, mine: (event: unknown) => boolean): PointToDie[] {
  const executions = services.lambda.executions.slice(earlier).filter(({ event }) => mine(event));
  const longest = executions.map(({ steps }) => steps).sort((a, b) => b.length - a.length)[0] ?? [];
  return [...new Set(longest)].flatMap((step) => Object.values(KILL_AT).map((at) => ({ step, at })));
}
