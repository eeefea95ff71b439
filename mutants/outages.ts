import { broken, type Mutant } from './mutant.ts';

/** Of scenarios in which a service of AWS is out, a volume is slow or full, or people are out of reach. */
export const OUTAGE_PARTS: readonly Mutant[] = [
  broken(
    'ledger-lost',
    'people are told that the ledger does not answer',
    'lambda/core/outage.ts',
    'if (tells && !late && pagedAt === undefined) await tell();',
    '',
    /BROKEN .*people are told what holds/,
  ),
  broken(
    'ec2-lost',
    'where the spare serves, people do not wait for what is to follow',
    'lambda/core/outage.ts',
    'if (findings.spare) throw new Error(why);',
    '',
  ),
  broken(
    'ssm-lost',
    'people are told who is where',
    'lambda/core/outage.ts',
    "      ...standingText(seen),\n      'What",
    "      'What",
  ),
  broken(
    'kms-lost',
    'what people have to know is kept until they can be told',
    'lambda/core/news.ts',
    'return ledger?.replaced !== undefined || ',
    'return ',
  ),
  broken(
    'nobody-told',
    'the guard counts who is subscribed',
    'lambda/core/subscribers.ts',
    'await subscribers.publish(confirmed, clock.now());',
    '',
    /BROKEN .*an alarm shows that nobody is told/,
  ),
  broken(
    'sns-lost',
    'what people have to know is kept until they can be told',
    'lambda/core/news.ts',
    'return ledger?.replaced !== undefined || ',
    'return ',
  ),
  broken(
    'metrics-lost',
    'a sweep heals what no alarm told',
    'lambda/core/begin.ts',
    '  if (idle) return idle;\n',
    "  if (trigger.kind === 'sweep') return { outcome: 'quiet', summary: '' };\n  if (idle) return idle;\n",
  ),
  broken(
    'balancer-unasked',
    'that it answers late keeps no volume from being healed',
    'lambda/core/spare.ts',
    '  const dead = DEAD[ready',
    '  for (let n = 0; n < 30; n++) await ports.balancer.reach(volume);\n  const dead = DEAD[ready',
  ),
  broken(
    'slow-volume',
    'how long the probe takes is looked at',
    'lib/condition-alarms.ts',
    'threshold: 1500,',
    'threshold: 15000,',
  ),
  broken(
    'filling',
    'space is looked at before it is gone',
    'lib/condition-alarms.ts',
    'threshold: 85,',
    'threshold: 100,',
  ),
  broken('full', 'that nothing can be written is told', 'lib/condition-alarms.ts', 'threshold: 99,', 'threshold: 101,'),
];
