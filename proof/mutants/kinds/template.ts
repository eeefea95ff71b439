import { basename } from 'node:path';
import type { Slip } from './kind.ts';

/** Of a construct, and the test of another file where it has none of its own. */
const of =
  (construct: string, test = basename(construct)) =>
  (slip: string, code: string, instead: string, named: string): Slip => ({
    ...{ slip, file: `lib/${construct}.ts`, code, instead },
    ...{ test: `lib/${test}.test.ts`, named },
  });

const conditions = of('internal/condition-alarms');
const volumeAlarms = of('volume-alarms');
const guard = of('volume-guard');
const subscribers = of('internal/subscribers-alarm', 'volume-guard');
const rollout = of('software-rollout');
const healer = of('volume-healer');
const ledger = of('ledger');
const remount = of('remount', 'stack');
const volume = of('content-volume', 'volume-guard');
const functions = of('internal/function');
const logGroup = of('internal/log-group');
const balancer = of('balancer');
const bin = of('recycle-bin');
const schedule = of('snapshot-schedule');
const topic = of('people-topic');
const fleet = of('fleet');

const GOES_OFF = 'goes off when the best value falls below 1, or when there is none';
const OUTLIVES = 'outlives the stack, and can be had back as it was at any second';

/** An alarm that goes off too late, for the wrong value, or with nobody to hear it. */
export const ALARMS: readonly Slip[] = [
  volumeAlarms('silence is no alarm', 'TreatMissingData.BREACHING', 'TreatMissingData.MISSING', GOES_OFF),
  volumeAlarms(
    'an alarm starts no heal',
    '    alarm.addAlarmAction(toHealer);\n',
    '',
    'starts the healer by its alias, and notifies nobody: the healer does',
  ),
  volumeAlarms(
    'that nothing is heard any more is reported to nobody',
    '    alarm.addInsufficientDataAction(toPeople);\n',
    '',
    'unserved notifies people of content that is not back after ten minutes, and of silence',
  ),
  conditions('full is what no volume ever is', 'threshold: 99,', 'threshold: 100,', 'the alarm full notifies people'),
  conditions('slow is a matter of minutes', 'threshold: 1500,', 'threshold: 15_000,', 'the alarm slow notifies people'),
  conditions('filling comes too late', 'threshold: 85,', 'threshold: 98,', 'the alarm filling notifies people'),
  conditions('one slow probe is reported', 'Stats.MINIMUM', 'Stats.MAXIMUM', 'the alarm slow notifies people'),
  guard('a promise is doubled', '[AGE_ALARM.recoveryPoint]: 60', '[AGE_ALARM.recoveryPoint]: 120', '60 minutes'),
  volume(
    'the best age of a period counts',
    'const AGE = { statistic: Stats.MAXIMUM',
    'const AGE = { statistic: Stats.MINIMUM',
    '60 minutes',
  ),
  subscribers(
    'nobody is enough',
    'threshold: 1,',
    'threshold: 0,',
    'that nobody is notified, in each round of an hour',
  ),
  subscribers(
    'one round without anybody is reported',
    'Stats.MAXIMUM',
    'Stats.MINIMUM',
    'that nobody is notified, in each round of an hour',
  ),
  rollout(
    'instances that are behind in turn are reported',
    'Stats.MINIMUM',
    'Stats.MAXIMUM',
    'people are notified of an instance that stays behind for an hour, and of no silence',
  ),
];

/** What outlives the stack, is encrypted, or can be got back, and is not. */
export const KEPT: readonly Slip[] = [
  ledger('the ledger goes with the stack', 'RemovalPolicy.RETAIN', 'RemovalPolicy.DESTROY', OUTLIVES),
  ledger('the ledger can be deleted', 'deletionProtection: true', 'deletionProtection: false', OUTLIVES),
  ledger(
    'the ledger cannot be got back',
    'pointInTimeRecoveryEnabled: true',
    'pointInTimeRecoveryEnabled: false',
    OUTLIVES,
  ),
  ledger(
    "the ledger has Amazon's key",
    'TableEncryptionV2.customerManagedKey(props.key)',
    'TableEncryptionV2.awsManagedKey()',
    OUTLIVES,
  ),
  remount(
    'the key goes with the stack',
    'removalPolicy: RemovalPolicy.RETAIN',
    'removalPolicy: RemovalPolicy.DESTROY',
    'has a key that outlives it, as what it encrypts does',
  ),
  functions(
    'a deployment takes the version that an execution runs on',
    'RemovalPolicy.RETAIN }',
    'RemovalPolicy.DESTROY }',
    'keeps the versions that a deployment leaves behind',
  ),
  logGroup(
    'logs are not encrypted by the key',
    'encryptionKey: key, retention,',
    'retention,',
    'is encrypted by the key, and kept for as long as was said',
  ),
  balancer(
    'access logs are open to the public',
    '      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,\n',
    '',
    'is encrypted, closed to the public, kept, and emptied in time',
  ),
  healer(
    'what failed for good is kept for a day',
    'retentionPeriod: Duration.days(14)',
    'retentionPeriod: Duration.days(1)',
    'keeps what failed for good',
  ),
  bin(
    'a volume in quarantine that was deleted is gone',
    ', tag(TAG.role, VOLUME_ROLE.quarantined)]',
    ']',
    'keeps deleted snapshots of the stack, and of volumes those that hold content',
  ),
  schedule(
    'a copy does not have the tags of its volume',
    'copyTags: true',
    'copyTags: false',
    'copies the tags that recovery points are known by',
  ),
  schedule(
    'a freeze that fails costs the recovery point',
    'executeOperationOnScriptFailure: true',
    'executeOperationOnScriptFailure: false',
    'each schedule has its snapshots frozen, and takes them where that fails',
  ),
  topic(
    'messages are not encrypted',
    'masterKey: props.key, enforceSSL',
    'enforceSSL',
    'is encrypted, and takes messages over TLS only',
  ),
  fleet('a root volume is not encrypted', '{ encrypted: true,', '{ encrypted: false,', 'has an encrypted root volume'),
  fleet(
    'a standby is replaced for not being the owner',
    'HealthChecks.ec2({',
    "HealthChecks.withAdditionalChecks({ additionalTypes: ['ELB' as never],",
    'replaces what EC2 finds dead, and nothing that the load balancer finds not to be the owner',
  ),
];

const permissions = of('internal/volume-permissions', 'volume-keeper');

/** Leave for more than was meant. */
export const LEAVE: readonly Slip[] = [
  rollout(
    'commands go to instances of no stack, too',
    'conditions: { StringEquals: { [`ssm:resourceTag/',
    'conditions: { StringEqualsIfExists: { [`ssm:resourceTag/',
    'send one document, and to instances of the stack alone',
  ),
  healer(
    'any instance of the account is stopped',
    "actions: ['ec2:StopInstances'],\n      resources: [ec2Arns(stack, 'instance')],\n      conditions: ours(stackName),",
    "actions: ['ec2:StopInstances'],\n      resources: [ec2Arns(stack, 'instance')],",
    'to volumes, snapshots and instances: only to the stack’s own',
  ),
  functions(
    'executions of other functions are written into',
    '  role.managedPolicyArns = undefined;\n',
    '',
    'may do nothing for which it was not given leave by name: no managed policy',
  ),
  permissions(
    'volumes are made that are not encrypted',
    "        Bool: { 'ec2:Encrypted': 'true' },\n",
    '',
    'creates volumes encrypted only',
  ),
  guard(
    'what was not marked is deleted',
    'conditions: { StringEquals: { ...unused, ...marked } },',
    'conditions: { StringEquals: unused },',
    'delete of them what it has marked',
  ),
  guard(
    'a lock is for any time',
    "        NumericEquals: { 'ec2:SnapshotLockDuration': Tokenization.stringifyNumber(days) },\n",
    '',
    'may lock the stack’s verified copies that it took itself, for these days and no others',
  ),
  ledger(
    'entries are deleted',
    "'dynamodb:PutItem', 'dynamodb:UpdateItem')",
    "'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem')",
    'Acting is allowed ["GetItem","PutItem","UpdateItem"] of it',
  ),
  topic(
    'alarms of any account notify people',
    '        conditions: ours,\n',
    '',
    'takes messages from alarms, of its own account only',
  ),
  logGroup(
    'the key serves the logs of anybody',
    "      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': own } },\n",
    '',
    'may use the key under its own name, which is no other stack’s, whatever that is called',
  ),
  of('internal/endpoint-policies', 'network')(
    'keys of other accounts work from an instance',
    "    conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(scope).account } },\n",
    '',
    'to ssm there are only calls of this account',
  ),
  of('volume-drill')(
    'a drill moves what serves',
    'const made = ofRole(stackName, VOLUME_ROLE.scratch, VOLUME_ROLE.spare)',
    'const made = ofRole(stackName, VOLUME_ROLE.scratch, VOLUME_ROLE.spare, VOLUME_ROLE.current)',
    'ec2:AttachVolume: the same volumes, at the stack’s instances',
  ),
  {
    slip: 'the healer moves what is in quarantine',
    file: 'lib/volume-healer.ts',
    code: "VOLUME_ROLE.spare),\n      },\n    });\n    allow({\n      sid: 'MovesVolumesOfInstances'",
    instead:
      "VOLUME_ROLE.spare, VOLUME_ROLE.quarantined),\n      },\n    });\n    allow({\n      sid: 'MovesVolumesOfInstances'",
    test: 'proof/permissions/policies.test.ts',
    named: 'what is in it is not deleted, attached, detached, changed or restored',
  },
];

/** What starts a function, and does not. */
export const STARTS: readonly Slip[] = [
  healer(
    'an instance that begins to stop is not looked at',
    "['stopping', 'stopped', 'shutting-down', 'terminated']",
    "['stopped', 'terminated']",
    'is notified when an instance begins to stop or to go, and not when one starts',
  ),
  healer(
    'what no alarm reported is looked for in twice the time',
    'Schedule.rate(sweepEvery)',
    'Schedule.rate(sweepEvery.plus(SWEEP_EVERY))',
    'looks at each volume every five minutes',
  ),
  healer(
    'an event that was not taken is not tried again',
    'retryAttempts: 2',
    'retryAttempts: 0',
    'keeps what failed for good',
  ),
  guard(
    'a round is once an hour',
    'Schedule.rate(EVERY)',
    'Schedule.rate(Duration.hours(1))',
    'is every five minutes, once',
  ),
  of('volume-drill')(
    'a drill waits for copies that failed',
    "result: ['succeeded']",
    "result: ['failed']",
    'by snapshots that are complete, and by no other event',
  ),
];
