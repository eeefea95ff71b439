import * as z from 'zod/mini';
import { ALARM, volumeOfAlarm } from '../../contract/contract.ts';
import type { Trigger } from '../core/world/model.ts';

/** What the starter sends (`lambda/aws/start-heal.ts`). */
const WITNESSED = z.object({
  witness: z.string().check(z.minLength(1)),
  at: z.number(),
  owner: z.string(),
  by: z.string(),
});
const SWEEP = z.object({ sweep: z.string().check(z.minLength(1)) });
/** The part of CloudWatch's alarm event that is read (`CloudWatchAlarmEvent` of @types/aws-lambda). */
const ALARM_EVENT = z.object({
  alarmData: z.object({
    alarmName: z.string(),
    state: z.object({ reason: z.string(), timestamp: z.string() }),
  }),
});

/**
 * What started the heal: an alarm (invoked by CloudWatch directly), the sweep (a rule with a constant input), or a witness (by the starter).
 *
 * @throws Error naming what was received when it is none of them: an event that nobody understands must not end in silence.
 */
export function readTrigger(event: unknown, stack: string): Trigger {
  const sweep = z.safeParse(SWEEP, event);
  if (sweep.success) return { kind: 'sweep', volume: sweep.data.sweep, reason: 'sweep', at: undefined };
  const witnessed = z.safeParse(WITNESSED, event);
  if (witnessed.success) {
    const { witness: volume, at, owner, by } = witnessed.data;
    return { kind: 'witness', volume, reason: `${by} says that ${owner} does not answer`, at };
  }
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
    `event: received ${JSON.stringify(event)?.slice(0, 500)}; allowed: an alarm named ${stack}/<volume>/serving or ${stack}/<volume>/reachable, {"sweep": "<volume>"}, or what the starter sends`,
  );
}

function kindOfAlarm(name: string): NonNullable<Trigger['alarm']> {
  return name.endsWith(`/${ALARM.reachable}`) ? ALARM.reachable : ALARM.serving;
}
