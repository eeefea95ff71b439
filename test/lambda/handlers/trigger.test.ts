import { describe, expect, test } from '@jest/globals';
import { alarmName, volumeOfAlarm } from '../../../contract/contract.ts';
import { readTrigger } from '../../../lambda/heal/trigger.ts';

const alarm = (name: string) => ({
  source: 'aws.cloudwatch',
  alarmData: {
    alarmName: name,
    state: { value: 'ALARM', reason: 'no data', timestamp: '2026-01-07T12:00:00.000+0000' },
  },
});

describe('what starts a heal', () => {
  test('an alarm, named after stack and volume', () => {
    expect(readTrigger(alarm('Remount/alpha/serving'), 'Remount')).toEqual({
      kind: 'alarm',
      alarm: 'serving',
      volume: 'alpha',
      reason: 'Remount/alpha/serving: no data',
      at: Date.parse('2026-01-07T12:00:00Z'),
    });
  });
  test('the sweep', () => {
    expect(readTrigger({ sweep: 'beta' }, 'Remount')).toMatchObject({ kind: 'sweep', volume: 'beta' });
  });
  test.each([
    [alarm('Other/alpha/serving')],
    [alarm('Remount/alpha/nonsense')],
    [{ sweep: '' }],
    [{}],
    [null],
    ['text'],
  ])('anything else is refused with what was received: %j', (event) => {
    expect(() => readTrigger(event, 'Remount')).toThrow(/event: received .*allowed:/);
  });
  test('a name made by the stack is read back by the function', () => {
    expect(volumeOfAlarm('Remount', alarmName('Remount', 'alpha', 'reachable'))).toBe('alpha');
  });
});
