import { beforeEach, describe, expect, test } from '@jest/globals';
import type { PolicyNote } from '../../../../lambda/core/guard/policy.ts';
import type { AlarmAction, GuardPorts, StandingAlarm } from '../../../../lambda/core/guard/ports.ts';
import { unheard, watchAlarms } from '../../../../lambda/core/guard/unheard.ts';
import type { Message } from '../../../../lambda/core/world/message.ts';
import { unheardIn } from '../../../../rehearsal/judge/heard.ts';
import { RUNS } from '../../../../simulator/aws/account/faults.ts';
import { GuardLab, TOPIC } from '../../../simulator/aws/guard-lab.ts';
import { NOW } from '../world.ts';

const FAILED: AlarmAction = { succeeded: false, detail: 'SNS did not answer' };
const HEARD: AlarmAction = { succeeded: true, detail: 'done' };
const FULL: StandingAlarm = { name: 'Shop/alpha/full', state: 'ALARM', since: NOW };
const AGE: StandingAlarm = { name: 'Shop/alpha/recovery-point', state: 'INSUFFICIENT_DATA', since: NOW + 1 };

describe('nobody was notified', () => {
  test.each<[string, readonly AlarmAction[], string | undefined]>([
    ['where a failure is on record', [FAILED], FAILED.detail],
    ['where several are, by the last', [{ ...FAILED, detail: 'first' }, FAILED], FAILED.detail],
    ['not where it succeeded', [HEARD], undefined],
    ['not where it succeeded after a failure, or before', [FAILED, HEARD], undefined],
    ['not where nothing is on record: it is late, or too old, or a person has muted it', [], undefined],
  ])('%s', (_, actions, why) => {
    expect(unheard(actions)).toBe(why);
    expect(unheard(actions.toReversed())).toBe(why && actions[0]?.detail);
  });
});

describe('a round', () => {
  let standing: StandingAlarm[];
  let actions: Map<string, AlarmAction[] | Error>;
  let note: PolicyNote | undefined;
  const did: string[] = [];
  const messages: Message[] = [];
  const asked: string[] = [];
  let fails: 'notify' | 'note' | undefined;
  beforeEach(() => {
    standing = [FULL];
    actions = new Map([[FULL.name, [FAILED]]]);
    note = undefined;
    fails = undefined;
    for (const each of [did, messages, asked]) each.length = 0;
  });
  const unlessFails = (what: string) => {
    if (fails === what) throw new Error(`${what}: no`);
    did.push(what);
  };
  const ports = {
    clock: { now: () => NOW },
    alarms: {
      standing: async () => standing,
      actions: async ({ name }: StandingAlarm) => {
        asked.push(name);
        const found = actions.get(name) ?? [];
        if (found instanceof Error) throw found;
        return found;
      },
    },
    alarmNotes: {
      read: async () => note,
      write: async (next: PolicyNote) => {
        unlessFails('note');
        note = next;
      },
    },
    people: {
      notify: async (message: Message) => {
        unlessFails('notify');
        messages.push(message);
      },
    },
  } as unknown as GuardPorts;
  const round = () => watchAlarms(ports);

  test('notifies people of all of them in one message, then notes it, and is silent from then on', async () => {
    standing = [FULL, AGE];
    actions.set(AGE.name, [FAILED]);
    await round();
    expect(did).toEqual(['notify', 'note']);
    const why = FAILED.detail;
    expect(messages).toEqual([
      {
        kind: 'unheardAlarms',
        alarms: [
          { ...FULL, why },
          { ...AGE, why },
        ],
      },
    ]);
    asked.length = 0;
    await round();
    expect([did, asked]).toEqual([['notify', 'note'], []]);
  });

  test.each(['notify', 'note'] as const)('that cannot %s: the next one notifies people', async (what) => {
    fails = what;
    await expect(round()).rejects.toThrow(`${what}: no`);
    fails = undefined;
    await round();
    expect(messages).toHaveLength(what === 'notify' ? 1 : 2);
  });

  test('that sees an alarm again that has gone off once more notifies people once more', async () => {
    await round();
    standing = [{ ...FULL, since: NOW + 600_000 }];
    await round();
    await round();
    expect(messages).toHaveLength(2);
  });

  test('keeps what was noted of those that are as they were, and of no others', async () => {
    standing = [FULL, AGE];
    actions.set(AGE.name, [FAILED]);
    await round();
    const next: StandingAlarm = { name: 'Shop/guard-failed', state: 'ALARM', since: NOW + 2 };
    actions.set(next.name, [FAILED]);
    standing = [AGE, next];
    await round();
    expect(messages.at(-1)).toMatchObject({ alarms: [{ name: next.name }] });
    expect(note?.about.split('\n')).toEqual([`${AGE.since} ${AGE.name}`, `${next.since} ${next.name}`]);
  });

  test('that cannot ask of one alarm notifies people of the others, and fails', async () => {
    standing = [AGE, FULL];
    actions.set(AGE.name, new Error('it was throttled'));
    await expect(round()).rejects.toThrow('it was throttled');
    expect(messages).toMatchObject([{ alarms: [{ name: FULL.name }] }]);
  });

  test('in which all is calm, or heard of, says and notes nothing', async () => {
    actions.set(FULL.name, [HEARD]);
    await round();
    standing = [];
    await round();
    expect(did).toEqual([]);
  });
});

/** The guard's own handler and adapters, on the simulated AWS. */
describe('the guard', () => {
  let lab: GuardLab;
  beforeEach(() => {
    lab = new GuardLab();
    lab.cloud.faults.runs = RUNS.never;
  });
  const said = () => lab.sns.messages.flatMap((m) => unheardIn(m).map(({ name, state }) => `${state} ${name}`));

  test('says what went off while SNS was out, once it is back, and once', async () => {
    const names = ['alpha/full', 'alpha/unserved'].map((name) => lab.alarm(name));
    lab.mute(900);
    await lab.pass(600);
    await expect(lab.round()).rejects.toThrow(/alarms: could not notify people/);
    await lab.pass(600);
    await lab.round();
    await lab.round();
    expect(said()).toEqual(names.map((name) => `ALARM ${name}`));
    expect(lab.sns.messages).toHaveLength(1);
    expect(lab.sns.messages[0]?.message).toContain('The service does not answer.');
  });

  test('says what the policy of the topic keeps from people', async () => {
    const name = lab.alarm('alpha/full');
    lab.takes('events.amazonaws.com');
    await lab.pass(600);
    await lab.round();
    expect(said()).toEqual([`ALARM ${name}`]);
    expect(lab.sns.messages[0]?.message).toContain('is not authorized to perform: SNS:Publish');
  });

  test('says nothing of an alarm that people have heard of, or that notifies nobody', async () => {
    lab.alarm('alpha/full');
    await lab.pass(600);
    lab.mute(600);
    lab.alarm('alpha/serving', { alarmActions: [] });
    lab.alarm('alpha/slow', { actionsEnabled: false });
    await lab.pass(900);
    await lab.round();
    expect(said()).toEqual([]);
    expect(lab.sns.messages).toHaveLength(1);
  });

  test('says nothing of what is calm again', async () => {
    lab.alarm('alpha/full');
    lab.mute(600);
    await lab.pass(300);
    for (let n = 0; n < 20; n++) {
      lab.calm('alpha/full');
      await lab.pass(30);
    }
    await lab.round();
    expect(lab.sns.messages).toEqual([]);
  });

  test('says it of silence, too, where that was to notify people', async () => {
    const silent = { treatMissingData: 'missing', insufficientDataActions: [TOPIC] } as const;
    const name = lab.alarm('alpha/recovery-point', silent);
    lab.alarm('alpha/full', { treatMissingData: 'missing' });
    for (const each of ['alpha/recovery-point', 'alpha/full']) lab.calm(each);
    await lab.pass(120);
    lab.mute(1200);
    await lab.pass(1300);
    await lab.round();
    expect(said()).toEqual([`INSUFFICIENT_DATA ${name}`]);
  });

  test('says nothing of an alarm that began without data: nothing has changed', async () => {
    lab.alarm('alpha/full', { treatMissingData: 'missing', insufficientDataActions: [TOPIC] });
    await lab.pass(600);
    await lab.round();
    expect(said()).toEqual([]);
  });
});
