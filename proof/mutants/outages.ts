import { broken, type Mutant, simulate } from './mutant.ts';

/** Found by a schedule: the tags come right late, so no copy is taken, and the alarm goes off three minutes before SNS is back. */
const UNHEARD_AGE = 'lost@ec2:DeleteTags#1x30,lost@ec2:DeleteTags#29';
const UNHEARD = [{ promise: 'of alarms that could notify nobody they are notified then, once' }];

/** Of scenarios in which a service of AWS is out, a volume is slow or full, or people are out of reach. */
export const OUTAGE_PARTS: readonly Mutant[] = [
  broken(
    'ledger-lost',
    'people are notified that the ledger does not answer',
    {
      file: 'lambda/core/heal/outage.ts',
      code: 'if (notifies && !late && pagedAt === undefined) await notify();',
      instead: '',
    },
    [{ promise: 'people are notified of what holds within a minute of the heal' }],
  ),
  broken(
    'ledger-denied',
    'a ledger that denies is as one that is out',
    { file: 'lambda/aws/errors.ts', code: "['denied', 'notFound'];", instead: '[];' },
    [{ promise: 'people are notified of what holds within a minute of the heal' }],
  ),
  broken(
    'ledger-unresolved',
    'a name that is not resolved is no answer',
    { file: 'lambda/aws/errors.ts', code: "kind = unreached ? 'transient' : ", instead: 'kind = ' },
    [{ promise: 'people are notified of what holds within a minute of the heal' }],
  ),
  broken('ec2-lost', 'where the spare serves, people do not wait for what is to follow', {
    file: 'lambda/core/heal/outage.ts',
    code: 'if (findings.spare) throw new Error(none.why);',
    instead: '',
  }),
  broken('ssm-lost', 'people are notified of who is where', {
    file: 'lambda/core/message/data.ts',
    code: 'return stands(message);',
    instead: 'return {};',
  }),
  broken(
    'ssm-denied',
    'Systems Manager that denies is as one that is out',
    {
      file: 'lambda/aws/errors.ts',
      code: "service === HOSTS && kind === 'denied'",
      instead: "service === HOSTS && kind === 'capacity'",
    },
    [{ promise: 'people are notified of what holds within a minute of the heal' }],
  ),
  broken('kms-lost', 'what people have to know is kept until they can be notified', {
    file: 'lambda/core/heal/findings.ts',
    code: 'return tookOver(ledger) !== undefined || ',
    instead: 'return ',
  }),
  broken(
    'nobody-notified',
    'the guard counts who is subscribed',
    {
      file: 'lambda/core/guard/subscribers.ts',
      code: 'await subscribers.publish(confirmed, clock.now());',
      instead: '',
    },
    [{ promise: 'an alarm shows that nobody is notified' }],
  ),
  broken('sns-lost', 'what people have to know is kept until they can be notified', {
    file: 'lambda/core/heal/findings.ts',
    code: 'return tookOver(ledger) !== undefined || ',
    instead: 'return ',
  }),
  broken(
    'sns-lost',
    'an alarm that could notify nobody is said by the guard',
    {
      file: 'lambda/core/guard/round.ts',
      code: "  await attempt('alarms', () => watchAlarms(ports));\n",
      instead: '',
    },
    UNHEARD,
  ),
  broken(
    'kms-lost',
    'and is said once',
    {
      file: 'lambda/core/guard/unheard.ts',
      code: 'standing.filter((each) => !known.has(changeOf(each)))',
      instead: 'standing',
    },
    UNHEARD,
  ),
  {
    rule: 'sns-lost: that a copy grew old is heard of, whenever SNS is back',
    edits: [
      {
        file: 'lambda/core/guard/unheard.ts',
        code: 'if (why !== undefined) found.push({ ...alarm, why });',
        instead: '',
      },
    ],
    play: simulate('sns-lost', UNHEARD_AGE, 565154891),
    notices: [{ promise: 'the newest recovery-point is at most 60 min old, or a person is notified' }],
  },
  broken('metrics-lost', 'a sweep heals what no alarm reported', {
    file: 'lambda/core/heal/begin.ts',
    code: '  if (idle) return idle;\n',
    instead: "  if (trigger.kind === 'sweep') return { outcome: 'quiet', summary: '' };\n  if (idle) return idle;\n",
  }),
  broken('balancer-unasked', 'that it answers late keeps no volume from being healed', {
    file: 'lambda/core/heal/spare.ts',
    code: '  const outlasted = ready',
    instead: '  for (let n = 0; n < 30; n++) await ports.balancer.reach(volume);\n  const outlasted = ready',
  }),
  broken('slow-volume', 'how long the probe takes is looked at', {
    file: 'lib/internal/condition-alarms.ts',
    code: 'threshold: 1500,',
    instead: 'threshold: 15000,',
  }),
  broken('filling', 'space is looked at before it is gone', {
    file: 'lib/internal/condition-alarms.ts',
    code: 'threshold: 85,',
    instead: 'threshold: 100,',
  }),
  broken(
    'full-soon',
    'the rate at which it fills is looked at',
    { file: 'lib/internal/condition-alarms.ts', code: 'used + RATE(used) * ', instead: 'used + RATE(used) / ' },
    [{ promise: 'people are notified that it is full-soon, within 23400 s' }],
  ),
  broken(
    'full-soon',
    'one upload is no trend',
    { file: 'lib/internal/condition-alarms.ts', code: 'ofThem: 5,', instead: 'ofThem: 2,' },
    [{ promise: 'nobody is notified of one large upload' }],
  ),
  broken('full', 'that nothing can be written is reported', {
    file: 'lib/internal/condition-alarms.ts',
    code: 'threshold: 99,',
    instead: 'threshold: 101,',
  }),
];
