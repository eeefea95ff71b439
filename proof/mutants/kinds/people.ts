import type { Slip } from './kind.ts';

/** Of what people may do by the command line, and the test that asks what they must not. */
const of =
  (file: string) =>
  (slip: string, code: string, instead: string, named: string): Slip => ({
    ...{ slip, file, code, instead },
    ...{ test: 'proof/permissions/people.test.ts', named },
  });
const policy = of('lib/operator/operator-policy.ts');
const intake = of('lib/content-intake.ts');
const ledger = of('lib/ledger.ts');

const STEPS = 'go from quarantine to discarded, and by no other step';
const PATTERNS = 'are a pattern only where nobody knows the name before';
const DONE = 'does its work with the policy; a viewer is refused what changes something, by name';

/** People may more than the command line asks, or less. */
export const PEOPLE: readonly Slip[] = [
  policy(
    'a viewer starts and changes what an operator does',
    'if (props.readOnly) return;',
    '',
    'a viewer has what looks',
  ),
  policy(
    'what another stack has in quarantine is let go of',
    '...ofRole(stackName, VOLUME_ROLE.quarantined),',
    "...{ 'aws:ResourceTag/remount:role': 'quarantined' },",
    STEPS,
  ),
  policy('what is in quarantine becomes current', 'VOLUME_ROLE.discarded', 'VOLUME_ROLE.current', STEPS),
  policy(
    'any tag is written beside',
    '        ...onlyTags(TAG.role),\n',
    '',
    'get no other tag, and no other beside it',
  ),
  policy(
    'functions are started as they are being changed',
    'run.map(({ live }) => live.functionArn)',
    'functions',
    'functions are started by their alias',
  ),
  policy('stacks of longer names are described', 'stack.stackName}/*', 'stack.stackName}*', PATTERNS),
  policy(
    'every Region is looked at',
    "      conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },\n",
    '',
    'in the Region of the stack alone',
  ),
  policy(
    'subscribers of any topic are counted',
    'resources: [people.topicArn]',
    "resources: ['*']",
    'are named, but for actions that AWS knows none for',
  ),
  policy(
    'nobody may see what a heal has done so far',
    "'lambda:GetDurableExecutionHistory'",
    "'lambda:GetDurableExecution'",
    DONE,
  ),
  policy('whether an instance is impaired is not asked', "        'ec2:DescribeInstanceStatus',\n", '', DONE),
  policy('endpoints are not asked for', "...(network ? ['ec2:DescribeVpcEndpoints'] : []),", '', DONE),
  {
    ...{ slip: 'an endpoint that is rejected is taken to be fine', file: 'operator/doctor/doctor.ts' },
    ...{ code: "if (state !== 'available')", instead: "if (state === '')" },
    ...{ test: 'operator/doctor-played.test.ts', named: 'what would keep the heal' },
  },
  ledger(
    'the guard’s notes are read',
    "['dynamodb:GetItem', 'dynamodb:Query'], 'ViewsLedger'",
    "['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'], 'ViewsLedger'",
    'entries of volumes are read, and nothing else',
  ),
  intake('whatever waits is written, and not zips alone', 'INTAKE_PREFIX}*.zip', 'INTAKE_PREFIX}*', PATTERNS),
  {
    ...{ slip: 'an answer is read before anybody knows that it is there', file: 'operator/aws/uploads.ts' },
    ...{ code: 'if (Contents[0]?.Key !== Key) return undefined;', instead: 'void Contents;' },
    ...{ test: 'proof/permissions/people.test.ts', named: DONE },
  },
];
