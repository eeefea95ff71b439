import { ALARM, volumeOfAlarm } from '../../contract/contract.ts';
import type { Trigger } from '../core/world/model.ts';

/** The part of CloudWatch's alarm event that is read (`CloudWatchAlarmEvent` of @types/aws-lambda). */
interface AlarmEvent {
  readonly alarmData: {
    readonly alarmName: string;
    readonly state: { readonly value: string; readonly reason: string; readonly timestamp: string };
  };
}

/**
 * What started the heal: an alarm (invoked by CloudWatch directly) or the sweep (a rule with a constant input).
 *
 * @throws Error naming what was received when it is neither: an event that nobody understands must not end in silence.
 */
export function readTrigger(event: unknown, stack: string): Trigger {
  if (isSweep(event)) return { kind: 'sweep', volume: event.sweep, reason: 'sweep', at: undefined };
  if (isAlarm(event)) {
    const { alarmName, state } = event.alarmData;
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

function isSweep(event: unknown): event is { sweep: string } {
  return (
    typeof event === 'object' &&
    event !== null &&
    'sweep' in event &&
    typeof event.sweep === 'string' &&
    event.sweep !== ''
  );
}

function isAlarm(event: unknown): event is AlarmEvent {
  return (
    typeof event === 'object' &&
    event !== null &&
    'alarmData' in event &&
    typeof (event as AlarmEvent).alarmData?.alarmName === 'string'
  );
}
