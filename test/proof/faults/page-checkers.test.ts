import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG, VERDICT } from '../../../contract/contract.ts';
import type { VolumeId } from '../../../contract/ids.ts';
import { falseClaim } from '../../../proof/faults/checkers/page-reasons.ts';
import { saidOnce } from '../../../proof/faults/checkers/pages.ts';
import { readSchedule } from '../../../proof/faults/schedule.ts';
import type { Stated } from '../../../rehearsal/judge/heard.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Message } from '../../../simulator/aws/lambda/sns.ts';
import { Lab } from '../../simulator/aws/lab.ts';

const MINUTE = 60_000;
/** @param what kind and volume; of an alarm none */
const message = (minute: number, [kind, volume = 'alpha']: readonly string[], text = 'because'): Message => ({
  at: minute * MINUTE,
  topicArn: '',
  subject: 'in words',
  message: text,
  attributes: kind === undefined ? {} : { kind, volume },
});
const PAGE = ['needsPerson'];
const GOOD = ['served'];
const ALARM: readonly string[] = [];
const fired = (text: string, minute: number) =>
  readSchedule(text).map((fault) => ({ fault, at: minute * MINUTE, hurt: '' }));

describe('the same is said once', () => {
  test.each<[string, Message[]]>([
    ['a page to a volume, whatever its words', [message(0, PAGE, 'one'), message(13, PAGE, 'two')]],
    ['that the ledger is silent, after a page', [message(0, PAGE), message(13, ['ledgerSilent'])]],
    ['the same good news', [message(0, GOOD), message(1, GOOD)]],
    ['nor after a call to another volume', [message(0, GOOD), message(1, ['needsPerson', 'beta']), message(2, GOOD)]],
  ])('%s: not within 15 min', (_, messages) => {
    expect(saidOnce(messages, [], 0).kept).toBe(false);
  });

  test.each<[string, Message[]]>([
    ['a page after a quarter of an hour', [message(0, PAGE), message(15, PAGE)]],
    ['a page to another volume', [message(0, PAGE), message(1, ['needsPerson', 'beta'])]],
    ['other good news', [message(0, GOOD, 'a'), message(1, GOOD, 'b')]],
    ['good news after another call', [message(0, GOOD), message(4, PAGE), message(5, GOOD)]],
    ['an alarm that flaps', [message(0, ALARM), message(1, ALARM)]],
  ])('%s: fine', (_, messages) => {
    expect(saidOnce(messages, [], 0).kept).toBe(true);
  });

  const twice = [message(0, PAGE), message(1, PAGE)];
  test.each([
    'lost@sns:Publish#1',
    'errorAfter@sns:Publish#1',
    'dieAfter@step:notify#1',
    'dieBefore@dynamodb:GetItem#9',
  ])('a message of which its sender did not hear may come twice, and not three times: %s', (fault) => {
    expect(saidOnce(twice, fired(fault, 0), 0).kept).toBe(true);
    expect(saidOnce([...twice, message(2, PAGE)], fired(fault, 0), 0).kept).toBe(false);
  });

  test('a trigger that came twice may say twice that the ledger is silent, and nothing else', () => {
    const two = (kind: string) => [message(0, [kind]), message(0.4, [kind])];
    const came = fired('twice@trigger#1', 0);
    expect(saidOnce(two('ledgerSilent'), came, 0).kept).toBe(true);
    expect(saidOnce(two('ledgerSilent'), [], 0).kept).toBe(false);
    expect(saidOnce(two('needsPerson'), came, 0).kept).toBe(false);
  });

  test.each([
    [['ledgerSilent'], PAGE],
    [PAGE, ['ledgerSilent']],
  ])(
    'what one heal says while the ledger is silent, and what another finds, may both be said: %s, %s',
    (one, other) => {
      const both = [message(2, one), message(3, other)];
      expect(saidOnce(both, fired('denied@dynamodb:UpdateItem#3', 2), 0).kept).toBe(true);
      expect(saidOnce(both, fired('throttle@dynamodb:GetItem#3x30', 2), 0).kept).toBe(true);
      expect(saidOnce(both, fired('lost@dynamodb:UpdateItem#3x7', 2), 0).kept).toBe(true);
      expect(saidOnce(both, fired('throttle@dynamodb:GetItem#3', 2), 0).kept).toBe(false);
      expect(saidOnce(both, fired('denied@dynamodb:UpdateItem#3', 0.5), 0).kept).toBe(false);
      expect(saidOnce([message(2, PAGE), message(3, PAGE)], fired('throttle@dynamodb:GetItem#3x30', 2), 0).kept).toBe(
        false,
      );
    },
  );

  test('the answer to a deployment comes again with the next one, and with nothing else', () => {
    const left = [1, 3].map((minute) => message(minute, ['leftAsItIs']));
    expect(saidOnce(left, [], 0, [0, 2 * MINUTE]).kept).toBe(true);
    expect(saidOnce(left, [], 0, [0]).kept).toBe(false);
    expect(saidOnce(left, [], 0, [0.8 * MINUTE, 0.9 * MINUTE]).kept).toBe(true);
    expect(saidOnce(twice, [], 0, [0, 0.5 * MINUTE]).kept).toBe(false);
  });

  test.each(['throttle@sns:Publish#1', 'throttle@dynamodb:UpdateItem#3'])('%s is no excuse', (fault) => {
    expect(saidOnce(twice, fired(fault, 0), 0).kept).toBe(false);
  });

  test('a call whose sender cannot read what people were notified of may come again, for that minute', () => {
    expect(saidOnce(twice, fired('denied@dynamodb:GetItem#1', 0.5), 0).kept).toBe(true);
    expect(saidOnce(twice, fired('denied@dynamodb:GetItem#1', -0.5), 0).kept).toBe(false);
    expect(saidOnce(twice, fired('denied@dynamodb:GetItem#1', 1.5), 0).kept).toBe(false);
    expect(saidOnce(twice, fired('throttle@dynamodb:GetItem#1x7', 0.5), 0).kept).toBe(false);
  });

  test('so may good news of what EC2 did not show in between', () => {
    const settled = [message(0, GOOD), message(5, GOOD)];
    expect(saidOnce(settled, fired('missing@ec2:DescribeVolumes#1', 2), 0).kept).toBe(true);
    expect(saidOnce(settled, fired('slow@ec2:DescribeVolumes#1', 2), 0).kept).toBe(false);
    expect(saidOnce(twice, fired('missing@ec2:DescribeVolumes#1', 0.5), 0).kept).toBe(false);
  });

  test('so may what the guard says of alarms, where it could not note that, and nothing else', () => {
    const two = (kind: string) => [message(0, [kind]), message(5, [kind])];
    expect(saidOnce(two('unheardAlarms'), fired('throttle@guard/dynamodb:PutItem#1x7', 0.1), 0).kept).toBe(true);
    expect(saidOnce(two('unheardAlarms'), fired('throttle@guard/dynamodb:PutItem#1', 0.1), 0).kept).toBe(false);
    expect(saidOnce(two('unheardAlarms'), fired('throttle@guard/dynamodb:PutItem#1x7', 3), 0).kept).toBe(false);
    expect(saidOnce(two('needsPerson'), fired('throttle@guard/dynamodb:PutItem#1x7', 0.1), 0).kept).toBe(false);
  });

  test('so may one whose sender could not note it', () => {
    const later = [message(0, PAGE), message(5, PAGE)];
    expect(saidOnce(later, fired('denied@dynamodb:UpdateItem#1', 0.1), 0).kept).toBe(true);
    expect(saidOnce(later, fired('throttle@dynamodb:UpdateItem#1x30', 0.1), 0).kept).toBe(true);
    expect(saidOnce(later, fired('throttle@dynamodb:UpdateItem#1x7', 0.1), 0).kept).toBe(false);
    expect(saidOnce(later, fired('denied@dynamodb:UpdateItem#1', 3), 0).kept).toBe(false);
    const waits = [0, 5].map((minute) => message(minute, ['waits']));
    expect(saidOnce(waits, fired('denied@dynamodb:UpdateItem#1', 3), 0).kept).toBe(true);
    expect(saidOnce(waits, fired('denied@dynamodb:UpdateItem#1', 6), 0).kept).toBe(false);
  });

  test('one after the good news may come where something fails again', () => {
    const anew = [message(0, PAGE), message(3, GOOD), message(4, PAGE)];
    expect(saidOnce(anew, fired('denied@ec2:DescribeVolumes#1', 3.5), 0).kept).toBe(true);
    expect(saidOnce(anew, fired('denied@ec2:DescribeVolumes#1', 1), 0).kept).toBe(false);
    expect(saidOnce(twice, fired('denied@ec2:DescribeVolumes#1', 0.5), 0).kept).toBe(false);
  });

  test('nor is a death long after it', () => {
    expect(saidOnce(twice, fired('dieAfter@step:promote#1', 1), 0).kept).toBe(true);
    expect(saidOnce(twice, fired('dieAfter@step:promote#1', 9), 0).kept).toBe(false);
    // But for one in the notifying itself, which may be slow.
    expect(saidOnce(twice, fired('dieAfter@step:notify#1', -0.5), 0).kept).toBe(true);
  });
});

describe('a page claims what is so', () => {
  let lab: Lab;
  let volumeId: VolumeId;
  let down: boolean;
  beforeEach(async () => {
    lab = new Lab();
    lab.launch('i-0aaaaaaaaaaaaaaaa');
    const Tags = [TAG.volume, TAG.stack].map((Key) => ({ Key, Value: Key === TAG.volume ? 'alpha' : 'Shop' }));
    volumeId = await lab.made({ TagSpecifications: [{ ResourceType: 'volume', Tags }] });
    down = true;
  });

  const judged = (...stated: readonly Stated[]) => {
    const services = { cloud: lab.cloud, ec2: lab.ec2, ssm: { ran: [] } };
    const stage = {
      physical: () => [...lab.ec2.volumes.values()],
      servedBy: () => (down ? undefined : 'i-0aaaaaaaaaaaaaaaa'),
    };
    // The members that it looks at.
    const strike = {
      services,
      stage,
      world: { stackName: 'Shop', clock: lab.clock, disks: lab.cloud.disks },
    } as unknown as Strike;
    const truth = { sound: () => true };
    return falseClaim(stated, { strike, truth, injector: { fired: [] }, volume: 'alpha', since: 0 });
  };

  test('an error code that no call returned', async () => {
    const reason: Stated = { code: 'stepFailed', after: 'observe', error: 'IncorrectState' };
    expect(judged(reason)).toContain('is not so');
    await lab.call('DeleteVolume', { VolumeId: volumeId });
    await lab.call('DeleteVolume', { VolumeId: volumeId }).catch(() => {});
    expect(judged(reason)).toBeUndefined();
  });

  test('that there is no snapshot', async () => {
    const none: Stated = { code: 'noPoint', volume: 'alpha' };
    const rejected: Stated = { code: 'pointsRejected', volume: 'alpha', count: 1 };
    expect(judged(none)).toBeUndefined();
    const { id } = lab.snapshots.take(volumeId, { [TAG.volume]: 'alpha', [TAG.stack]: 'Shop' });
    await lab.pass(3600);
    expect(judged(none)).toContain('is not so');
    expect(judged(rejected)).toContain('is not so');
    Object.assign(lab.ec2.snapshot(id).tags, { [TAG.verdict]: VERDICT.rejected });
    expect(judged(rejected)).toBeUndefined();
    expect(judged({ ...rejected, count: 2 })).toContain('is not so');
  });

  test('that it is still down', () => {
    const still: readonly Stated[] = [{ code: 'nothing' }, { code: 'stillNotServing', volume: 'alpha', seconds: 900 }];
    expect(judged(...still)).toBeUndefined();
    down = false;
    expect(judged(...still)).toContain('is not so');
  });

  test('all that it claims, and not only the first', () => {
    const blank: Stated = { code: 'blankWithHistory', volumeId, volume: 'alpha' };
    const down: Stated = { code: 'stillNotServing', volume: 'alpha', seconds: 900 };
    expect(judged(down, blank)).toContain('is not so');
    Object.assign(lab.ec2.volume(volumeId).tags, { [TAG.blank]: 'true' });
    expect(judged(down, blank)).toBeUndefined();
  });

  const instanceId = 'i-0aaaaaaaaaaaaaaaa';
  const both = { volumeId: 'vol-it', instanceId } as const;
  test.each<Stated>([
    { code: 'dead', volumeId: 'vol-it', state: 'shutdown' },
    { code: 'dead', volumeId: 'vol-it', state: 'timeout' },
    { code: 'quarantined', volumeId: 'vol-it' },
    { code: 'inError', volumeId: 'vol-it' },
    { code: 'unsettled', ...both, state: 'detaching' },
    { code: 'unseen', volumeId: 'vol-it' },
    { code: 'ownerSilent', ...both },
    { code: 'ownerNotRunning', ...both, state: 'stopped' },
    { code: 'blankWithHistory', volumeId: 'vol-it', volume: 'alpha' },
    { code: 'verbFailed', verb: 'mount', instanceId, result: 'busy' },
    { code: 'failedToTake', instanceIds: [instanceId] },
    { code: 'pointsFailed', tried: 5 },
    { code: 'unanswered', service: 'DynamoDB', error: 'InternalServerError' },
  ])('$code: it is not', (stated) => {
    expect(judged('volumeId' in stated ? { ...stated, volumeId } : stated)).toContain('is not so');
  });

  test('or it cannot be checked at all', () => {
    expect(judged({ code: 'waited', seconds: 600 })).toContain('nothing that can be checked');
  });
});
