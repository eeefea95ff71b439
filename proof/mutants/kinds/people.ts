import type { Slip } from './kind.ts';

type Line = readonly [slip: string, code: string, instead: string, named: string];
const slips = (file: string, test: string, lines: readonly Line[]): Slip[] =>
  lines.map(([slip, code, instead, named]) => ({ slip, file, code, instead, test, named }));

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
    "        'cloudwatch:GetMetricData',\n      ],\n      resources: ['*'],\n      conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },\n",
    "        'cloudwatch:GetMetricData',\n      ],\n      resources: ['*'],\n",
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
  {
    ...{ slip: 'a key that cannot be used is taken to be fine', file: 'operator/doctor/key.ts' },
    ...{ code: "['Enabled', 'Updating']", instead: "['Enabled', 'Updating', 'Disabled']" },
    ...{ test: 'operator/doctor-played.test.ts', named: 'what would keep the heal' },
  },
  ledger('the key is not asked for', "actions: ['kms:DescribeKey'],", "actions: ['kms:ListAliases'],", DONE),
  ledger(
    'any key is asked for',
    "actions: ['kms:DescribeKey'], resourceArns: [this.key.keyArn]",
    "actions: ['kms:DescribeKey'], resourceArns: ['*']",
    'are named, but for actions that AWS knows none for',
  ),
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

const RELEASED = 'operator/quarantine.test.ts';
const ALLOWED = 'proof/permissions/people.test.ts';
const VERBS = 'host/verbs.test.ts';

/** A volume in quarantine is let go of only where nobody uses it. */
export const QUARANTINES: readonly Slip[] = [
  ...slips('operator/quarantine/let-go.ts', RELEASED, [
    ['a host is not asked', "if (result === 'ok') return;", 'return;', 'does not detach what is mounted'],
    [
      'a host that is about to stop is taken to have stopped',
      "['stopped', 'terminated']",
      "['stopped', 'stopping', 'terminated']",
      'does not detach what is at a host that is about to stop',
    ],
    [
      'a heal that begins while the host is asked is not seen',
      'const now = await quarantined(ports, id);',
      'const now = before;',
      'stops where a heal began while the host was asked',
    ],
    [
      'what is stuck goes to the guard',
      'if (!(await ports.detach(volumeId, instanceId)))',
      'if ((await ports.detach(volumeId, instanceId)) === undefined)',
      'keeps what EC2 does not detach',
    ],
    [
      'what came of it is not looked at',
      'if (attachedTo !== undefined)',
      'if (attachedTo === volumeId)',
      'keeps what somebody has attached meanwhile',
    ],
  ]),
  ...slips('operator/quarantine/quarantine.ts', RELEASED, [
    [
      'the spare is let go of',
      "    [ledger?.spare?.volumeId, 'spare'],\n",
      '',
      'one that is the spare by the ledger is not let go of',
    ],
    ['what is being attached is let go of', "if (at?.state === 'attaching')", 'if (at === null)', 'is being attached'],
  ]),
  ...slips('lib/operator/operator-policy.ts', ALLOWED, [
    [
      'people detach what serves',
      'conditions: { StringEquals: ofRole(stackName, VOLUME_ROLE.quarantined) },',
      'conditions: ours(stackName),',
      'are detached by an operator where they are in quarantine',
    ],
    [
      'people detach from any instance',
      "      sid: 'DetachesFromHosts',\n      actions,\n      resources: [ec2Arns(stack, 'instance')],\n      conditions: ours(stackName),",
      "      sid: 'DetachesFromHosts',\n      actions,\n      resources: [ec2Arns(stack, 'instance')],",
      'are detached by an operator where they are in quarantine',
    ],
    [
      'people unmount what serves',
      "documents.nameOf('unused')",
      "documents.nameOf('release')",
      'are asked about by the one document',
    ],
  ]),
  ...slips('host/unused.sh', VERBS, [
    [
      'a mount is seen in this namespace alone',
      '[ -z "$within_another" ] ||',
      'true ||',
      'answer as documented, each time they run, in dash',
    ],
    [
      'who reads the device is not seen',
      '[ -z "$reader" ] ||',
      'true ||',
      'answer as documented, each time they run, in dash',
    ],
  ]),
];
