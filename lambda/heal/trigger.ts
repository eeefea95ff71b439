import * as z from 'zod/mini';
import { ALARM, volumeOfAlarm } from '../../contract/contract.ts';
import type { Trigger } from '../core/world/model.ts';

const SWEEP = z.object({ sweep: z.string().check(z.minLength(1)) });
/** The part of CloudWatch's alarm event that is read (`CloudWatchAlarmEvent` of @types/aws-lambda). */
const ALARM_EVENT = z.object({
  alarmData: z.object({
    alarmName: z.string(),
    state: z.object({ reason: z.string(), timestamp: z.string() }),
  }),
});

/**
 * What started the heal: an alarm (invoked by CloudWatch directly) or the sweep (a rule with a constant input).
 *
 * @throws Error naming what was received when it is neither: an event that nobody understands must not end in silence.
 */
export function readTrigger(event: unknown, stack: string): Trigger {
  const sweep = z.safeParse(SWEEP, event);
  if (sweep.success) return { kind: 'sweep', volume: sweep.data.sweep, reason: 'sweep', at: undefined };
  const alarm = z.safeParse(ALARM_EVENT, event);
  if (alarm.success) {
    const { alarmName, state } = alarm.data.alarmData;
    const volume = volumeOfAlarm(stack, alarmName);
    if (volume)
      return {
        kind: 'alarm',
        alarm: kindOfAlarm(alarmName),
        volume,
        reason: `${alarmName}: ${state.reason}`,
        at: Date.parse(state.timestamp),
      };
  }
  throw new Error(
    `event: received ${JSON.stringify(event)?.slice(0, 500)}; allowed: an alarm named ${stack}/<volume>/serving or ${stack}/<volume>/reachable, or {"sweep": "<volume>"}`,
  );
}

function kindOfAlarm(name: string): NonNullable<Trigger['alarm']> {
  return name.endsWith(`/${ALARM.reachable}`) ? ALARM.reachable : ALARM.serving;
}
