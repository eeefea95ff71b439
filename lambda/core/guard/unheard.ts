import type { UnheardAlarm } from '../world/message.ts';
import type { AlarmAction, GuardPorts, StandingAlarm } from './ports.ts';

/**
 * Alarms that CloudWatch could notify nobody of: actions "happen only on state transitions, and are not performed again"
 * (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html), so not when SNS is back either. People are notified by a message
 * of the guard's own, once for each change of an alarm that is not calm yet; before it is noted: rather twice than never (decision 45).
 *
 * @throws Error naming what failed: of one alarm, once the others are done
 */
export async function watchAlarms({ clock, alarms, alarmNotes, people }: GuardPorts): Promise<void> {
  const standing = await alarms.standing();
  if (standing.length === 0) return;
  const note = await alarmNotes.read();
  const known = new Set(note?.about.split('\n'));
  const found: UnheardAlarm[] = [];
  const failed: unknown[] = [];
  for (const alarm of standing.filter((each) => !known.has(changeOf(each))))
    try {
      const why = unheard(await alarms.actions(alarm));
      if (why !== undefined) found.push({ ...alarm, why });
    } catch (error) {
      failed.push(error);
    }
  if (found.length > 0) {
    await people.notify({ kind: 'unheardAlarms', alarms: found });
    // What is calm again, or has changed since, is not asked for any more.
    const still = standing.map(changeOf).filter((change) => known.has(change));
    await alarmNotes.write({ about: [...still, ...found.map(changeOf)].join('\n'), at: clock.now() });
  }
  if (failed.length > 0) throw failed[0];
}

/**
 * A failure has to be on record, and no success. Without any record nobody knows: it may be late, or older than what CloudWatch keeps; or nothing
 * was to be done, for a person has muted the alarm.
 *
 * @returns what CloudWatch says of the last failure; `undefined`: people heard of it, or nobody knows
 */
export function unheard(actions: readonly AlarmAction[]): string | undefined {
  return actions.some(({ succeeded }) => succeeded) ? undefined : actions.at(-1)?.detail;
}

/** One line: names of alarms have no control characters (API reference of PutMetricAlarm). */
function changeOf({ name, since }: StandingAlarm): string {
  return `${since} ${name}`;
}
