import type { Refusal } from '../../../contract/refusals.ts';
import type { LeftAsItIs, Message } from '../world/message.ts';
import type { Order } from './keeper.ts';

/** What people are notified of where a deployment ends well and the volume is not what the template says. */
export function leftAsItIs({ after, course }: Order, left: readonly Refusal[]): Message & LeftAsItIs {
  const { volume, ...claim } = after;
  return { kind: 'leftAsItIs', volume, rolledBack: course === 'back', claim, left };
}
